//! Translates Mailpit's variables (`MP_…`) into settings, so that users of Mailpit can keep them. `GATEPOST_…`
//! variables take precedence.

use std::collections::BTreeMap;

use super::super::inbox::INBOX;
use super::given::hint;
use super::options::{self, OptionSupport, RELAY_HOSTS, RELAY_PREFIXES, SENDMAIL_VARIABLES, by_variable};

/// The translation of Mailpit's variables.
#[derive(Debug, Default, PartialEq)]
pub(in crate::config) struct Mailpit {
    /// Gatepost's keys with their values.
    pub settings: BTreeMap<String, String>,
    /// Variables that are set but have no effect on Gatepost.
    pub idle: Vec<String>,
}

/// Variables with the same meaning as a setting of Gatepost, and its key.
const SAME_MEANING: [(&str, &str); 6] = [
    ("MP_SMTP_BIND_ADDR", INBOX.smtp_address),
    ("MP_UI_BIND_ADDR", INBOX.http_address),
    ("MP_DATABASE", INBOX.path),
    ("MP_MAX_MESSAGES", INBOX.keep_messages),
    ("MP_ENABLE_CHAOS", INBOX.chaos),
    ("MP_ALLOW_INTERNAL_HTTP_REQUESTS", INBOX.check_internal_links),
];

/// Translates the variables that begin with `MP_`. Empty ones count as unset, as in Mailpit.
pub(in crate::config) fn read(variables: &BTreeMap<String, String>) -> Mailpit {
    let mut mailpit = Mailpit::default();
    let set = variables.iter().filter(|(name, value)| name.starts_with("MP_") && !value.trim().is_empty());
    for (name, value) in set {
        match settings(name, value.trim()) {
            Some(settings) => mailpit.settings.extend(settings.into_iter().map(|(k, v)| (k.to_owned(), v))),
            None if by_variable(name).is_some() || RELAY_HOSTS.contains(&name.as_str()) => {
                mailpit.idle.push(name.clone());
            }
            None => mailpit.idle.push(format!("{name} is not known{}", hint(name, &options::variables()))),
        }
    }
    mailpit.idle.sort_unstable();
    mailpit
}

/// The keys and values for one variable; `None` if it has no effect.
fn settings(name: &str, value: &str) -> Option<Vec<(&'static str, String)>> {
    let one = |key, value: String| Some(vec![(key, value)]);
    if let Some((_, key)) = SAME_MEANING.iter().find(|(known, _)| *known == name) {
        return one(*key, if name.ends_with("_ADDR") { address(value) } else { value.to_owned() });
    }
    match name {
        // Mailpit's unit is MB; 0 means no limit in both.
        "MP_MAX_MESSAGE_SIZE" if value.bytes().all(|b| b.is_ascii_digit()) => {
            one(INBOX.max_message_size, if value == "0" { value.to_owned() } else { format!("{value}MiB") })
        }
        "MP_MAX_AGE" => one(INBOX.keep_days, days(value)?.to_string()),
        "MP_UI_AUTH" => {
            // Mailpit accepts several logins, separated by spaces; the inbox has one.
            let (user, password) = value.split_whitespace().next()?.split_once(':')?;
            Some(vec![(INBOX.username, user.to_owned()), (INBOX.password, password.to_owned())])
        }
        "MP_SMTP_AUTH" => one(INBOX.smtp_users, value.split_whitespace().collect::<Vec<_>>().join(",")),
        "MP_ENABLE_PROMETHEUS" if matches!(value, "1" | "true") => Some(Vec::new()),
        name if SENDMAIL_VARIABLES.contains(&name) => Some(Vec::new()),
        // Without a host they have no effect in Mailpit either, and some presets always set them.
        name if RELAY_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) && !name.ends_with("_HOST") => {
            Some(Vec::new())
        }
        name => by_variable(name).filter(|option| option.support == OptionSupport::Accepted).map(|_| Vec::new()),
    }
}

/// Adds `0.0.0.0` to an address without a host: `:1025` means every IPv4 address of the machine.
fn address(value: &str) -> String {
    if value.starts_with(':') { format!("0.0.0.0{value}") } else { value.to_owned() }
}

/// Parses `3d` or `36h` into days, rounded up.
fn days(value: &str) -> Option<u64> {
    let number = |unit| value.strip_suffix(unit)?.parse::<u64>().ok();
    number('d').or_else(|| number('h').map(|hours| hours.div_ceil(24)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailpit_s_variables_become_settings_and_the_unsupported_ones_are_listed() {
        let variables = [
            ("MP_SMTP_BIND_ADDR", "127.0.0.1:1026"),
            ("MP_UI_BIND_ADDR", ":8025"),
            ("MP_DATABASE", "/data/mail.db"),
            ("MP_MAX_MESSAGES", "100"),
            ("MP_MAX_AGE", "36h"),
            ("MP_MAX_MESSAGE_SIZE", "25"),
            ("MP_UI_AUTH", "dev:s3:cret other:x"),
            ("MP_SMTP_AUTH", "a:b c:d"),
            ("MP_ENABLE_CHAOS", "true"),
            ("MP_SMTP_AUTH_ACCEPT_ANY", "1"),
            ("MP_SENDMAIL_FROM", "app@x.test"),
            ("MP_WEBHOOK_URL", "http://x"),
            ("MP_SMTP_TLS_CERT", "cert.pem"),
            ("MP_LABEL", ""),
            ("MP_MAX_MESAGES", "1"),
            ("PATH", "/bin"),
        ];
        let read = read(&variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        let expected = [
            ("inbox.chaos", "true"),
            ("inbox.http_address", "0.0.0.0:8025"),
            ("inbox.keep_days", "2"),
            ("inbox.keep_messages", "100"),
            ("inbox.max_message_size", "25MiB"),
            ("inbox.password", "s3:cret"),
            ("inbox.path", "/data/mail.db"),
            ("inbox.smtp_address", "127.0.0.1:1026"),
            ("inbox.smtp_users", "a:b,c:d"),
            ("inbox.username", "dev"),
        ];
        assert_eq!(read.settings, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
        let unknown = "MP_MAX_MESAGES is not known; did you mean MP_MAX_MESSAGES?";
        assert_eq!(read.idle, [unknown, "MP_SMTP_TLS_CERT", "MP_WEBHOOK_URL"]);
    }
}
