//! `[mail]`: which transports there are, in what order, and whom each sends as.

use std::str::FromStr;

use crate::mail::Mailbox;
use crate::outbox;
use crate::outbox::Rate;
use crate::secret::Secret;
use crate::transport::gmail;
use crate::transport::smtp::{self, Asked, Security, SettingsError};

use super::source::Source;
use super::{Problem, gmail as gmail_settings, units};

/// Where mail leaves and from whom.
#[derive(Clone, Debug)]
pub struct Mail {
    /// In order of preference: at least one, none twice.
    pub transports: Vec<Way>,
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    /// `None` when nothing of it is set.
    pub smtp: Option<Outlet<smtp::Settings>>,
    pub gmail: Outlet<gmail::Settings>,
}

impl Mail {
    pub fn uses_capture(&self) -> bool {
        self.transports.contains(&Way::Capture)
    }
}

/// A transport that can be named in `mail.transport`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Capture,
    Smtp,
    Gmail,
}

impl Way {
    /// As in the settings, and as its transport calls itself.
    pub const fn name(self) -> &'static str {
        match self {
            Way::Capture => "capture",
            Way::Smtp => "smtp",
            Way::Gmail => "gmail",
        }
    }
}

/// One transport with what every transport has.
#[derive(Clone, Debug)]
pub struct Outlet<S> {
    pub settings: S,
    /// Its own `from`, or else `mail.from`.
    pub from: Mailbox,
    pub rate: Option<Rate>,
}

pub(super) fn settings(source: &Source) -> Result<Mail, Problem> {
    let from = source.parse("mail.from", Mailbox::from_str)?;
    let transports = transports(source)?;
    Ok(Mail {
        smtp: smtp(source, &from, transports.contains(&Way::Smtp))?,
        transports,
        reply_to: source.parse_set("mail.reply_to", Mailbox::from_str)?,
        gmail: outlet(source, "mail.gmail", &from, gmail_settings::settings(source)?)?,
        from,
    })
}

/// `[outbox]`.
pub(super) fn outbox(source: &Source) -> Result<outbox::Settings, Problem> {
    let keep_days = source.number("outbox.keep_days", 0..=36_500)?;
    Ok(outbox::Settings {
        keep_days: u32::try_from(keep_days).unwrap_or(u32::MAX),
        letter_life: source.parse("outbox.letter_life", units::duration)?,
    })
}

/// Each value is checked; whether they make a server, when it is in use or set up for later.
fn smtp(source: &Source, from: &Mailbox, used: bool) -> Result<Option<Outlet<smtp::Settings>>, Problem> {
    let security = |text: &str| Security::parse(text).ok_or("expected starttls, tls or none");
    let port = source.number("mail.smtp.port", 1..=65_535)?;
    let security = source.parse("mail.smtp.security", security)?;
    let asked = Asked {
        provider: source.text("mail.smtp.provider")?,
        host: source.text("mail.smtp.host")?,
        // A provider's preset gives way only to what somebody wrote.
        port: source.is_written("mail.smtp.port").then(|| u16::try_from(port).unwrap_or(0)),
        security: source.is_written("mail.smtp.security").then_some(security),
        username: source.text("mail.smtp.username")?,
        password: source.parse_secret("mail.smtp.password", password)?.unwrap_or_default(),
        ca_file: source.text_set("mail.smtp.ca_file")?.map(Into::into),
    };
    let common = outlet(source, "mail.smtp", from, ())?;
    if !used && asked.provider.is_empty() && asked.host.is_empty() {
        return Ok(None);
    }
    let settings = smtp::Settings::new(asked).map_err(|e| source.problem(smtp_key(&e), e.to_string()))?;
    Ok(Some(Outlet { settings, from: common.from, rate: common.rate }))
}

#[derive(Debug, thiserror::Error)]
#[error("a password holds no control characters, such as a line's end")]
struct PasswordError;

fn password(text: &str) -> Result<Secret<String>, PasswordError> {
    if text.chars().any(char::is_control) { Err(PasswordError) } else { Ok(Secret::new(text.to_owned())) }
}

fn smtp_key(error: &SettingsError) -> &'static str {
    match error {
        SettingsError::Provider(..) => "mail.smtp.provider",
        SettingsError::Host | SettingsError::HostName(_) => "mail.smtp.host",
        SettingsError::Port => "mail.smtp.port",
        SettingsError::Password => "mail.smtp.password",
        SettingsError::Username | SettingsError::Control => "mail.smtp.username",
        SettingsError::Readable => "mail.smtp.security",
    }
}

fn transports(source: &Source) -> Result<Vec<Way>, Problem> {
    const KEY: &str = "mail.transport";
    let mut ways = Vec::new();
    for word in source.list(KEY)? {
        let way = match word.as_str() {
            "capture" => Way::Capture,
            "smtp" => Way::Smtp,
            "gmail" => Way::Gmail,
            _ => return Err(source.problem(KEY, format!("{word:?} is not one of capture, smtp, gmail"))),
        };
        if ways.contains(&way) {
            return Err(source.problem(KEY, format!("{word:?} stands in the list twice")));
        }
        ways.push(way);
    }
    if ways.is_empty() {
        return Err(source.problem(KEY, "expected capture, smtp, gmail, or a list of them".to_owned()));
    }
    Ok(ways)
}

fn outlet<S>(source: &Source, table: &str, from: &Mailbox, settings: S) -> Result<Outlet<S>, Problem> {
    let own = source.parse_set(&format!("{table}.from"), Mailbox::from_str)?;
    let rate = source.parse_set(&format!("{table}.rate"), units::rate)?;
    let rate = rate.map(|r| Rate { count: r.count, window: r.window });
    Ok(Outlet { settings, from: own.unwrap_or_else(|| from.clone()), rate })
}

#[cfg(test)]
mod tests {
    use figment::Figment;
    use figment::providers::{Format, Toml};

    use super::*;

    fn read(toml: &str) -> Result<Mail, String> {
        let figment = Figment::from(Toml::string(toml).nested());
        Source::new(figment).and_then(|source| settings(&source)).map_err(|e| e.to_string())
    }

    #[test]
    fn transports_stand_in_order_of_preference_each_with_its_own_sender_or_the_common_one() {
        let mail = read(
            "[default.mail]\ntransport = ['gmail', 'smtp']\nfrom = 'A <a@example.com>'\n\
             [default.mail.smtp]\nprovider = 'naver'\n[default.mail.gmail]\nfrom = 'B <b@example.com>'\nrate = '30/1m'",
        )
        .unwrap();
        assert_eq!(mail.transports, [Way::Gmail, Way::Smtp]);
        assert_eq!((mail.from.name.as_str(), mail.gmail.from.name.as_str()), ("A", "B"));
        assert_eq!(mail.gmail.rate.unwrap().count, 30);
        let default = read("").unwrap();
        assert_eq!(default.transports, [Way::Capture]);
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
            let problem = read(&format!("[default.mail]\n{line}")).unwrap_err();
            assert!(problem.contains(expected), "{problem}");
        }
    }
}
