//! The layout of every page: language, site name, signed-in user, flash and URLs of static files. `templates/base.html`
//! uses [`Layout`]. It knows no request; handlers fill it in.

use std::time::Duration;

use crate::i18n::{Arg, Locale};

use super::page_link::{in_language, path_without, with_next};
use super::static_files;

/// Every flash code; the text of `x` is `flash-x` in the locales.
pub const FLASHES: [&str; 15] = [
    "verified",
    "resent",
    "resent-already",
    "logged-out",
    "name-saved",
    "email-requested",
    "email-changed",
    "email-again",
    "email-cancelled",
    "password-changed",
    "password-reset",
    "session-ended",
    "sessions-ended",
    "account-deleted",
    "already-signed-in",
];

/// The layout around every page.
#[derive(Clone, Debug)]
pub struct Layout {
    pub locale: Locale,
    pub site_name: String,
    /// Path and query of a GET that shows this page again, for the language switch.
    pub path: String,
    /// The email address of the signed-in user.
    pub signed_in: Option<String>,
    /// The id of the signed-in user, which forms of the account pages carry.
    pub user_id: Option<String>,
    /// Why the form on the page was not carried out, whatever its fields hold.
    pub refusal: Option<String>,
    /// One of [`FLASHES`].
    pub flash: Option<&'static str>,
    /// The prefix of `/static/`: empty, or scheme and host.
    pub static_base: String,
    /// URL of the operator's logo, which replaces the mark of Gatepost.
    pub logo: Option<String>,
    /// URL of the operator's colours.
    pub theme: Option<String>,
    /// True if the sign-up link is shown.
    pub signups_open: bool,
    /// True if the link to the developer's inbox is shown.
    pub inbox: bool,
    /// True if the emails go to that inbox.
    pub captures: bool,
}

impl Layout {
    /// The text of `key`, with `$site`.
    pub fn t(&self, key: &str) -> String {
        self.locale.text_with(key, &[("site", (&self.site_name).into())])
    }

    /// The text of `key`, with `$site` and one more variable.
    pub fn with<'a>(&self, key: &str, name: &str, value: impl Into<Arg<'a>>) -> String {
        self.locale.text_with(key, &[("site", (&self.site_name).into()), (name, value.into())])
    }

    /// The text of the flash.
    pub fn flash_text(&self) -> Option<String> {
        self.flash.map(|code| match (code, &self.signed_in) {
            // The account of the link is not the one that is signed in.
            ("verified" | "password-reset", Some(email)) => {
                self.with(&format!("flash-{code}-signed-in"), "email", email)
            }
            _ => self.t(&format!("flash-{code}")),
        })
    }

    /// A duration in the reader's language.
    pub fn humanized_duration(&self, span: &Duration) -> String {
        self.locale.span(*span)
    }

    /// The pieces of an address, each with the at sign or dot that ends it.
    pub fn address_pieces(&self, address: impl std::fmt::Display) -> Vec<String> {
        address.to_string().split_inclusive(['@', '.']).map(str::to_owned).collect()
    }

    /// A waiting time in the reader's language, rounded up.
    pub fn wait(&self, span: &Duration) -> String {
        self.locale.wait(*span)
    }

    /// For example "3 minutes ago".
    pub fn ago(&self, span: &Duration) -> String {
        self.locale.ago(*span)
    }

    /// The path with the visitor's destination as `next`.
    pub fn with_next(&self, path: &str, next: &Option<String>) -> String {
        with_next(path, next.as_deref())
    }

    /// The path of this page, or of the page with the form that was sent.
    pub fn this_page(&self) -> String {
        format!("/{}", self.path.trim_start_matches(['/', '\\']))
    }

    /// The URL of an embedded file. It changes with the file's content, so that browsers may cache it forever.
    pub fn asset(&self, name: &str) -> String {
        format!("{}{}", self.static_base, static_files::href(name))
    }

    /// Every language with the URL of this page in it.
    pub fn languages(&self) -> Vec<Language> {
        Locale::ALL
            .into_iter()
            .map(|locale| Language { locale, href: self.same_page_in(locale), current: locale == self.locale })
            .collect()
    }

    /// This page in another language. Of the requested URL only the path is used: two slashes, or a slash and a
    /// backslash, would name another host.
    fn same_page_in(&self, locale: Locale) -> String {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let path = format!("/{}", path.trim_start_matches(['/', '\\']));
        in_language(&path_without(&path, Some(query), &["lang"]), locale)
    }
}

/// An entry of the language switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language {
    pub locale: Locale,
    pub href: String,
    pub current: bool,
}

#[cfg(test)]
impl Layout {
    /// A layout for tests, without a signed-in user.
    pub fn sample(locale: Locale) -> Self {
        Layout {
            locale,
            site_name: "Gatepost".into(),
            path: "/".into(),
            signed_in: None,
            user_id: None,
            refusal: None,
            flash: None,
            static_base: String::new(),
            logo: None,
            theme: None,
            signups_open: true,
            inbox: false,
            captures: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_switch_keeps_the_page_and_its_other_parameters() {
        let mut layout = Layout::sample(Locale::En);
        for (path, href) in [
            ("/", "/?lang=ko"),
            ("/login?next=%2Faccount", "/login?next=%2Faccount&lang=ko"),
            ("/login?lang=en&next=%2Fa&lang=ko", "/login?next=%2Fa&lang=ko"),
            ("//evil.example/x", "/evil.example/x?lang=ko"),
            ("/\\evil.example", "/evil.example?lang=ko"),
            ("javascript:alert(1)", "/javascript:alert(1)?lang=ko"),
        ] {
            layout.path = path.into();
            assert_eq!(layout.same_page_in(Locale::Ko), href);
        }
    }

    #[test]
    fn using_a_link_while_signed_in_with_another_account_shows_a_different_flash() {
        for (code, usual) in [("verified", "log in now"), ("password-reset", "log in with it")] {
            let layout = Layout { flash: Some(code), ..Layout::sample(Locale::En) };
            assert!(layout.flash_text().unwrap().contains(usual));
            let layout = Layout { signed_in: Some("other@example.com".into()), ..layout };
            let text = layout.flash_text().unwrap();
            assert!(text.contains("other@example.com") && !text.contains(usual), "{text}");
        }
    }

    #[test]
    fn every_flash_has_a_text() {
        for locale in Locale::ALL {
            for code in FLASHES {
                assert!(locale.has(&format!("flash-{code}")), "{code}");
            }
        }
    }
}
