//! What every email template uses: the reader's language, the site's name and its URL.

use std::sync::Arc;
use std::time::Duration;

use crate::accounts::site::Site;
use crate::clock::Time;
use crate::i18n::{Arg, Locale};
use crate::site_folder::{EmailVariables, SiteContent};

/// The context of an email template.
#[derive(Clone, Debug)]
pub struct EmailContext {
    pub locale: Locale,
    pub site_name: String,
    /// Scheme and host without a trailing slash; never from a request.
    pub public_url: String,
    /// The operator's templates and colours.
    pub content: Arc<SiteContent>,
}

impl EmailContext {
    pub fn new(site: &Site, locale: Locale) -> Self {
        let (site_name, public_url) = (site.name.clone(), site.public_url.to_string());
        EmailContext { locale, site_name, public_url, content: site.folder.current() }
    }

    /// The variables of every email.
    pub fn variables(&self) -> EmailVariables {
        let logo = self.content.logo().map(|logo| format!("{}/static/logo.svg?v={}", self.public_url, logo.version));
        EmailVariables::from([
            ("site_name", self.site_name.clone()),
            ("public_url", self.public_url.clone()),
            ("locale", self.locale.tag().to_owned()),
            ("login_url", self.login()),
            ("forgot_password_url", self.forgot()),
            ("change_password_url", self.change_password()),
            ("logo_url", logo.unwrap_or_default()),
        ])
    }

    /// The colour of a token of `static/app.css` in the light scheme: the operator's, else the built-in one.
    pub(super) fn colour(&self, token: &'static str) -> String {
        let built_in = match token {
            "ground" => "#f1f4f2",
            "surface" | "on-accent" => "#ffffff",
            "line" => "#dfe5e2",
            "ink" => "#1c2421",
            "quiet" => "#55605b",
            // accent, link
            _ => "#1f5f4a",
        };
        self.content.colour(token).unwrap_or(built_in).to_owned()
    }

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

    /// The time of an event, to the minute, such as `2026-11-21 03:34 UTC`.
    pub(super) fn time(&self, at: &Time) -> String {
        at.timestamp().strftime("%Y-%m-%d %H:%M UTC").to_string()
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
