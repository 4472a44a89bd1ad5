//! The settings `[mail.smtp]`, validated.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::secret::Secret;

use super::hello;
use super::provider::{Preset, preset};
use super::security::Security;

/// The settings as written; an empty string or `None` means unset.
#[derive(Clone, Debug, Default)]
pub struct SmtpOptions {
    pub provider: String,
    pub host: String,
    pub port: Option<u16>,
    pub security: Option<Security>,
    pub hello: String,
    pub username: String,
    pub password: Secret<String>,
    pub ca_file: Option<PathBuf>,
}

/// A submission server and how to connect to it.
#[derive(Clone, Debug)]
pub struct Settings {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// The name for EHLO; `None`: the name of this machine.
    pub hello: Option<String>,
    /// `None`: no login.
    pub login: Option<SmtpLogin>,
    /// A PEM file of certificates that are trusted in addition to the platform's roots.
    pub ca_file: Option<PathBuf>,
    pub timeouts: Timeouts,
}

#[derive(Clone, Debug)]
pub struct SmtpLogin {
    pub username: String,
    pub password: Secret<String>,
}

/// How long each stage may take. Shorter than RFC 5321 §4.5.3.2 recommends, since a user waits for the message. The
/// reply after the content keeps its ten minutes, since a timeout there causes a duplicate.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    pub connect: Duration,
    /// TLS handshake, greeting, EHLO and login, each.
    pub hello: Duration,
    /// How long to wait for a greeting before a second connection tries TLS. Longer than servers delay the greeting on
    /// purpose to detect spammers (Postfix's postscreen: 6 s).
    pub silence: Duration,
    pub command: Duration,
    /// For each 64 KiB of the message.
    pub block: Duration,
    /// The reply after the content.
    pub termination: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(15),
            hello: Duration::from_secs(30),
            silence: Duration::from_secs(7),
            command: Duration::from_secs(60),
            block: Duration::from_secs(60),
            termination: Duration::from_secs(600),
        }
    }
}

/// Why the settings are invalid; each message names its key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    #[error("mail.smtp.provider = \"{0}\": {1}")]
    Provider(String, String),
    #[error("mail.smtp.host is missing (or name a mail.smtp.provider)")]
    Host,
    #[error("mail.smtp.host = \"{0}\" is not a host name; set the port in mail.smtp.port")]
    HostName(String),
    #[error("mail.smtp.hello = \"{0}\" is neither a host name nor an address literal such as [192.0.2.1]")]
    Hello(String),
    #[error("mail.smtp.provider = \"{0}\" requires a login: set mail.smtp.username and password (or password_file)")]
    Login(String),
    #[error("mail.smtp.port must be between 1 and 65535")]
    Port,
    #[error("mail.smtp.username is set but mail.smtp.password (or password_file) is not")]
    Password,
    #[error("mail.smtp.password is set but mail.smtp.username is not")]
    Username,
    #[error("mail.smtp.username must not hold control characters")]
    Control,
    #[error(
        "mail.smtp.security = \"none\" would send the password unencrypted; use \"starttls\" or \"tls\", or a server \
         on localhost"
    )]
    Readable,
}

impl Settings {
    /// Validates the settings and fills in the preset of the provider.
    ///
    /// # Errors
    /// The first invalid setting.
    pub fn new(asked: SmtpOptions) -> Result<Self, SettingsError> {
        let preset = match asked.provider.trim() {
            "" => None,
            name => Some(preset(name).map_err(|why| SettingsError::Provider(name.to_owned(), why))?),
        };
        let host = host(&asked, preset)?;
        let security = asked.security.or(preset.map(|preset| preset.security)).unwrap_or(Security::StartTls);
        // The port of a preset belongs to its security; with another security the standard port applies.
        let preset_port = preset.filter(|preset| preset.security == security).map(|preset| preset.port);
        let port = asked.port.or(preset_port).unwrap_or(security.port());
        if port == 0 {
            return Err(SettingsError::Port);
        }
        let login = login(&asked, &host)?;
        if preset.is_some() && login.is_none() {
            return Err(SettingsError::Login(asked.provider.trim().to_owned()));
        }
        let hello = Some(asked.hello.trim().to_owned()).filter(|name| !name.is_empty());
        if let Some(name) = hello.as_ref().filter(|name| !hello::is_valid(name)) {
            return Err(SettingsError::Hello(name.clone()));
        }
        if security == Security::None && login.is_some() && !is_loopback(&host) {
            return Err(SettingsError::Readable);
        }
        let (ca_file, timeouts) = (asked.ca_file, Timeouts::default());
        Ok(Settings { host, port, security, hello, login, ca_file, timeouts })
    }
}

fn host(asked: &SmtpOptions, preset: Option<Preset>) -> Result<String, SettingsError> {
    let host = match asked.host.trim() {
        "" => preset.map(|preset| preset.host.to_owned()).ok_or(SettingsError::Host)?,
        written => written.to_owned(),
    };
    let fine = |c: char| c.is_ascii_alphanumeric() || "._-:".contains(c);
    let named = host.chars().all(fine) && (!host.contains(':') || host.parse::<IpAddr>().is_ok());
    if named { Ok(host) } else { Err(SettingsError::HostName(host)) }
}

fn login(asked: &SmtpOptions, host: &str) -> Result<Option<SmtpLogin>, SettingsError> {
    let (username, password) = (asked.username.trim().to_owned(), asked.password.expose());
    match (username.is_empty(), password.is_empty()) {
        (true, true) => return Ok(None),
        (false, true) => return Err(SettingsError::Password),
        (true, false) => return Err(SettingsError::Username),
        (false, false) => {}
    }
    if username.chars().any(char::is_control) {
        return Err(SettingsError::Control);
    }
    Ok(Some(SmtpLogin { username, password: Secret::new(app_password(host, password)) }))
}

/// Removes the spaces of a Google app password: Google shows it in four groups of four characters.
fn app_password(host: &str, password: &str) -> String {
    let compact: String = password.chars().filter(|c| !c.is_whitespace()).collect();
    let is_one = compact.len() == 16 && compact.chars().all(|c| c.is_ascii_alphabetic());
    if is_one && host.eq_ignore_ascii_case("smtp.gmail.com") { compact } else { password.to_owned() }
}

pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> SmtpOptions {
        SmtpOptions {
            host: "smtp.example.com".into(),
            username: "kim".into(),
            password: Secret::new("p".into()),
            ..SmtpOptions::default()
        }
    }

    #[test]
    fn a_provider_fills_host_port_and_security() {
        for (name, host) in [("gmail", "smtp.gmail.com"), ("Naver", "smtp.naver.com"), ("kakao", "smtp.kakao.com")] {
            let settings =
                Settings::new(SmtpOptions { provider: name.into(), host: String::new(), ..asked() }).unwrap();
            assert_eq!((settings.host.as_str(), settings.port, settings.security), (host, 465, Security::Tls));
        }
        let gmail = SmtpOptions { provider: "gmail".into(), host: String::new(), ..asked() };
        let settings = Settings::new(SmtpOptions { security: Some(Security::StartTls), ..gmail }).unwrap();
        assert_eq!(settings.port, 587);
    }

    #[test]
    fn providers_without_passwords_are_explained() {
        let asked = SmtpOptions { provider: "outlook".into(), ..asked() };
        assert!(Settings::new(asked).unwrap_err().to_string().contains("no longer accept passwords"));
    }

    #[test]
    fn googles_app_password_works_with_and_without_its_spaces() {
        for written in ["abcd efgh ijkl mnop", "abcdefghijklmnop"] {
            let gmail = SmtpOptions { provider: "gmail".into(), host: String::new(), ..asked() };
            let settings = Settings::new(SmtpOptions { password: Secret::new(written.into()), ..gmail }).unwrap();
            assert_eq!(settings.login.unwrap().password.expose(), "abcdefghijklmnop");
        }
        let other =
            Settings::new(SmtpOptions { password: Secret::new("abcd efgh ijkl mnop".into()), ..asked() }).unwrap();
        assert_eq!(other.login.unwrap().password.expose(), "abcd efgh ijkl mnop");
    }

    #[test]
    fn a_password_is_sent_without_tls_to_localhost_only() {
        let plain = SmtpOptions { security: Some(Security::None), ..asked() };
        assert_eq!(Settings::new(plain.clone()).unwrap_err(), SettingsError::Readable);
        assert!(Settings::new(SmtpOptions { host: "127.0.0.1".into(), ..plain.clone() }).is_ok());
        let no_login = SmtpOptions { username: String::new(), password: Secret::default(), ..plain };
        assert!(Settings::new(no_login).is_ok());
    }

    #[test]
    fn an_incomplete_login_and_a_host_with_a_port_are_rejected() {
        assert_eq!(
            Settings::new(SmtpOptions { password: Secret::default(), ..asked() }).unwrap_err(),
            SettingsError::Password
        );
        let host = SmtpOptions { host: "smtp.example.com:25".into(), ..asked() };
        assert!(matches!(Settings::new(host).unwrap_err(), SettingsError::HostName(_)));
        assert_eq!(Settings::new(SmtpOptions { host: String::new(), ..asked() }).unwrap_err(), SettingsError::Host);
    }

    #[test]
    fn names_are_checked_before_they_are_used() {
        let named = |hello: &str| Settings::new(SmtpOptions { hello: hello.into(), ..asked() });
        assert_eq!(named(" mail.example.com ").unwrap().hello.as_deref(), Some("mail.example.com"));
        assert_eq!(named("").unwrap().hello, None);
        assert_eq!(named("a b").unwrap_err(), SettingsError::Hello("a b".into()));
        let host = SmtpOptions { host: "mail_relay.example.com".into(), ..asked() };
        assert_eq!(Settings::new(host).unwrap().host, "mail_relay.example.com", "as in container networks");
    }

    #[test]
    fn a_provider_without_a_login_is_refused() {
        let login = SmtpOptions { username: String::new(), password: Secret::default(), ..asked() };
        let error = Settings::new(SmtpOptions { provider: "gmail".into(), host: String::new(), ..login }).unwrap_err();
        assert!(error.to_string().contains("mail.smtp.username"), "{error}");
    }
}
