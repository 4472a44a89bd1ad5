//! What every letter is written on: the reader's language, the site's name and address.

use std::time::Duration;

use crate::clock::Time;
use crate::i18n::{Arg, Locale};

/// The paper of a letter.
#[derive(Clone, Debug)]
pub struct Paper {
    pub locale: Locale,
    pub site_name: String,
    /// Scheme and host, without a slash at the end; never from a request.
    pub public_url: String,
}

impl Paper {
    /// The text of `key`; `$site` is always at hand.
    pub(super) fn t(&self, key: &str) -> String {
        self.locale.text_with(key, &[("site", (&self.site_name).into())])
    }

    /// The text of `key` with one variable besides `$site`.
    pub(super) fn with<'a>(&self, key: &str, name: &str, value: impl Into<Arg<'a>>) -> String {
        self.locale.text_with(key, &[("site", (&self.site_name).into()), (name, value.into())])
    }

    /// A duration in words: what is to come counts from the reader's own clock.
    pub(super) fn span(&self, span: &Duration) -> String {
        self.locale.span(*span)
    }

    /// When something happened, to the minute. In UTC and saying so: the reader's time zone is not known.
    pub(super) fn at(&self, at: &Time) -> String {
        let at = at.timestamp().strftime("%Y-%m-%d %H:%M").to_string();
        self.locale.text_with("email-at", &[("at", (&at).into())])
    }

    pub(super) fn login(&self) -> String {
        format!("{}/login", self.public_url)
    }

    pub(super) fn forgot(&self) -> String {
        format!("{}/password/forgot", self.public_url)
    }

    pub(super) fn change_password(&self) -> String {
        format!("{}/account/password", self.public_url)
    }
}
