//! Translates Mailpit's variables (`MP_…`) into settings, so that users of Mailpit can keep them. `GATEPOST_…`
//! variables take precedence.

use std::collections::BTreeMap;

use super::super::inbox::INBOX;
use super::given::{LATER, MISSING, hint, is_off, is_on, is_unset};
use super::options::{self, OptionKind, OptionSupport, RELAY_HOSTS, RELAY_PREFIXES, SENDMAIL_VARIABLES, by_variable};
use super::values;

/// The translation of Mailpit's variables.
#[derive(Debug, Default, PartialEq)]
pub(in crate::config) struct Mailpit {
    /// By Gatepost's keys.
    pub settings: BTreeMap<&'static str, TranslatedValue>,
    /// One line for each variable that is set but has no effect, with the reason.
    pub ignored: Vec<String>,
    /// One line for each wrong value. Without it, a password or a limit would be missing.
    pub wrong: Vec<String>,
}

/// The value of a setting, and the variable that it comes from.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::config) struct TranslatedValue {
    pub text: String,
    pub variable: String,
}

/// Variables with the same meaning as a setting of Gatepost, and its key.
const SAME_MEANING: [(&str, &str); 4] = [
    ("MP_SMTP_BIND_ADDR", INBOX.smtp_address),
    ("MP_UI_BIND_ADDR", INBOX.http_address),
    ("MP_DATABASE", INBOX.path),
    ("MP_MAX_MESSAGES", INBOX.keep_messages),
];
/// The same, for switches.
const SWITCHES: [(&str, &str); 2] =
    [("MP_ENABLE_CHAOS", INBOX.chaos), ("MP_ALLOW_INTERNAL_HTTP_REQUESTS", INBOX.check_internal_links)];

/// Keys and values.
type Settings = Vec<(&'static str, String)>;

/// Translates the variables that begin with `MP_`. Empty ones count as unset, as in Mailpit.
pub(in crate::config) fn read(variables: &BTreeMap<String, String>) -> Mailpit {
    let mut mailpit = Mailpit::default();
    for (name, value) in variables.iter().filter(|(name, value)| name.starts_with("MP_") && !is_unset(name, value)) {
        match settings(name, value.trim()) {
            Ok(Some(settings)) => mailpit.settings.extend(
                settings.into_iter().map(|(key, text)| (key, TranslatedValue { text, variable: name.clone() })),
            ),
            Ok(None) => mailpit.ignored.extend(reason_to_ignore(name, value)),
            Err(reason) => mailpit.wrong.push(format!("{name}: {reason}")),
        }
    }
    mailpit
}

/// The keys and values for one variable; `None` if it has no effect.
///
/// # Errors
/// Why the value is wrong. The reason holds no password.
fn settings(name: &str, value: &str) -> Result<Option<Settings>, String> {
    let one = |key, value: String| Ok(Some(vec![(key, value)]));
    let wrong = |error: values::ValueError| format!("{value:?}: {error}");
    if let Some((_, key)) = SAME_MEANING.iter().find(|(known, _)| *known == name) {
        return one(*key, if name.ends_with("_ADDR") { address(value) } else { value.to_owned() });
    }
    if let Some((_, key)) = SWITCHES.iter().find(|(known, _)| *known == name) {
        return match (is_on(value), is_off(value)) {
            (true, _) => one(*key, true.to_string()),
            (_, true) => one(*key, false.to_string()),
            _ => Err(format!("{value:?} is neither true nor false")),
        };
    }
    match name {
        // Mailpit's unit is MB; 0 means no limit in both.
        "MP_MAX_MESSAGE_SIZE" => match values::number(value).map_err(wrong)? {
            0 => one(INBOX.max_message_size, "0".to_owned()),
            megabytes => one(INBOX.max_message_size, format!("{megabytes}MiB")),
        },
        "MP_MAX_AGE" => {
            let hours = values::age(value).map_err(wrong)?.as_secs() / 3_600;
            one(INBOX.keep_days, hours.div_ceil(24).to_string())
        }
        "MP_UI_AUTH" => first_login(value).map(Some),
        "MP_SMTP_AUTH" if value.is_empty() => Err(NO_LOGIN.to_owned()),
        "MP_SMTP_AUTH" => one(INBOX.smtp_users, value.split_whitespace().collect::<Vec<_>>().join(",")),
        "MP_ENABLE_PROMETHEUS" if is_on(value) || is_off(value) => Ok(Some(Vec::new())),
        name if SENDMAIL_VARIABLES.contains(&name) => Ok(Some(Vec::new())),
        _ => Ok(None),
    }
}

const NO_LOGIN: &str = "expected name:password; leave the variable out for an inbox without a login";

/// Mailpit accepts several logins, separated by spaces; the inbox has one.
fn first_login(value: &str) -> Result<Settings, String> {
    let login = value.split_whitespace().next().and_then(|login| login.split_once(':'));
    match login.filter(|(name, password)| !name.is_empty() && !password.is_empty()) {
        Some((name, password)) => Ok(vec![(INBOX.username, name.to_owned()), (INBOX.password, password.to_owned())]),
        None => Err(NO_LOGIN.to_owned()),
    }
}

/// Why a variable that is set has no effect, on one line; `None` if nothing is lost by that.
fn reason_to_ignore(name: &str, value: &str) -> Option<String> {
    let is_relay = RELAY_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    let Some(option) = by_variable(name) else {
        return match RELAY_HOSTS.contains(&name) {
            true => Some(format!("{name} {LATER}")),
            // Without a host they have no effect in Mailpit either, and some presets always set them.
            false if is_relay => None,
            false => Some(format!("{name} is not known{}", hint(name, &options::variables()))),
        };
    };
    let reason = match option.support {
        OptionSupport::Accepted => return None,
        OptionSupport::Supported => ALONE,
        OptionSupport::Later => LATER,
        OptionSupport::Missing => MISSING,
    };
    let is_idle = option.kind == OptionKind::Switch && !is_on(value) || option.variable == "MP_SMTP_RELAY_ALL";
    (!is_idle).then(|| format!("{name} ({}): {reason}", option.meaning))
}

const ALONE: &str = "has no effect here; only `gatepost mailpit` reads it";

/// Adds `0.0.0.0` to an address without a host: `:1025` means every IPv4 address of the machine.
fn address(value: &str) -> String {
    if value.starts_with(':') { format!("0.0.0.0{value}") } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(variables: &[(&str, &str)]) -> Mailpit {
        read(&variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn mailpit_s_variables_become_settings_and_the_unsupported_ones_are_listed() {
        let read = translated(&[
            ("MP_SMTP_BIND_ADDR", "127.0.0.1:1026"),
            ("MP_UI_BIND_ADDR", ":8025"),
            ("MP_DATABASE", "/data/mail.db"),
            ("MP_MAX_MESSAGES", "100"),
            ("MP_MAX_AGE", "36h"),
            ("MP_MAX_MESSAGE_SIZE", "25"),
            ("MP_UI_AUTH", "dev:s3:cret other:x"),
            ("MP_SMTP_AUTH", "a:b c:d"),
            ("MP_ENABLE_CHAOS", "yes"),
            ("MP_SMTP_AUTH_ACCEPT_ANY", "1"),
            ("MP_SENDMAIL_FROM", "app@x.test"),
            ("MP_WEBHOOK_URL", "http://x"),
            ("MP_SMTP_TLS_CERT", "cert.pem"),
            ("MP_SMTP_RELAY_PORT", "25"),
            ("MP_SMTP_RELAY_ALL", "false"),
            ("MP_USE_MESSAGE_DATES", "false"),
            ("MP_LABEL", ""),
            ("MP_MAX_MESAGES", "1"),
            ("PATH", "/bin"),
        ]);
        let expected = [
            ("inbox.chaos", "true", "MP_ENABLE_CHAOS"),
            ("inbox.http_address", "0.0.0.0:8025", "MP_UI_BIND_ADDR"),
            ("inbox.keep_days", "2", "MP_MAX_AGE"),
            ("inbox.keep_messages", "100", "MP_MAX_MESSAGES"),
            ("inbox.max_message_size", "25MiB", "MP_MAX_MESSAGE_SIZE"),
            ("inbox.password", "s3:cret", "MP_UI_AUTH"),
            ("inbox.path", "/data/mail.db", "MP_DATABASE"),
            ("inbox.smtp_address", "127.0.0.1:1026", "MP_SMTP_BIND_ADDR"),
            ("inbox.smtp_users", "a:b,c:d", "MP_SMTP_AUTH"),
            ("inbox.username", "dev", "MP_UI_AUTH"),
        ];
        let settings = read.settings.iter().map(|(key, value)| (*key, value.text.as_str(), value.variable.as_str()));
        assert_eq!(settings.collect::<Vec<_>>(), expected);
        let ignored: Vec<_> = read.ignored.iter().map(String::as_str).collect();
        assert_eq!(
            ignored,
            [
                "MP_MAX_MESAGES is not known; did you mean MP_MAX_MESSAGES?",
                "MP_SMTP_TLS_CERT (certificate for STARTTLS): has no effect here; only `gatepost mailpit` reads it",
                "MP_WEBHOOK_URL (a request for each message): has no effect; it comes later",
            ]
        );
        assert_eq!(read.wrong, Vec::<String>::new());
    }

    #[test]
    fn a_wrong_value_is_named_with_its_variable_and_without_a_password() {
        for (name, value, expected) in [
            ("MP_UI_AUTH", "hunter2", "MP_UI_AUTH: expected name:password"),
            ("MP_UI_AUTH", "  ", "MP_UI_AUTH: expected name:password"),
            ("MP_UI_AUTH", ":hunter2", "MP_UI_AUTH: expected name:password"),
            ("MP_SMTP_AUTH", " ", "MP_SMTP_AUTH: expected name:password"),
            ("MP_MAX_AGE", "3w", "MP_MAX_AGE: \"3w\": expected a number of hours or days"),
            ("MP_MAX_MESSAGE_SIZE", "x", "MP_MAX_MESSAGE_SIZE: \"x\": expected a whole number"),
            ("MP_ENABLE_CHAOS", "maybe", "MP_ENABLE_CHAOS: \"maybe\" is neither true nor false"),
        ] {
            let read = translated(&[(name, value)]);
            assert!(read.wrong.len() == 1 && read.wrong[0].starts_with(expected), "{:?}", read.wrong);
            assert!(read.settings.is_empty() && !read.wrong[0].contains("hunter2"), "{read:?}");
        }
    }
}
