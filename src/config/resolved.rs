//! Every setting with its value and the source that set it, for `gatepost settings`. Secrets are masked.

use figment::Figment;
use figment::value::Value;

use super::inbox::INBOX;
use super::reader::{SettingsReader, scalar};
use super::sample;
use super::tables::TABLES;

/// What a secret is shown as.
const MASKED: &str = "***";

/// A setting as `gatepost settings` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedSetting {
    /// The full path: `mail.smtp.port`.
    pub key: String,
    /// As text, without any secret; items of a list are separated by commas.
    pub value: String,
    /// The file or variable that sets it, or `defaults`.
    pub origin: String,
}

/// Every setting of the figment's profile. Values are not checked, so that a wrong one can be looked for.
pub fn resolved(figment: Figment) -> Vec<ResolvedSetting> {
    let reader = SettingsReader::new(sample::with_defaults(figment));
    let mut all = Vec::new();
    for table in &TABLES {
        for row in table.rows {
            let key = table.path(row.key);
            let value = reader.value(&key).map(|value| shown(&value)).unwrap_or_default();
            let value = match (row.is_secret, key == INBOX.smtp_users) {
                (true, _) => masked_secret(&value),
                // Holds passwords behind names.
                (false, true) => reader.list(&key).map_or_else(|_| MASKED.to_owned(), |logins| masked_logins(&logins)),
                (false, false) => value,
            };
            all.push(setting(&reader, key, value));
            if let Some(key) = row.file_key().map(|key| table.path(&key)) {
                let value = reader.text(&key).unwrap_or_default();
                all.push(setting(&reader, key, value));
            }
        }
    }
    all
}

fn setting(reader: &SettingsReader, key: String, value: String) -> ResolvedSetting {
    let origin = reader.origin(&key).unwrap_or_else(|| "defaults".to_owned());
    ResolvedSetting { key, value, origin }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Array(_, items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        value => scalar(value).unwrap_or_default(),
    }
}

/// The path of an SQLite file is no secret, and of another database's address only the password is.
fn masked_secret(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else {
        return if value.is_empty() || value.starts_with("sqlite:") { value.to_owned() } else { MASKED.to_owned() };
    };
    if !scheme.starts_with("postgres") {
        return if scheme.starts_with("sqlite") { value.to_owned() } else { MASKED.to_owned() };
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let path = path.split('?').next().unwrap_or_default();
    match authority.rsplit_once('@') {
        Some((login, host)) => {
            let user = login.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:{MASKED}@{host}{path}")
        }
        None => format!("{scheme}://{authority}{path}"),
    }
}

fn masked_logins(logins: &[String]) -> String {
    let names = logins.iter().map(|login| login.split(':').next().unwrap_or_default());
    names.map(|name| format!("{name}:{MASKED}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[expect(clippy::result_large_err, reason = "figment's jail takes closures that return its error")]
mod tests {
    use figment::Jail;

    use super::*;

    fn find(all: &[ResolvedSetting], key: &str) -> (String, String) {
        let found = all.iter().find(|setting| setting.key == key).unwrap();
        (found.value.clone(), found.origin.rsplit('/').next().unwrap_or_default().to_owned())
    }

    #[test]
    fn each_setting_has_its_value_and_its_origin_and_no_secret() {
        Jail::expect_with(|jail| {
            jail.clear_env();
            jail.set_env("GATEPOST_MAIL__SMTP__PASSWORD", "hunter2");
            jail.set_env("GATEPOST_DATABASES__GATEPOST__URL", "postgres://kim:hunter2@db.test:5432/x?password=hunter2");
            jail.set_env("ROCKET_PORT", "9000");
            jail.create_file(".env", "GATEPOST_OPS__TOKEN=hunter2")?;
            jail.create_file(
                "Rocket.toml",
                "[default.inbox]\nsmtp_users = ['app:hunter2', 'b:hunter2']\n[default.mail]\nreply_to = 'kim@x.test'",
            )?;
            let all = resolved(crate::config::figment().unwrap());
            let own = |value: &str, origin: &str| (value.to_owned(), origin.to_owned());
            assert_eq!(find(&all, "port"), own("9000", "ROCKET_PORT"));
            assert_eq!(find(&all, "mail.smtp.password"), own("***", "GATEPOST_MAIL__SMTP__PASSWORD"));
            assert_eq!(find(&all, "ops.token"), own("***", ".env"));
            assert_eq!(find(&all, "inbox.smtp_users"), own("app:***, b:***", "Rocket.toml"));
            assert_eq!(find(&all, "mail.reply_to"), own("kim@x.test", "Rocket.toml"));
            assert_eq!(find(&all, "accounts.signup_ttl"), own("7d", "defaults"));
            assert_eq!(find(&all, "secret_key"), own("", "defaults"));
            assert_eq!(
                find(&all, "databases.gatepost.url"),
                own("postgres://kim:***@db.test:5432/x", "GATEPOST_DATABASES__GATEPOST__URL")
            );
            assert!(!format!("{all:?}").contains("hunter2"));
            Ok(())
        });
    }
}
