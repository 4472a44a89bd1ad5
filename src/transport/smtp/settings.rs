//! `[mail.smtp]`, checked.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::secret::Secret;

use super::provider::{Preset, preset};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Plain at first, TLS before anything is said; never goes on without.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// None at all.
    None,
}

impl Security {
    /// Reads `starttls`, `tls` or `none`.
    pub fn parse(text: &str) -> Option<Security> {
        match text {
            "starttls" => Some(Security::StartTls),
            "tls" => Some(Security::Tls),
            "none" => Some(Security::None),
            _ => None,
        }
    }

    fn port(self) -> u16 {
        match self {
            Security::StartTls => 587,
            Security::Tls => 465,
            Security::None => 25,
        }
    }
}

/// What the operator wrote; empty and `None` mean not written.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub provider: String,
    pub host: String,
    pub port: Option<u16>,
    pub security: Option<Security>,
    pub username: String,
    pub password: Secret<String>,
    pub ca_file: Option<PathBuf>,
}

/// A server that mail can be handed to.
#[derive(Clone, Debug)]
pub struct Settings {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// `None`: no login.
    pub login: Option<Login>,
    /// Trusted beside the platform's roots; PEM.
    pub ca_file: Option<PathBuf>,
    pub timeouts: Timeouts,
}

#[derive(Clone, Debug)]
pub struct Login {
    pub username: String,
    pub password: Secret<String>,
}

/// How long each stage may take. Shorter than RFC 5321 §4.5.3.2 asks where somebody waits for a letter; the final
/// reply keeps its ten minutes, since giving up there means a duplicate.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    pub connect: Duration,
    /// TLS handshake, greeting, EHLO and login, each.
    pub hello: Duration,
    /// A port that has not greeted by then is asked whether it begins with TLS. Longer than servers let clients wait
    /// on purpose (Postfix's postscreen: 6 s), who take a client that speaks first for a spammer's.
    pub silence: Duration,
    pub command: Duration,
    /// For each 64 KiB of the mail.
    pub block: Duration,
    pub verdict: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(15),
            hello: Duration::from_secs(30),
            silence: Duration::from_secs(7),
            command: Duration::from_secs(60),
            block: Duration::from_secs(60),
            verdict: Duration::from_secs(600),
        }
    }
}

/// Why the settings cannot work; each names its key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    #[error("mail.smtp.provider = \"{0}\": {1}")]
    Provider(String, String),
    #[error("mail.smtp.host is missing (or name a mail.smtp.provider)")]
    Host,
    #[error("mail.smtp.host = \"{0}\" is no host name; the port has a key of its own")]
    HostName(String),
    #[error("mail.smtp.port must be between 1 and 65535")]
    Port,
    #[error("mail.smtp.username is set but mail.smtp.password (or password_file) is not")]
    Password,
    #[error("mail.smtp.password is set but mail.smtp.username is not")]
    Username,
    #[error("mail.smtp.username must not hold control characters")]
    Control,
    #[error(
        "mail.smtp.security = \"none\" would send the password readable by everybody on the way; use \"starttls\" or \
         \"tls\", or a server on this machine"
    )]
    Readable,
}

impl Settings {
    /// # Errors
    /// The first thing that cannot work.
    pub fn new(asked: Asked) -> Result<Self, SettingsError> {
        let preset = match asked.provider.trim() {
            "" => None,
            name => Some(preset(name).map_err(|why| SettingsError::Provider(name.to_owned(), why))?),
        };
        let host = host(&asked, preset)?;
        let security = asked.security.or(preset.map(|preset| preset.security)).unwrap_or(Security::StartTls);
        // A preset's port goes with its security; whoever changes one means that one's port.
        let fitting = preset.filter(|preset| preset.security == security).map(|preset| preset.port);
        let port = asked.port.or(fitting).unwrap_or(security.port());
        if port == 0 {
            return Err(SettingsError::Port);
        }
        let login = login(&asked, &host)?;
        if security == Security::None && login.is_some() && !is_loopback(&host) {
            return Err(SettingsError::Readable);
        }
        Ok(Settings { host, port, security, login, ca_file: asked.ca_file, timeouts: Timeouts::default() })
    }

    /// The server is this machine's own, a catcher or a relay that knows what `localhost` is.
    pub fn is_on_this_machine(&self) -> bool {
        is_loopback(&self.host)
    }
}

fn host(asked: &Asked, preset: Option<Preset>) -> Result<String, SettingsError> {
    let host = match asked.host.trim() {
        "" => preset.map(|preset| preset.host.to_owned()).ok_or(SettingsError::Host)?,
        written => written.to_owned(),
    };
    let fine = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
    let named = host.chars().all(fine) && (!host.contains(':') || host.parse::<IpAddr>().is_ok());
    if named { Ok(host) } else { Err(SettingsError::HostName(host)) }
}

fn login(asked: &Asked, host: &str) -> Result<Option<Login>, SettingsError> {
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
    Ok(Some(Login { username, password: Secret::new(app_password(host, password)) }))
}

/// Google shows app passwords in four groups of four letters; the spaces are not part of them.
fn app_password(host: &str, password: &str) -> String {
    let letters: String = password.chars().filter(|c| !c.is_whitespace()).collect();
    let is_one = letters.len() == 16 && letters.chars().all(|c| c.is_ascii_alphabetic());
    if is_one && host.eq_ignore_ascii_case("smtp.gmail.com") { letters } else { password.to_owned() }
}

pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Asked {
        Asked {
            host: "smtp.example.com".into(),
            username: "kim".into(),
            password: Secret::new("p".into()),
            ..Asked::default()
        }
    }

    #[test]
    fn a_provider_fills_host_port_and_security() {
        for (name, host) in [("gmail", "smtp.gmail.com"), ("Naver", "smtp.naver.com"), ("kakao", "smtp.kakao.com")] {
            let settings = Settings::new(Asked { provider: name.into(), host: String::new(), ..asked() }).unwrap();
            assert_eq!((settings.host.as_str(), settings.port, settings.security), (host, 465, Security::Tls));
        }
        let gmail = Asked { provider: "gmail".into(), host: String::new(), ..asked() };
        let settings = Settings::new(Asked { security: Some(Security::StartTls), ..gmail }).unwrap();
        assert_eq!(settings.port, 587);
    }

    #[test]
    fn providers_without_passwords_are_explained() {
        let asked = Asked { provider: "outlook".into(), ..asked() };
        assert!(Settings::new(asked).unwrap_err().to_string().contains("no longer take passwords"));
    }

    #[test]
    fn googles_app_password_works_with_and_without_its_spaces() {
        for written in ["abcd efgh ijkl mnop", "abcdefghijklmnop"] {
            let gmail = Asked { provider: "gmail".into(), host: String::new(), ..asked() };
            let settings = Settings::new(Asked { password: Secret::new(written.into()), ..gmail }).unwrap();
            assert_eq!(settings.login.unwrap().password.expose(), "abcdefghijklmnop");
        }
        let other = Settings::new(Asked { password: Secret::new("abcd efgh ijkl mnop".into()), ..asked() }).unwrap();
        assert_eq!(other.login.unwrap().password.expose(), "abcd efgh ijkl mnop");
    }

    #[test]
    fn a_password_never_travels_readable_beyond_this_machine() {
        let plain = Asked { security: Some(Security::None), ..asked() };
        assert_eq!(Settings::new(plain.clone()).unwrap_err(), SettingsError::Readable);
        assert!(Settings::new(Asked { host: "127.0.0.1".into(), ..plain.clone() }).is_ok());
        let no_login = Asked { username: String::new(), password: Secret::default(), ..plain };
        assert!(Settings::new(no_login).is_ok());
    }

    #[test]
    fn half_a_login_and_a_host_with_a_port_are_named() {
        assert_eq!(
            Settings::new(Asked { password: Secret::default(), ..asked() }).unwrap_err(),
            SettingsError::Password
        );
        let host = Asked { host: "smtp.example.com:25".into(), ..asked() };
        assert!(matches!(Settings::new(host).unwrap_err(), SettingsError::HostName(_)));
        assert_eq!(Settings::new(Asked { host: String::new(), ..asked() }).unwrap_err(), SettingsError::Host);
    }
}
