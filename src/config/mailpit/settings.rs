//! The checked settings of `gatepost mailpit`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::smtpd::{self, ChaosTriggers};
use crate::web::inbox::SendAccess;
use crate::{inbox, pop3, web};

use super::super::dotenv::without_quotes;
use super::given::{GivenOptions, is_on};
use super::option_reader::{MailpitError, OptionReader, error};
use super::{certificates, files, servers, tag_rules, values};

/// Mailpit's default of `--max`.
const KEEP_MESSAGES: u64 = 500;
/// Mailpit's default of `--max-message-size`, in MB.
const MAX_MESSAGE_MB: u64 = 50;
/// The highest limits that may be set.
const MOST_MESSAGES: u64 = 100_000_000;
const MOST_MB: u64 = 1 << 20;
/// Most characters of `--label`.
const MAX_LABEL: usize = 100;
/// Further host names that the server answers to, as in the settings of `gatepost serve`.
const HOSTS: &str = "GATEPOST_HOSTS";

/// The settings of the inbox alone.
#[derive(Clone, Debug)]
pub struct MailpitConfig {
    /// The file of the messages; `None` for a temporary one.
    pub database: Option<PathBuf>,
    /// Its `path` is unset if the file is temporary.
    pub store: inbox::Settings,
    pub rules: inbox::StorageRules,
    pub smtpd: smtpd::Settings,
    pub chaos: ChaosTriggers,
    pub pop3: Option<pop3::Settings>,
    pub http_address: SocketAddr,
    /// Path of pages and API without a slash at the end; empty for the root.
    pub webroot: String,
    pub ui_tls: Option<UiTls>,
    pub metrics: MetricsAddress,
    pub pages: web::inbox::Settings,
    pub web: web::Settings,
    pub check_internal_links: bool,
    /// Rocket's name of the log level.
    pub log_level: &'static str,
    pub log_file: Option<PathBuf>,
}

/// The certificate of pages and API, and its key if that is in a file of its own.
#[derive(Clone, Debug)]
pub struct UiTls {
    pub certificate: PathBuf,
    pub key: Option<PathBuf>,
}

/// Where the metrics are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsAddress {
    /// At the address of pages and API.
    Pages,
    /// At an address of their own too.
    Own(SocketAddr),
}

impl MailpitConfig {
    /// Checks the given options. `variables` are those of the environment.
    ///
    /// # Errors
    /// The first option with an invalid value, or two that contradict each other.
    pub fn new(given: &GivenOptions, variables: &BTreeMap<String, String>) -> Result<Self, MailpitError> {
        let options = OptionReader(given);
        let database = options.file("MP_DATABASE");
        if let Some((text, origin)) = given.text("MP_DATABASE").filter(|(text, _)| text.starts_with("http")) {
            return Err(error(origin, format!("{text:?} is an address; only files are supported")));
        }
        let max_mb = options.number("MP_MAX_MESSAGE_SIZE", MAX_MESSAGE_MB, MOST_MB)?;
        let store = inbox::Settings {
            path: database.clone().unwrap_or_default(),
            max_message_size: max_mb << 20,
            keep_messages: options.number("MP_MAX_MESSAGES", KEEP_MESSAGES, MOST_MESSAGES)?,
            keep_days: 0,
            keep_bytes: 0,
        };
        let rules = rules(&options)?;
        Ok(MailpitConfig {
            smtpd: servers::smtpd(&options, max_mb)?,
            chaos: options.parse("MP_CHAOS_TRIGGERS", values::chaos)?.unwrap_or_default(),
            pop3: servers::pop3(&options)?,
            http_address: options.address("MP_UI_BIND_ADDR", 8025)?,
            webroot: options.parse("MP_WEBROOT", values::webroot)?.unwrap_or_default(),
            ui_tls: certificates::UI.checked_files(&options)?.map(|(certificate, key)| UiTls { certificate, key }),
            metrics: options.parse("MP_ENABLE_PROMETHEUS", metrics)?.unwrap_or(MetricsAddress::Pages),
            check_internal_links: given.switch("MP_ALLOW_INTERNAL_HTTP_REQUESTS"),
            log_level: match (given.switch("MP_QUIET"), given.switch("MP_VERBOSE")) {
                (true, _) => "critical",
                (false, true) => "debug",
                (false, false) => "normal",
            },
            log_file: options.file("MP_LOG_FILE"),
            pages: pages(&options, &store, &rules)?,
            web: web_settings(&options, variables),
            database,
            store,
            rules,
        })
    }
}

fn pages(
    options: &OptionReader<'_>,
    store: &inbox::Settings,
    rules: &inbox::StorageRules,
) -> Result<web::inbox::Settings, MailpitError> {
    Ok(web::inbox::Settings {
        names: inbox::SettingNames::Mailpit,
        logins: options.logins("MP_UI_AUTH", "MP_UI_AUTH_FILE")?,
        send: send_access(options)?,
        max_message_size: store.max_message_size,
        label: options.text("MP_LABEL").unwrap_or_default().chars().take(MAX_LABEL).collect(),
        ignores_duplicates: rules.ignore_duplicates,
        hides_delete_all: options.0.switch("MP_HIDE_DELETE_ALL_BUTTON"),
        is_uncompressed: options.0.switch("MP_DISABLE_HTTP_COMPRESSION"),
        ..web::inbox::Settings::default()
    })
}

fn web_settings(options: &OptionReader<'_>, variables: &BTreeMap<String, String>) -> web::Settings {
    let hosts = variables.get(HOSTS).map(|text| without_quotes(text));
    web::Settings {
        debug: true,
        hosts: listed(hosts),
        local_names: false,
        api_origins: listed(options.text("MP_API_CORS")),
        trusted_proxies: Vec::new(),
        ops_token: None,
    }
}

fn rules(options: &OptionReader<'_>) -> Result<inbox::StorageRules, MailpitError> {
    let (from_addresses, from_header) = options.parse("MP_TAGS_DISABLE", values::tag_sources)?.unwrap_or((true, true));
    let mut searches = options.parse("MP_TAG", tag_rules::from_text)?.unwrap_or_default();
    if let Some((path, origin)) = options.0.text("MP_TAGS_CONFIG") {
        let text = files::text(Path::new(path)).map_err(|e| error(origin, format!("cannot read {path}: {e}")))?;
        searches.extend(tag_rules::from_yaml(&text).map_err(|e| error(origin, format!("{path}: {e}")))?);
    }
    Ok(inbox::StorageRules {
        keep_age: options.parse("MP_MAX_AGE", values::age)?,
        use_dates: options.0.switch("MP_USE_MESSAGE_DATES"),
        ignore_duplicates: options.0.switch("MP_IGNORE_DUPLICATE_IDS"),
        tags: inbox::TagRules {
            from_addresses,
            from_header,
            from_username: options.0.switch("MP_TAGS_USERNAME"),
            title_case: options.0.switch("MP_TAGS_TITLE_CASE"),
            searches,
        },
    })
}

fn send_access(options: &OptionReader<'_>) -> Result<SendAccess, MailpitError> {
    let logins = options.logins("MP_SEND_API_AUTH", "MP_SEND_API_AUTH_FILE")?;
    match (options.0.switch("MP_SEND_API_AUTH_ACCEPT_ANY"), logins.is_empty()) {
        (true, true) => Ok(SendAccess::Open),
        (true, false) => {
            let what = "contradicts the logins of MP_SEND_API_AUTH; remove one of them".to_owned();
            Err(error("MP_SEND_API_AUTH_ACCEPT_ANY", what))
        }
        (false, true) => Ok(SendAccess::AsApi),
        (false, false) => Ok(SendAccess::Logins(logins)),
    }
}

fn metrics(text: &str) -> Result<MetricsAddress, values::ValueError> {
    let is_word = is_on(text) || ["0", "false", "no", "off"].contains(&text.to_ascii_lowercase().as_str());
    if is_word { Ok(MetricsAddress::Pages) } else { values::address(text).map(MetricsAddress::Own) }
}

/// The items of a list with commas, in lower case.
fn listed(text: Option<&str>) -> Vec<String> {
    let items = text.unwrap_or_default().split(',').map(|item| item.trim().to_ascii_lowercase());
    // An origin may be given with its scheme.
    let hosts = items.map(|item| item.split_once("://").map_or(item.clone(), |(_, host)| host.to_owned()));
    hosts.map(|host| host.trim_end_matches('/').to_owned()).filter(|host| !host.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(line: &[&str], variables: &[(&str, &str)]) -> Result<MailpitConfig, MailpitError> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let given = GivenOptions::read(line.iter().map(|word| (*word).to_owned()), &variables).unwrap();
        MailpitConfig::new(&given, &variables)
    }

    #[test]
    fn without_options_the_inbox_is_on_loopback_with_mailpits_limits() {
        let config = config(&[], &[]).unwrap();
        assert_eq!(config.http_address.to_string(), "127.0.0.1:8025");
        assert_eq!(config.smtpd.smtp_address.to_string(), "127.0.0.1:1025");
        assert_eq!((config.store.keep_messages, config.store.max_message_size), (500, 50 << 20));
        assert_eq!(config.smtpd.limits.recipients, 100);
        assert!(config.pop3.is_none() && config.database.is_none() && config.pages.logins.is_empty());
    }

    #[test]
    fn options_that_need_or_exclude_each_other_are_named() {
        for (line, words) in [
            (&["--smtp-require-tls"][..], "--smtp-require-tls: needs a certificate"),
            (&["--smtp-tls-key", "k"], "--smtp-tls-key: needs a certificate"),
            (
                &["--smtp-tls-cert", "c", "--smtp-require-tls", "--smtp-require-starttls"],
                "--smtp-require-tls: contradicts --smtp-require-starttls",
            ),
            (&["--smtp-allowed-recipients", "("], "--smtp-allowed-recipients: \"(\": regex parse error"),
            (&["--max", "many"], "--max: \"many\": expected a whole number"),
            (&["--max", "100000001"], "--max: at most 100000000"),
            (&["--smtp-max-recipients", "0"], "--smtp-max-recipients: expected a whole number from 1"),
            (&["--ui-tls-cert", "nope"], "--ui-tls-cert (MP_UI_TLS_CERT): cannot read nope: "),
            (&["--database", "http://rqlite:4001"], "--database: "),
            (&["--ui-auth-file", "missing"], "--ui-auth-file: cannot read missing"),
            (&["--listen", "unix:/run/x"], "--listen: \"unix:/run/x\": Unix sockets come later"),
        ] {
            let said = config(line, &[]).unwrap_err().to_string();
            assert!(said.starts_with(words), "{said}");
        }
        for variable in ["MP_UI_AUTH", "MP_SMTP_AUTH", "MP_SEND_API_AUTH", "MP_POP3_AUTH"] {
            let said = config(&[], &[(variable, "   ")]).unwrap_err().to_string();
            assert!(said.starts_with(&format!("{variable}: holds no login")), "{said}");
            assert!(config(&[], &[(variable, "")]).is_ok(), "an empty variable is not given");
        }
        let said = config(&[], &[("MP_UI_AUTH", "dev:$6$hunter2")]).unwrap_err().to_string();
        assert!(said.starts_with("MP_UI_AUTH: ") && !said.contains("hunter2"), "{said}");
    }

    #[test]
    fn logins_and_lists_are_read() {
        let variables = [
            ("MP_UI_AUTH", "dev:s3:cret other:x"),
            ("MP_POP3_AUTH", "kim:x"),
            ("MP_API_CORS", "https://App.test:3000/, *"),
            ("GATEPOST_HOSTS", "mail.ddev.site"),
            ("MP_ENABLE_PROMETHEUS", "127.0.0.1:9090"),
        ];
        let config = config(&["--webroot", "mail/"], &variables).unwrap();
        assert!(config.pages.logins.verify("dev", "s3:cret") && config.pages.logins.verify("other", "x"));
        assert_eq!(config.pop3.unwrap().address.to_string(), "127.0.0.1:1110");
        assert_eq!(config.web.api_origins, ["app.test:3000", "*"]);
        assert_eq!(config.web.hosts, ["mail.ddev.site"]);
        assert_eq!(config.webroot, "/mail");
        assert!(matches!(config.metrics, MetricsAddress::Own(at) if at.port() == 9090));
    }
}
