//! Mailpit's own variables (`MP_…`), so that whoever set them for it need not change them. They stand below ours.

use std::collections::BTreeMap;

/// What was made of Mailpit's variables.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Mailpit {
    /// Our keys with their values.
    pub settings: BTreeMap<String, String>,
    /// Those that are set and change nothing here.
    pub idle: Vec<String>,
}

/// Variables of which ours have one meaning, and their keys.
const SAME: [(&str, &str); 6] = [
    ("MP_SMTP_BIND_ADDR", "inbox.smtp_address"),
    ("MP_UI_BIND_ADDR", "inbox.http_address"),
    ("MP_DATABASE", "inbox.path"),
    ("MP_MAX_MESSAGES", "inbox.keep_messages"),
    ("MP_ENABLE_CHAOS", "inbox.chaos"),
    ("MP_ALLOW_INTERNAL_HTTP_REQUESTS", "inbox.check_internal_links"),
];

/// What they ask for is so without them, when they are on.
const SO_ANYWAY: [&str; 5] = [
    "MP_SMTP_AUTH_ACCEPT_ANY",
    "MP_SMTP_AUTH_ALLOW_INSECURE",
    "MP_SMTP_DISABLE_RDNS",
    "MP_DISABLE_VERSION_CHECK",
    "MP_ENABLE_PROMETHEUS",
];

/// The business of `gatepost sendmail`, which reads them itself.
const SENDMAIL: [&str; 2] = ["MP_SENDMAIL_SMTP_ADDR", "MP_SENDMAIL_FROM"];

/// Reads the variables that begin with `MP_`; empty ones count as unset, as they do for Mailpit.
pub(super) fn read(variables: &BTreeMap<String, String>) -> Mailpit {
    let mut mailpit = Mailpit::default();
    let set = variables.iter().filter(|(name, value)| name.starts_with("MP_") && !value.trim().is_empty());
    for (name, value) in set {
        match settings(name, value.trim()) {
            Some(settings) => mailpit.settings.extend(settings.into_iter().map(|(k, v)| (k.to_owned(), v))),
            None => mailpit.idle.push(name.clone()),
        }
    }
    mailpit.idle.sort_unstable();
    mailpit
}

/// Our keys and values for one of them; `None` when it has no effect.
fn settings(name: &str, value: &str) -> Option<Vec<(&'static str, String)>> {
    let one = |key, value: String| Some(vec![(key, value)]);
    if let Some((_, key)) = SAME.iter().find(|(known, _)| *known == name) {
        return one(*key, if name.ends_with("_ADDR") { address(value) } else { value.to_owned() });
    }
    match name {
        // In MB there; 0 is no limit for both.
        "MP_MAX_MESSAGE_SIZE" if value.bytes().all(|b| b.is_ascii_digit()) => {
            one("inbox.max_message_size", if value == "0" { value.to_owned() } else { format!("{value}MiB") })
        }
        "MP_MAX_AGE" => one("inbox.keep_days", days(value)?.to_string()),
        "MP_UI_AUTH" => {
            // Mailpit takes several, separated by blanks; the inbox has one.
            let (user, password) = value.split_whitespace().next()?.split_once(':')?;
            Some(vec![("inbox.username", user.to_owned()), ("inbox.password", password.to_owned())])
        }
        "MP_SMTP_AUTH" => one("inbox.smtp_users", value.split_whitespace().collect::<Vec<_>>().join(",")),
        name if SENDMAIL.contains(&name) => Some(Vec::new()),
        name if SO_ANYWAY.contains(&name) && matches!(value, "1" | "true") => Some(Vec::new()),
        _ => None,
    }
}

/// `:1025` and `[::]:1025` mean every address of the machine.
fn address(value: &str) -> String {
    if value.starts_with(':') { format!("0.0.0.0{value}") } else { value.to_owned() }
}

/// `3d` or `36h`, in whole days, rather too many than too few.
fn days(value: &str) -> Option<u64> {
    let number = |unit| value.strip_suffix(unit)?.parse::<u64>().ok();
    number('d').or_else(|| number('h').map(|hours| hours.div_ceil(24)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailpits_variables_become_our_settings_and_the_rest_is_named() {
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
        assert_eq!(read.idle, ["MP_SMTP_TLS_CERT", "MP_WEBHOOK_URL"]);
    }
}
