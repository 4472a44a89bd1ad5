//! What every page needs besides its own matter: language, site name, who is signed in, the flash, addresses of
//! static files. `templates/base.html` is written against [`Frame`]. Knows no request: handlers fill it in.

use std::time::Duration;

use crate::i18n::{Arg, Locale};

use super::static_files;

/// Every code a flash may carry; the text of `x` is `flash-x` in the locales.
pub const FLASHES: [&str; 13] = [
    "verified",
    "resent",
    "resent-already",
    "logged-out",
    "name-saved",
    "email-requested",
    "email-changed",
    "password-changed",
    "password-reset",
    "session-ended",
    "sessions-ended",
    "account-deleted",
    "already-signed-in",
];

/// The frame around every page.
#[derive(Clone, Debug)]
pub struct Frame {
    pub locale: Locale,
    pub site_name: String,
    /// Path and query of a GET that shows this page again; the language switch links there.
    pub path: String,
    /// The e-mail address of who is signed in.
    pub signed_in: Option<String>,
    /// One of [`FLASHES`].
    pub flash: Option<&'static str>,
    /// What comes before `/static/`: empty, or a scheme and host.
    pub static_base: String,
    /// Whether the sign-up link is shown.
    pub signups_open: bool,
    /// Whether the link to the developer's inbox is shown.
    pub inbox: bool,
}

impl Frame {
    /// The text of `key`; `$site` is always at hand.
    pub fn t(&self, key: &str) -> String {
        self.locale.text_with(key, &[("site", (&self.site_name).into())])
    }

    /// The text of `key` with one variable besides `$site`.
    pub fn with<'a>(&self, key: &str, name: &str, value: impl Into<Arg<'a>>) -> String {
        self.locale.text_with(key, &[("site", (&self.site_name).into()), (name, value.into())])
    }

    /// The text of the flash.
    pub fn flash_text(&self) -> Option<String> {
        self.flash.map(|code| match (code, &self.signed_in) {
            // The account that was just made is not the one whose pages these are.
            ("verified", Some(email)) => self.with("flash-verified-signed-in", "email", email),
            _ => self.t(&format!("flash-{code}")),
        })
    }

    /// A length of time in words.
    pub fn span(&self, span: &Duration) -> String {
        self.locale.span(*span)
    }

    /// A wait in words, never too short.
    pub fn wait(&self, span: &Duration) -> String {
        self.locale.wait(*span)
    }

    /// "3 minutes ago".
    pub fn ago(&self, span: &Duration) -> String {
        self.locale.ago(*span)
    }

    /// A page that takes the visitor's aim along.
    pub fn onward(&self, path: &str, next: &Option<String>) -> String {
        match next {
            Some(next) => {
                let next = percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC);
                format!("{path}?next={next}")
            }
            None => path.to_owned(),
        }
    }

    /// The address of an embedded file; it changes with the file's content, so that browsers may keep it for ever.
    pub fn asset(&self, name: &str) -> String {
        format!("{}{}", self.static_base, static_files::href(name))
    }

    /// Every language with the address of this page in it.
    pub fn languages(&self) -> Vec<Language> {
        Locale::ALL
            .into_iter()
            .map(|locale| Language { locale, href: self.here_in(locale), current: locale == self.locale })
            .collect()
    }

    /// This page in another language. Only the path is kept of what may have been typed into an address bar: two
    /// slashes, or a slash and a backslash, would name another host.
    fn here_in(&self, locale: Locale) -> String {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let path = path.trim_start_matches(['/', '\\']);
        let kept = query.split('&').filter(|pair| !pair.is_empty() && pair.split('=').next() != Some("lang"));
        let mut href = format!("/{path}?");
        for pair in kept {
            href.push_str(pair);
            href.push('&');
        }
        href.push_str("lang=");
        href.push_str(locale.tag());
        href
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
impl Frame {
    /// A signed-out frame for tests.
    pub fn sample(locale: Locale) -> Self {
        Frame {
            locale,
            site_name: "Gatepost".into(),
            path: "/".into(),
            signed_in: None,
            flash: None,
            static_base: String::new(),
            signups_open: true,
            inbox: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_switch_keeps_the_page_and_its_other_parameters() {
        let mut frame = Frame::sample(Locale::En);
        for (path, href) in [
            ("/", "/?lang=ko"),
            ("/login?next=%2Faccount", "/login?next=%2Faccount&lang=ko"),
            ("/login?lang=en&next=%2Fa&lang=ko", "/login?next=%2Fa&lang=ko"),
            ("//evil.example/x", "/evil.example/x?lang=ko"),
            ("/\\evil.example", "/evil.example?lang=ko"),
            ("javascript:alert(1)", "/javascript:alert(1)?lang=ko"),
        ] {
            frame.path = path.into();
            assert_eq!(frame.here_in(Locale::Ko), href);
        }
    }

    #[test]
    fn whoever_confirms_an_address_while_signed_in_with_another_is_told_so() {
        let frame = Frame { flash: Some("verified"), ..Frame::sample(Locale::En) };
        assert!(frame.flash_text().unwrap().contains("You can log in now"));
        let frame = Frame { signed_in: Some("other@example.com".into()), ..frame };
        let text = frame.flash_text().unwrap();
        assert!(text.contains("other@example.com") && !text.contains("log in now"), "{text}");
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
