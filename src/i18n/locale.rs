//! The supported languages, and the choice of one by Accept-Language.

use std::fmt;

/// A language with complete texts: pages, errors and emails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Locale {
    En,
    Ko,
}

impl Locale {
    pub const ALL: [Locale; 2] = [Locale::En, Locale::Ko];

    /// The BCP 47 tag, as in `lang` and `Content-Language`.
    pub const fn tag(self) -> &'static str {
        match self {
            Locale::En => "en",
            Locale::Ko => "ko",
        }
    }

    /// The name of the language in the language itself, for the language switch.
    pub const fn name(self) -> &'static str {
        match self {
            Locale::En => "English",
            Locale::Ko => "한국어",
        }
    }

    /// The locale for the primary language of a tag: `ko`, `ko-KR` and `KO_kr` are Korean.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Locale::ALL.into_iter().find(|l| l.tag().eq_ignore_ascii_case(primary.trim()))
    }

    /// The best match for an Accept-Language header (RFC 9110 §12.5.4): the highest quality, then the first.
    pub fn negotiate(header: &str) -> Option<Self> {
        /// Entries past this many are ignored.
        const MAX_ENTRIES: usize = 32;
        let mut best: Option<(f32, Locale)> = None;
        for entry in header.split(',').take(MAX_ENTRIES) {
            let (tag, quality) = match entry.split_once(';') {
                Some((tag, q)) => (tag, q.trim().strip_prefix("q=").and_then(|q| q.trim().parse().ok()).unwrap_or(0.0)),
                None => (entry, 1.0),
            };
            let Some(locale) = Locale::from_tag(tag) else { continue };
            if quality > 0.0 && quality <= 1.0 && best.is_none_or(|(q, _)| quality > q) {
                best = Some((quality, locale));
            }
        }
        best.map(|(_, locale)| locale)
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_supported_language_is_chosen() {
        for (header, expected) in [
            ("ko", Some(Locale::Ko)),
            ("ko-KR,en;q=0.5", Some(Locale::Ko)),
            ("fr, en;q=0.3, ko;q=0.7", Some(Locale::Ko)),
            ("en-GB,ko", Some(Locale::En)),
            ("ko;q=0,en;q=0.1", Some(Locale::En)),
            ("fr", None),
            ("", None),
            (";;;=,\u{0},q=1", None),
        ] {
            assert_eq!(Locale::negotiate(header), expected, "{header}");
        }
    }
}
