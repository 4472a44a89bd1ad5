//! Declares and reads `[inbox]`: the store of captured messages, its SMTP server, its pages and its API.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::inbox;
use crate::pop3;
use crate::secret::{Logins, StoredPassword};
use crate::smtpd;

use super::error::ConfigError;
use super::keys::keys;
use super::mail::{MAIL, MailConfig};
use super::reader::SettingsReader;
use super::units;

keys! {
    INBOX: InboxKeys = "inbox" {
        /// `true` or `false`: whether the pages, the API and the SMTP server run; unset: `true` in the debug profile,
        /// `false` in others
        enabled = "";
        /// everybody who reaches the inbox may read it: no password is needed, also beyond loopback; outside the debug profile
        /// for `http_address` and the SMTP listeners only
        open = false;
        /// address of the SMTP server; port 0 picks a free port
        smtp_address = "127.0.0.1:1025";
        /// address of a second listener with the same pages and API at `/`, such as `127.0.0.1:8025`
        http_address = "";
        /// SQLite file of the inbox
        path = "data/inbox.db";
        /// login for pages and API; required with a password if a listener is not loopback, and outside the debug
        /// profile, unless `open` is set
        username = "";
        /// password for pages and API
        password: secret = "";
        /// `true` or `false`: whether STARTTLS is offered; unset: offered if `tls_certificate` is set; `true` without a
        /// certificate creates one. Many clients use STARTTLS whenever it is offered and then refuse a certificate that
        /// they do not trust
        starttls = "";
        /// PEM file with certificate chain and private key, for STARTTLS and `smtps_address`; unset: a self-signed
        /// certificate is created once and kept beside `path`
        tls_certificate = "";
        /// address for SMTP over TLS from the first byte
        smtps_address = "";
        /// address for LMTP
        lmtp_address = "";
        /// address of a POP3 server, such as `127.0.0.1:1110`, for mail programs that read the messages; its login is
        /// that of the pages, and without one any login is accepted; STLS is offered if `tls_certificate` is set
        pop3_address = "";
        /// entries `name:password`; empty: any credentials are accepted and none are needed
        smtp_users = [];
        /// patterns of addresses, such as `*@example.com`, that captured messages may be released to; empty: none,
        /// unless `capture` is the only transport
        release_to = [];
        /// size of the largest accepted message
        max_message_size = "50MiB";
        /// number of messages to keep, 0 for no limit; the oldest are deleted first; the same number of refused
        /// messages is kept beside them
        keep_messages = 5000;
        /// days to keep messages, 0 for no limit
        keep_days = 0;
        /// size of all messages together, 0 for no limit; refused messages are deleted first; the newest message always
        /// stays
        keep_bytes = "2GiB";
        /// allow Mailpit's chaos route
        chaos = false;
        /// the link check may reach addresses that are not public
        check_internal_links = false;
    }
}

/// The settings of the inbox.
#[derive(Clone, Debug)]
pub struct InboxConfig {
    /// Whether the pages, the API and the SMTP server run.
    pub enabled: bool,
    /// Whether the site's listener serves the pages and the API at /dev/inbox.
    pub on_site: bool,
    pub store: inbox::Settings,
    pub smtpd: smtpd::Settings,
    /// The address of a separate listener for the pages and the API.
    pub http_address: Option<SocketAddr>,
    /// Who may use the pages, the API and POP3; if empty, everybody.
    pub logins: Logins,
    pub pop3: Option<pop3::Settings>,
    /// Patterns of the addresses that messages may be released to.
    pub release_to: Vec<String>,
    pub check_internal_links: bool,
}

pub(super) fn inbox(source: &SettingsReader, mail: &MailConfig) -> Result<InboxConfig, ConfigError> {
    let enabled = match source.text(INBOX.enabled)?.as_str() {
        "" => source.is_debug(),
        _ => source.boolean(INBOX.enabled)?,
    };
    check_capture(source, enabled, mail)?;
    let store = store(source)?;
    let logins = logins(source)?;
    let smtpd = smtpd(source, &store.path)?;
    Ok(InboxConfig {
        enabled,
        on_site: enabled && (source.is_debug() || !logins.is_empty()),
        store,
        pop3: pop3(source, &logins, smtpd.tls_certificate.as_ref())?,
        smtpd,
        http_address: source.parse_optional(INBOX.http_address, socket)?,
        logins,
        release_to: source.list(INBOX.release_to)?,
        check_internal_links: source.boolean(INBOX.check_internal_links)?,
    })
}

pub(super) fn store(source: &SettingsReader) -> Result<inbox::Settings, ConfigError> {
    let path = source.optional_path(INBOX.path)?;
    let path = path.ok_or_else(|| source.error(INBOX.path, "expected a path to a file".to_owned()))?;
    Ok(inbox::Settings {
        path,
        max_message_size: source.parse(INBOX.max_message_size, units::size)?,
        keep_messages: source.number(INBOX.keep_messages, 0..=100_000_000)?,
        keep_days: source.number(INBOX.keep_days, 0..=36_500)?,
        keep_bytes: source.parse(INBOX.keep_bytes, units::size)?,
    })
}

fn smtpd(source: &SettingsReader, path: &Path) -> Result<smtpd::Settings, ConfigError> {
    let max = source.parse(INBOX.max_message_size, units::size)?;
    let tls_certificate = source.optional_path(INBOX.tls_certificate)?;
    // Many clients use STARTTLS whenever it is offered and reject a self-signed certificate.
    let starttls = match source.text(INBOX.starttls)?.as_str() {
        "" => tls_certificate.is_some(),
        _ => source.boolean(INBOX.starttls)?,
    };
    Ok(smtpd::Settings {
        smtp_address: smtp_address(source)?,
        smtps_address: source.parse_optional(INBOX.smtps_address, socket)?,
        lmtp_address: source.parse_optional(INBOX.lmtp_address, socket)?,
        hostname: "gatepost".to_owned(),
        names: inbox::SettingNames::Gatepost,
        implicit_tls: false,
        requires_tls: false,
        starttls,
        tls_certificate,
        tls_key: None,
        certificate_folder: path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned(),
        users: smtp_users(source)?,
        recipients: smtpd::RecipientRules::default(),
        strict_header: false,
        max_message_size: usize::try_from(max).unwrap_or(usize::MAX),
        chaos: source.boolean(INBOX.chaos)?,
        limits: smtpd::SmtpLimits::default(),
    })
}

pub(super) fn smtp_address(source: &SettingsReader) -> Result<SocketAddr, ConfigError> {
    source.parse(INBOX.smtp_address, socket)
}

pub(super) fn smtp_users(source: &SettingsReader) -> Result<Logins, ConfigError> {
    let user = |text: &String| match text.split_once(':') {
        Some((name, password)) if !name.is_empty() && !password.is_empty() => {
            Ok((name.to_owned(), StoredPassword::plain(password)))
        }
        // The entry may contain a password, so the error does not repeat it.
        _ => Err(source.error(INBOX.smtp_users, "expected entries of the form name:password".to_owned())),
    };
    source.list(INBOX.smtp_users)?.iter().map(user).collect::<Result<_, _>>().map(Logins::new)
}

fn pop3(
    source: &SettingsReader,
    logins: &Logins,
    certificate: Option<&PathBuf>,
) -> Result<Option<pop3::Settings>, ConfigError> {
    let address = source.parse_optional(INBOX.pop3_address, socket)?;
    let tls = certificate.map(|file| pop3::Pop3Tls { certificate: file.clone(), key: None, implicit: false });
    Ok(address.map(|address| pop3::Settings {
        address,
        logins: logins.clone(),
        tls,
        limits: pop3::Pop3Limits::default(),
    }))
}

fn logins(source: &SettingsReader) -> Result<Logins, ConfigError> {
    match (source.parse_optional(INBOX.username, user_name)?, source.secret(INBOX.password)?) {
        (Some(name), Some(password)) => Ok(Logins::plain(&[(&name, &password)])),
        (None, None) => Ok(Logins::default()),
        (Some(_), None) => Err(source.error(INBOX.password, "required with inbox.username".to_owned())),
        (None, Some(_)) => Err(source.error(INBOX.username, "required with inbox.password".to_owned())),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a name without a colon: browsers send name and password with one in between")]
struct UserNameError;

fn user_name(text: &str) -> Result<String, UserNameError> {
    if text.contains(':') { Err(UserNameError) } else { Ok(text.to_owned()) }
}

/// Rejects the transport `capture` in the release profile without the inbox, where nobody would see its messages.
fn check_capture(source: &SettingsReader, enabled: bool, mail: &MailConfig) -> Result<(), ConfigError> {
    if !enabled && mail.uses_capture() && !source.is_debug() {
        let what = "capture needs the inbox, which is off; set inbox.enabled = true with a username and password, or \
                    choose smtp or gmail";
        return Err(source.error(MAIL.transport, what.to_owned()));
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
#[error("expected an address and a port, such as 127.0.0.1:1025")]
pub(super) struct SocketError;

pub(super) fn socket(text: &str) -> Result<SocketAddr, SocketError> {
    let text = text.trim();
    text.strip_prefix("localhost:")
        .map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"))
        .parse()
        .map_err(|_| SocketError)
}
