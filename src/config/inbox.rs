//! `[inbox]`: the store of captured messages, its SMTP server, its pages and its API.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::inbox;
use crate::secret::Secret;
use crate::smtpd;

use super::mail::MailConfig;
use super::reader::SettingsReader;
use super::{ConfigError, is_debug, units};

/// The settings of the inbox.
#[derive(Clone, Debug)]
pub struct InboxConfig {
    /// Whether the pages, the API and the SMTP server run.
    pub enabled: bool,
    pub store: inbox::Settings,
    pub smtpd: smtpd::Settings,
    /// The address of a separate listener for the pages and the API.
    pub http_address: Option<SocketAddr>,
    /// User name and password for the pages and the API.
    pub login: Option<(String, Secret<String>)>,
    /// Patterns of the addresses that messages may be released to.
    pub release_to: Vec<String>,
    pub check_internal_links: bool,
}

pub(super) fn inbox(source: &SettingsReader, mail: &MailConfig) -> Result<InboxConfig, ConfigError> {
    let enabled = match source.text("inbox.enabled")?.as_str() {
        "" => is_debug(source),
        _ => source.boolean("inbox.enabled")?,
    };
    let path: PathBuf = source.text("inbox.path")?.into();
    let address = |key: &str| source.parse_optional(key, socket);
    let inbox = InboxConfig {
        enabled,
        store: store(source, path.clone())?,
        smtpd: smtpd(source, &path)?,
        http_address: address("inbox.http_address")?,
        login: login(source)?,
        release_to: source.list("inbox.release_to")?,
        check_internal_links: source.boolean("inbox.check_internal_links")?,
    };
    check_exposure(source, &inbox, mail)?;
    Ok(inbox)
}

fn store(source: &SettingsReader, path: PathBuf) -> Result<inbox::Settings, ConfigError> {
    if path.as_os_str().is_empty() {
        return Err(source.error("inbox.path", "expected a path to a file".to_owned()));
    }
    Ok(inbox::Settings {
        path,
        max_message_size: source.parse("inbox.max_message_size", units::size)?,
        keep_messages: source.number("inbox.keep_messages", 0..=100_000_000)?,
        keep_days: source.number("inbox.keep_days", 0..=36_500)?,
        keep_bytes: source.parse("inbox.keep_bytes", units::size)?,
    })
}

fn smtpd(source: &SettingsReader, path: &Path) -> Result<smtpd::Settings, ConfigError> {
    let max = source.parse("inbox.max_message_size", units::size)?;
    let tls_certificate: Option<PathBuf> = source.optional_text("inbox.tls_certificate")?.map(Into::into);
    // Many clients use STARTTLS whenever it is offered, and reject a self-signed certificate.
    let starttls = match source.text("inbox.starttls")?.as_str() {
        "" => tls_certificate.is_some(),
        _ => source.boolean("inbox.starttls")?,
    };
    Ok(smtpd::Settings {
        smtp_address: smtp_address(source)?,
        smtps_address: source.parse_optional("inbox.smtps_address", socket)?,
        lmtp_address: source.parse_optional("inbox.lmtp_address", socket)?,
        hostname: "gatepost".to_owned(),
        starttls,
        tls_certificate,
        certificate_folder: path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned(),
        users: smtp_users(source)?,
        max_message_size: usize::try_from(max).unwrap_or(usize::MAX),
        chaos: source.boolean("inbox.chaos")?,
        limits: smtpd::SmtpLimits::default(),
    })
}

pub(super) fn smtp_address(source: &SettingsReader) -> Result<SocketAddr, ConfigError> {
    source.parse("inbox.smtp_address", socket)
}

pub(super) fn smtp_users(source: &SettingsReader) -> Result<Vec<smtpd::SmtpUser>, ConfigError> {
    let user = |text: &String| match text.split_once(':') {
        Some((name, password)) if !name.is_empty() && !password.is_empty() => {
            Ok(smtpd::SmtpUser { name: name.to_owned(), password: Secret::new(password.to_owned()) })
        }
        // The entry may contain a password, so the error does not repeat it.
        _ => Err(source.error("inbox.smtp_users", "expected entries of the form name:password".to_owned())),
    };
    source.list("inbox.smtp_users")?.iter().map(user).collect()
}

fn login(source: &SettingsReader) -> Result<Option<(String, Secret<String>)>, ConfigError> {
    match (source.parse_optional("inbox.username", user_name)?, source.secret("inbox.password")?) {
        (Some(name), Some(password)) => Ok(Some((name, Secret::new(password)))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(source.error("inbox.password", "required with inbox.username".to_owned())),
        (None, Some(_)) => Err(source.error("inbox.username", "required with inbox.password".to_owned())),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a name without a colon: browsers send name and password with one in between")]
struct UserNameError;

fn user_name(text: &str) -> Result<String, UserNameError> {
    if text.contains(':') { Err(UserNameError) } else { Ok(text.to_owned()) }
}

/// Rejects settings that expose the inbox without a password beyond localhost: captured messages contain links that
/// give access to accounts.
fn check_exposure(source: &SettingsReader, inbox: &InboxConfig, mail: &MailConfig) -> Result<(), ConfigError> {
    if !inbox.enabled {
        if mail.uses_capture() && !is_debug(source) {
            let what = "capture needs the inbox, which is off; set inbox.enabled = true with a username and password, \
                        or choose smtp or gmail";
            return Err(source.error("mail.transport", what.to_owned()));
        }
        return Ok(());
    }
    if inbox.login.is_some() {
        return Ok(());
    }
    if !is_debug(source) {
        let what = "required with inbox.password: outside the debug profile the inbox is never open to everybody";
        return Err(source.error("inbox.username", what.to_owned()));
    }
    let address: std::net::IpAddr = source.parse("address", str::parse)?;
    let http = inbox.http_address.map(|a| ("inbox.http_address", a.ip()));
    for (key, ip) in [Some(("address", address)), http].into_iter().flatten() {
        if !ip.is_loopback() {
            let what =
                format!("{ip} is reachable by others: set inbox.username and inbox.password, or inbox.enabled = false");
            return Err(source.error(key, what));
        }
    }
    let smtp = &inbox.smtpd;
    let listeners = [
        ("inbox.smtp_address", Some(smtp.smtp_address)),
        ("inbox.smtps_address", smtp.smtps_address),
        ("inbox.lmtp_address", smtp.lmtp_address),
    ];
    for (key, address) in listeners {
        if address.is_some_and(|a| !a.ip().is_loopback()) {
            let what = "reachable by others: set inbox.username and inbox.password too".to_owned();
            return Err(source.error(key, what));
        }
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
#[error("expected an address and a port, such as 127.0.0.1:1025")]
struct SocketError;

fn socket(text: &str) -> Result<SocketAddr, SocketError> {
    let text = text.trim();
    text.strip_prefix("localhost:")
        .map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"))
        .parse()
        .map_err(|_| SocketError)
}
