//! Declares and reads `[mail]`, `[mail.smtp]` and `[outbox]`: the transports, their order and their senders.

use std::str::FromStr;

use crate::clock::RateLimit;
use crate::mail::Mailbox;
use crate::outbox;
use crate::secret::Secret;
use crate::transport::gmail;
use crate::transport::smtp::{self, Security, SettingsError, SmtpOptions};

use super::error::ConfigError;
use super::gmail::{self as gmail_settings, GMAIL};
use super::keys::keys;
use super::reader::SettingsReader;
use super::units;

keys! {
    MAIL: MailKeys = "mail" {
        /// `capture`, `smtp`, `gmail`, or a list in order of preference
        transport = "capture";
        /// sender of every email
        from = "Gatepost <no-reply@localhost>";
        /// address for replies
        reply_to = "";
    }

    SMTP: SmtpKeys = "mail.smtp" {
        /// preset for `host`, `port` and `security`: `gmail`, `naver`, `daum`, `kakao`, `nate`, `yahoo`, `icloud`,
        /// `fastmail`, `zoho`, `gmx`, `yandex`, `mailgun`, `sendgrid` or `brevo`
        provider = "";
        /// name or IP address of the server
        host = "";
        /// port of the server
        port = 587;
        /// `starttls` (usual at port 587), `tls` (usual at port 465) or `none`; `none` with a password is refused
        /// unless the host is loopback
        security = "starttls";
        /// name in EHLO; unset: this machine's full name if it has one, else its address
        hello = "";
        /// login name
        username = "";
        /// password; Gmail's app password works with and without its spaces
        password: secret = "";
        /// sender for this transport instead of `mail.from`
        from = "";
        /// PEM file with a trust root beside those of the system, or with the server's own self-signed certificate
        ca_file = "";
        /// rate limit such as `60/1m`: a quarter may leave at once, the others are spread evenly
        rate = "";
    }

    OUTBOX: OutboxKeys = "outbox" {
        /// days that finished messages stay listed; a body is deleted after delivery; deleting an account deletes its
        /// messages
        keep_days = 30;
        /// duration after which an undelivered message is given up; an email with a link is given up when its link is
        /// no longer needed
        message_ttl = "2d";
    }
}

/// The transports and senders of outgoing mail.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// In order of preference; not empty, without duplicates.
    pub transports: Vec<TransportKind>,
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    /// `None` if SMTP is neither used nor configured.
    pub smtp: Option<TransportSettings<smtp::Settings>>,
    pub gmail: TransportSettings<gmail::Settings>,
}

impl MailConfig {
    pub fn uses_capture(&self) -> bool {
        self.transports.contains(&TransportKind::Capture)
    }
}

/// A transport that can be named in `mail.transport`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportKind {
    Capture,
    Smtp,
    Gmail,
}

impl TransportKind {
    /// The name in the settings, which is also the transport's own name.
    pub const fn name(self) -> &'static str {
        match self {
            TransportKind::Capture => "capture",
            TransportKind::Smtp => "smtp",
            TransportKind::Gmail => "gmail",
        }
    }
}

/// The settings of one transport, and those that every transport has.
#[derive(Clone, Debug)]
pub struct TransportSettings<S> {
    pub settings: S,
    /// The transport's `from`, or `mail.from` without one.
    pub from: Mailbox,
    pub rate: Option<RateLimit>,
}

pub(super) fn settings(source: &SettingsReader) -> Result<MailConfig, ConfigError> {
    let from = source.parse(MAIL.from, Mailbox::from_str)?;
    let transports = transports(source)?;
    Ok(MailConfig {
        smtp: smtp(source, &from, transports.contains(&TransportKind::Smtp))?,
        transports,
        reply_to: source.parse_optional(MAIL.reply_to, Mailbox::from_str)?,
        gmail: outlet(source, (GMAIL.from, GMAIL.rate), &from, gmail_settings::settings(source)?)?,
        from,
    })
}

/// Reads `[outbox]`.
pub(super) fn outbox(source: &SettingsReader) -> Result<outbox::Settings, ConfigError> {
    let keep_days = source.number(OUTBOX.keep_days, 0..=36_500)?;
    Ok(outbox::Settings {
        keep_days: u32::try_from(keep_days).unwrap_or(u32::MAX),
        message_ttl: source.parse(OUTBOX.message_ttl, units::duration)?,
    })
}

/// Always checks each value. Checks that they are complete only if SMTP is used or a provider or host is set.
fn smtp(
    source: &SettingsReader,
    from: &Mailbox,
    used: bool,
) -> Result<Option<TransportSettings<smtp::Settings>>, ConfigError> {
    let security = |text: &str| Security::parse(text).ok_or("expected starttls, tls or none");
    let port = source.number(SMTP.port, 1..=65_535)?;
    let security = source.parse(SMTP.security, security)?;
    let options = SmtpOptions {
        provider: source.text(SMTP.provider)?,
        host: source.text(SMTP.host)?,
        // Only values that are set explicitly override a provider's preset.
        port: source.is_written(SMTP.port).then(|| u16::try_from(port).unwrap_or(0)),
        security: source.is_written(SMTP.security).then_some(security),
        hello: source.text(SMTP.hello)?,
        username: source.text(SMTP.username)?,
        password: source.parse_secret(SMTP.password, password)?.unwrap_or_default(),
        ca_file: source.optional_path(SMTP.ca_file)?,
    };
    let common = outlet(source, (SMTP.from, SMTP.rate), from, ())?;
    if !used && options.provider.is_empty() && options.host.is_empty() {
        return Ok(None);
    }
    let settings = smtp::Settings::new(options).map_err(|e| source.error(smtp_key(&e), e.to_string()))?;
    Ok(Some(TransportSettings { settings, from: common.from, rate: common.rate }))
}

#[derive(Debug, thiserror::Error)]
#[error("a password must not contain control characters such as a line end")]
struct AppPasswordError;

fn password(text: &str) -> Result<Secret<String>, AppPasswordError> {
    if text.chars().any(char::is_control) { Err(AppPasswordError) } else { Ok(Secret::new(text.to_owned())) }
}

fn smtp_key(error: &SettingsError) -> &'static str {
    match error {
        SettingsError::Provider(..) => SMTP.provider,
        SettingsError::Host | SettingsError::HostName(_) => SMTP.host,
        SettingsError::Port => SMTP.port,
        SettingsError::Password => SMTP.password,
        SettingsError::Hello(_) => SMTP.hello,
        SettingsError::Username | SettingsError::Login(_) | SettingsError::Control => SMTP.username,
        SettingsError::Readable => SMTP.security,
    }
}

fn transports(source: &SettingsReader) -> Result<Vec<TransportKind>, ConfigError> {
    const KEY: &str = MAIL.transport;
    let mut transports = Vec::new();
    for word in source.list(KEY)? {
        let transport = match word.as_str() {
            "capture" => TransportKind::Capture,
            "smtp" => TransportKind::Smtp,
            "gmail" => TransportKind::Gmail,
            _ => return Err(source.error(KEY, format!("{word:?} is not one of capture, smtp, gmail"))),
        };
        if transports.contains(&transport) {
            return Err(source.error(KEY, format!("{word:?} is in the list twice")));
        }
        transports.push(transport);
    }
    if transports.is_empty() {
        return Err(source.error(KEY, "expected capture, smtp, gmail, or a list of them".to_owned()));
    }
    Ok(transports)
}

/// Reads the settings that every transport has; the keys are its `from` and its `rate`.
fn outlet<S>(
    source: &SettingsReader,
    (from_key, rate_key): (&str, &str),
    from: &Mailbox,
    settings: S,
) -> Result<TransportSettings<S>, ConfigError> {
    let own = source.parse_optional(from_key, Mailbox::from_str)?;
    let rate = source.parse_optional(rate_key, units::rate)?;
    Ok(TransportSettings { settings, from: own.unwrap_or_else(|| from.clone()), rate })
}

#[cfg(test)]
mod tests {
    use figment::Figment;
    use figment::providers::{Format, Toml};

    use super::*;

    fn read(toml: &str) -> Result<MailConfig, String> {
        let figment = Figment::from(Toml::string(toml).nested());
        crate::config::checked_reader(figment).and_then(|source| settings(&source)).map_err(|e| e.to_string())
    }

    #[test]
    fn transports_keep_their_order_and_have_their_own_sender_or_the_common_one() {
        let mail = read(
            "[default.mail]\ntransport = ['gmail', 'smtp']\nfrom = 'A <a@example.com>'\n\
             [default.mail.smtp]\nprovider = 'naver'\nusername = 'a'\npassword = 'p'\n[default.mail.gmail]\nfrom = 'B <b@example.com>'\nrate = '30/1m'",
        )
        .unwrap();
        assert_eq!(mail.transports, [TransportKind::Gmail, TransportKind::Smtp]);
        assert_eq!((mail.from.name.as_str(), mail.gmail.from.name.as_str()), ("A", "B"));
        assert_eq!(mail.gmail.rate.unwrap().count, 30);
        let default = read("").unwrap();
        assert_eq!(default.transports, [TransportKind::Capture]);
        assert_eq!(default.gmail.from, default.from);
    }

    #[test]
    fn a_bad_list_or_sender_names_its_key() {
        for (line, expected) in [
            ("transport = 'sendgrid'", "capture, smtp, gmail"),
            ("transport = ['smtp', 'smtp']", "twice"),
            ("transport = []", "mail.transport"),
            ("from = 'nobody'", "mail.from"),
            ("gmail.rate = 'fast'", "mail.gmail.rate"),
            ("gmail.from = 'x'", "mail.gmail.from"),
        ] {
            let error = read(&format!("[default.mail]\n{line}")).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
