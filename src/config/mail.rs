//! `[mail]`: which transports there are, in what order, and whom each sends as.

use std::str::FromStr;

use crate::mail::Mailbox;
use crate::outbox::Rate;
use crate::transport::gmail;

use super::source::Source;
use super::{Problem, gmail as gmail_settings, units};

/// Where mail leaves and from whom.
#[derive(Clone, Debug)]
pub struct Mail {
    /// In order of preference: at least one, none twice.
    pub transports: Vec<Way>,
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    pub gmail: Outlet<gmail::Settings>,
}

/// A transport that can be named in `mail.transport`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Capture,
    Smtp,
    Gmail,
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
    Ok(Mail {
        transports: transports(source)?,
        reply_to: source.parse_set("mail.reply_to", Mailbox::from_str)?,
        gmail: outlet(source, "mail.gmail", &from, gmail_settings::settings(source)?)?,
        from,
    })
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
             [default.mail.gmail]\nfrom = 'B <b@example.com>'\nrate = '30/1m'",
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
