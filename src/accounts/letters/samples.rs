//! Every email with sample data: for the email previews and for the tests.

use std::time::Duration;

use crate::clock::Time;
use crate::i18n::Locale;
use crate::mail::Address;

use super::letter::{
    AlreadyRegistered, AlreadyVerified, ChangeEmail, EmailChangeRequested, EmailChanged, Invite, Letter,
    PasswordChanged, Reset, Test, Verify, Welcome,
};
use super::paper::EmailContext;

/// As long as a real token, so that the previews look like real emails; not valid.
const TOKEN: &str = "sample-0000000000000000000000000000000000000000000000000000000";

/// 2026-11-21 03:34 UTC.
const AT: Time = Time::from_millis(1_795_232_040_000);

impl Letter {
    /// One email of each kind. The links are not valid.
    pub fn samples(paper: &EmailContext) -> Vec<Letter> {
        let link = |path: &str| format!("{}/{path}/{TOKEN}", paper.public_url);
        let day = Duration::from_secs(86_400);
        let name = match paper.locale {
            Locale::En => "Robin",
            Locale::Ko => "김하늘",
        };
        let mut letters = vec![
            Letter::Verify(Verify { link: link("verify"), life: day }),
            Letter::Welcome(Welcome { name: name.to_owned() }),
            Letter::AlreadyRegistered(AlreadyRegistered { at: AT }),
            Letter::AlreadyVerified(AlreadyVerified { at: AT }),
            Letter::Reset(Reset { link: link("password/reset"), life: Duration::from_secs(1_800) }),
            Letter::Invite(Invite { link: link("password/reset"), life: day }),
            Letter::PasswordChanged(PasswordChanged { at: AT }),
            Letter::ChangeEmail(ChangeEmail { link: link("account/email"), life: day }),
        ];
        if let Ok(new) = Address::parse("new.address@example.com") {
            letters.push(Letter::EmailChangeRequested(EmailChangeRequested { new: new.clone(), at: AT }));
            letters.push(Letter::EmailChanged(EmailChanged { new, at: AT }));
        }
        letters.push(Letter::Test(Test { transport: "capture".to_owned() }));
        letters
    }
}
