//! What every email template uses: the reader's language, the site's name and its URL.

use std::time::Duration;

use crate::clock::Time;
use crate::i18n::{Arg, Locale};

/// The context of an email template.
#[derive(Clone, Debug)]
pub struct EmailContext {
    pub locale: Locale,
    pub site_name: String,
    /// Scheme and host without a trailing slash; never from a request.
    pub public_url: String,
}

impl EmailContext {
    /// The text of `key`, with `$site`.
    pub(super) fn t(&self, key: &str) -> String {
        self.locale.text_with(key, &[("site", (&self.site_name).into())])
    }

    /// The text of `key`, with `$site` and one more variable.
    pub(super) fn with<'a>(&self, key: &str, name: &str, value: impl Into<Arg<'a>>) -> String {
        self.locale.text_with(key, &[("site", (&self.site_name).into()), (name, value.into())])
    }

    /// A duration in the reader's language.
    pub(super) fn span(&self, span: &Duration) -> String {
        self.locale.span(*span)
    }

    /// The time of an event, to the minute. It names UTC, since the reader's time zone is unknown.
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
