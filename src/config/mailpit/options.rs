//! Mailpit's options: their flags, their variables, and what Gatepost does with each. docs/mailpit.md is compared with
//! this table.

/// An option of Mailpit (v1.30.5).
#[derive(Clone, Copy, Debug)]
pub struct MailpitOption {
    /// Without the dashes; empty for an option that only has a variable.
    pub flag: &'static str,
    pub short: Option<char>,
    pub variable: &'static str,
    /// Former names of the flag and the variable, which Mailpit still accepts.
    pub former: &'static [&'static str],
    pub kind: OptionKind,
    pub support: OptionSupport,
    /// What it does, for `--help` and the documents.
    pub meaning: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionKind {
    /// A value, which `--help` calls by this name.
    Text(&'static str),
    Switch,
}

/// What Gatepost does with an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionSupport {
    Supported,
    /// Accepted without a word: Gatepost always behaves so, or has nothing that it could change.
    Accepted,
    /// Named at the start as not there yet.
    Later,
    /// Named at the start as not there.
    Missing,
}

use OptionKind::{Switch, Text};
use OptionSupport::{Accepted, Later, Missing, Supported};

/// The table: flag, variable, kind, support, meaning; then `short` and `former` where an option has them.
macro_rules! options {
    ($($flag:literal, $variable:literal, $kind:expr, $support:ident, $meaning:literal
        $(, short $short:literal)? $(, former [$($former:literal),+])?;)+) => {
        /// Every option, in the order of the documents.
        pub static OPTIONS: &[MailpitOption] = &[$(MailpitOption {
            flag: $flag,
            short: first(&[$($short)?]),
            variable: $variable,
            former: &[$($($former),+)?],
            kind: $kind,
            support: $support,
            meaning: $meaning,
        }),+];
    };
}

const fn first(shorts: &[char]) -> Option<char> {
    match shorts {
        [short, ..] => Some(*short),
        [] => None,
    }
}

impl MailpitOption {
    /// True if `name` is the flag, without its dashes, or a former one.
    pub fn has_flag(&self, name: &str) -> bool {
        !name.is_empty() && (self.flag == name || self.former.contains(&name))
    }

    /// True if `name` is the variable or a former one.
    pub fn has_variable(&self, name: &str) -> bool {
        !name.is_empty() && (self.variable == name || self.former.contains(&name))
    }

    /// The flag with its dashes, or the variable of an option without a flag.
    pub fn name(&self) -> String {
        if self.flag.is_empty() { self.variable.to_owned() } else { format!("--{}", self.flag) }
    }
}

options! {
    "database", "MP_DATABASE", Text("FILE"), Supported,
        "file of the messages; without it they are gone at the end", short 'd', former ["db-file", "MP_DATA_FILE"];
    "max", "MP_MAX_MESSAGES", Text("N"), Supported, "messages to keep (500); 0 for no limit", short 'm';
    "max-age", "MP_MAX_AGE", Text("AGE"), Supported, "age of messages to keep, such as 3d or 12h";
    "max-message-size", "MP_MAX_MESSAGE_SIZE", Text("MB"), Supported, "largest message (50); 0 for no limit";
    "use-message-dates", "MP_USE_MESSAGE_DATES", Switch, Supported, "a message's Date is its time of receipt";
    "ignore-duplicate-ids", "MP_IGNORE_DUPLICATE_IDS", Switch, Supported, "a known Message-ID is not stored again";
    "listen", "MP_UI_BIND_ADDR", Text("ADDRESS"), Supported, "address of pages and API (127.0.0.1:8025)", short 'l';
    "smtp", "MP_SMTP_BIND_ADDR", Text("ADDRESS"), Supported, "address of the SMTP server (127.0.0.1:1025)", short 's';
    "webroot", "MP_WEBROOT", Text("PATH"), Supported, "path of pages and API";
    "label", "MP_LABEL", Text("TEXT"), Supported, "label in the title of the pages and in the API";
    "ui-auth-file", "MP_UI_AUTH_FILE", Text("FILE"), Supported, "logins of pages and API, as htpasswd writes them";
    "", "MP_UI_AUTH", Text("LOGINS"), Supported, "the same: `name:password name:password`";
    "ui-tls-cert", "MP_UI_TLS_CERT", Text("FILE"), Supported,
        "certificate of pages and API", former ["ui-ssl-cert", "MP_UI_SSL_CERT"];
    "ui-tls-key", "MP_UI_TLS_KEY", Text("FILE"), Supported, "its key", former ["ui-ssl-key", "MP_UI_SSL_KEY"];
    "api-cors", "MP_API_CORS", Text("HOSTS"), Supported, "hosts whose pages may use the API";
    "send-api-auth-file", "MP_SEND_API_AUTH_FILE", Text("FILE"), Supported, "logins of POST send";
    "", "MP_SEND_API_AUTH", Text("LOGINS"), Supported, "the same: `name:password name:password`";
    "send-api-auth-accept-any", "MP_SEND_API_AUTH_ACCEPT_ANY", Switch, Supported, "POST send needs no login";
    "hide-delete-all-button", "MP_HIDE_DELETE_ALL_BUTTON", Switch, Supported, "no button deletes all messages";
    "disable-http-compression", "MP_DISABLE_HTTP_COMPRESSION", Switch, Supported, "answers are not compressed";
    "allow-internal-http-requests", "MP_ALLOW_INTERNAL_HTTP_REQUESTS", Switch, Supported,
        "the link check may reach addresses that are not public";
    "disable-link-check-rate-limit", "MP_DISABLE_LINK_CHECK_RATE_LIMIT", Switch, Accepted,
        "the link check has no such limit";
    "block-remote-css-and-fonts", "MP_BLOCK_REMOTE_CSS_AND_FONTS", Switch, Accepted, "they are always blocked";
    "allow-untrusted-tls", "MP_ALLOW_UNTRUSTED_TLS", Switch, Missing, "the link check verifies certificates";
    "smtp-auth-file", "MP_SMTP_AUTH_FILE", Text("FILE"), Supported, "SMTP logins, as htpasswd writes them";
    "", "MP_SMTP_AUTH", Text("LOGINS"), Supported, "the same: `name:password name:password`";
    "smtp-auth-accept-any", "MP_SMTP_AUTH_ACCEPT_ANY", Switch, Accepted,
        "any login is accepted unless some are listed";
    "smtp-auth-allow-insecure", "MP_SMTP_AUTH_ALLOW_INSECURE", Switch, Accepted,
        "logins are accepted without TLS too";
    "smtp-tls-cert", "MP_SMTP_TLS_CERT", Text("FILE"), Supported,
        "certificate for STARTTLS", former ["smtp-ssl-cert", "MP_SMTP_SSL_CERT"];
    "smtp-tls-key", "MP_SMTP_TLS_KEY", Text("FILE"), Supported, "its key", former ["smtp-ssl-key", "MP_SMTP_SSL_KEY"];
    "smtp-require-starttls", "MP_SMTP_REQUIRE_STARTTLS", Switch, Supported,
        "no message is accepted before STARTTLS", former ["smtp-tls-required", "MP_SMTP_TLS_REQUIRED"];
    "smtp-require-tls", "MP_SMTP_REQUIRE_TLS", Switch, Supported, "TLS from the first byte";
    "smtp-strict-rfc-headers", "MP_SMTP_STRICT_RFC_HEADERS", Switch, Supported, "CR CR LF in a header is refused";
    "smtp-max-recipients", "MP_SMTP_MAX_RECIPIENTS", Text("N"), Supported, "recipients of a message (100)";
    "smtp-allowed-recipients", "MP_SMTP_ALLOWED_RECIPIENTS", Text("REGEX"), Supported, "accepted recipients";
    "smtp-ignore-rejected-recipients", "MP_SMTP_IGNORE_REJECTED_RECIPIENTS", Switch, Supported,
        "other recipients get 250 and are left out";
    "smtp-disable-rdns", "MP_SMTP_DISABLE_RDNS", Switch, Accepted, "no name is looked up";
    "enable-chaos", "MP_ENABLE_CHAOS", Switch, Supported, "the API may set the chaos triggers";
    "chaos-triggers", "MP_CHAOS_TRIGGERS", Text("TRIGGERS"), Supported,
        "triggers at the start, such as Recipient:451:100";
    "pop3", "MP_POP3_BIND_ADDR", Text("ADDRESS"), Supported, "address of the POP3 server (127.0.0.1:1110)";
    "pop3-auth-file", "MP_POP3_AUTH_FILE", Text("FILE"), Supported, "logins of POP3, which is off without any";
    "", "MP_POP3_AUTH", Text("LOGINS"), Supported, "the same: `name:password name:password`";
    "pop3-tls-cert", "MP_POP3_TLS_CERT", Text("FILE"), Supported,
        "certificate; POP3 uses TLS from the first byte then";
    "pop3-tls-key", "MP_POP3_TLS_KEY", Text("FILE"), Supported, "its key";
    "tag", "MP_TAG", Text("RULES"), Supported, "tags of messages that match: `name=search name=search`", short 't';
    "tags-config", "MP_TAGS_CONFIG", Text("FILE"), Supported,
        "the same in YAML: `filters`, each with `match` and `tags`";
    "tags-title-case", "MP_TAGS_TITLE_CASE", Switch, Supported, "tags of addresses and X-Tags in title case";
    "tags-disable", "MP_TAGS_DISABLE", Text("KINDS"), Supported, "no tags from plus-addresses, x-tags or both";
    "tags-username", "MP_TAGS_USERNAME", Switch, Supported, "the SMTP login is a tag";
    "enable-prometheus", "MP_ENABLE_PROMETHEUS", Text("WHERE"), Supported,
        "metrics: `true` for the pages' address, or another address";
    "quiet", "MP_QUIET", Switch, Supported, "log errors only", short 'q';
    "verbose", "MP_VERBOSE", Switch, Supported, "log more", short 'v';
    "log-file", "MP_LOG_FILE", Text("FILE"), Supported, "write the log to a file";
    "disable-wal", "MP_DISABLE_WAL", Switch, Accepted, "about Mailpit's own store";
    "disable-auto-vacuum", "MP_DISABLE_AUTO_VACUUM", Switch, Accepted, "about Mailpit's own store";
    "compression", "MP_COMPRESSION", Text("LEVEL"), Accepted, "about Mailpit's own store";
    "tenant-id", "MP_TENANT_ID", Text("ID"), Accepted, "about Mailpit's own store";
    "disable-version-check", "MP_DISABLE_VERSION_CHECK", Switch, Accepted, "no version is looked up";
    "smtp-relay-config", "MP_SMTP_RELAY_CONFIG", Text("FILE"), Later, "release to a mail server";
    "smtp-relay-all", "MP_SMTP_RELAY_ALL", Switch, Later, "release of every message";
    "smtp-relay-matching", "MP_SMTP_RELAY_MATCHING", Text("REGEX"), Later, "release of some messages";
    "smtp-forward-config", "MP_SMTP_FORWARD_CONFIG", Text("FILE"), Later, "copies of every message";
    "webhook-url", "MP_WEBHOOK_URL", Text("URL"), Later, "a request for each message";
    "webhook-limit", "MP_WEBHOOK_LIMIT", Text("N"), Later, "its rate";
    "webhook-delay", "MP_WEBHOOK_DELAY", Text("SECONDS"), Later, "its delay";
    "enable-spamassassin", "MP_ENABLE_SPAMASSASSIN", Text("ADDRESS"), Missing, "scores of SpamAssassin";
}

/// Variables about a relay or a forwarding server. They have an effect only beside `…_HOST`, and some presets always set
/// them.
pub const RELAY_PREFIXES: [&str; 2] = ["MP_SMTP_RELAY_", "MP_SMTP_FORWARD_"];
/// The variables that turn a relay or forwarding on.
pub const RELAY_HOSTS: [&str; 2] = ["MP_SMTP_RELAY_HOST", "MP_SMTP_FORWARD_HOST"];
/// Variables that `sendmail` reads.
pub const SENDMAIL_VARIABLES: [&str; 2] = ["MP_SENDMAIL_SMTP_ADDR", "MP_SENDMAIL_FROM"];

/// The option with this variable.
pub fn by_variable(name: &str) -> Option<&'static MailpitOption> {
    OPTIONS.iter().find(|option| option.has_variable(name))
}

/// The flag of an option and its variable, for errors: `--listen (MP_UI_BIND_ADDR)`.
pub fn both_names(variable: &str) -> String {
    match by_variable(variable).filter(|option| !option.flag.is_empty()) {
        Some(option) => format!("{} ({})", option.name(), option.variable),
        None => variable.to_owned(),
    }
}

/// The option with this flag, given without its dashes.
pub fn by_flag(name: &str) -> Option<&'static MailpitOption> {
    OPTIONS.iter().find(|option| option.has_flag(name))
}

/// The option with this short flag.
pub fn by_short(short: char) -> Option<&'static MailpitOption> {
    OPTIONS.iter().find(|option| option.short == Some(short))
}

/// Every variable, with the former ones.
pub fn variables() -> Vec<String> {
    let former = OPTIONS.iter().flat_map(|option| option.former.iter().copied());
    let current = OPTIONS.iter().map(|option| option.variable);
    let all = current.chain(former.filter(|name| name.starts_with("MP_"))).chain(RELAY_HOSTS).chain(SENDMAIL_VARIABLES);
    all.map(str::to_owned).collect()
}

/// Every flag with its dashes.
pub fn flags() -> Vec<String> {
    OPTIONS.iter().filter(|option| !option.flag.is_empty()).map(MailpitOption::name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_flag_and_no_variable_stands_for_two_options() {
        for (at, option) in OPTIONS.iter().enumerate() {
            for other in &OPTIONS[at + 1..] {
                assert!(option.flag.is_empty() || !other.has_flag(option.flag), "{}", option.flag);
                assert!(!other.has_variable(option.variable), "{}", option.variable);
                assert!(option.short.is_none() || option.short != other.short, "{}", option.flag);
            }
        }
    }
}
