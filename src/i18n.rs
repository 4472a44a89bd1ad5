//! Languages: which one a reader gets, and the texts themselves (Fluent, embedded from `locales/`).

use std::fmt;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use rust_embed::RustEmbed;

/// A language that is complete: pages, errors and letters.
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

    /// The language's own name, for the switch.
    pub const fn name(self) -> &'static str {
        match self {
            Locale::En => "English",
            Locale::Ko => "한국어",
        }
    }

    /// Reads a tag by its primary language: `ko`, `ko-KR` and `KO_kr` are Korean.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Locale::ALL.into_iter().find(|l| l.tag().eq_ignore_ascii_case(primary.trim()))
    }

    /// The best match of an Accept-Language header (RFC 9110 §12.5.4), by quality, then by order.
    pub fn negotiate(header: &str) -> Option<Self> {
        /// Past this many entries a header is not a reader's wish any more.
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

    /// The text of `key`.
    pub fn text(self, key: &str) -> String {
        self.format(key, None)
    }

    /// The text of `key` with its variables filled in; values are data, never markup or Fluent syntax.
    pub fn text_with(self, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        let mut fluent = FluentArgs::with_capacity(args.len());
        for (name, value) in args {
            match value {
                Arg::Text(text) => fluent.set(*name, *text),
                Arg::Number(number) => fluent.set(*name, *number),
            }
        }
        self.format(key, Some(&fluent))
    }

    fn format(self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let bundle = bundle(self);
        let Some(pattern) = bundle.get_message(key).and_then(|m| m.value()) else {
            return key.to_owned();
        };
        bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned()
    }

    /// Whether `key` has a text in this language.
    pub fn has(self, key: &str) -> bool {
        bundle(self).get_message(key).is_some_and(|m| m.value().is_some())
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// A variable of a text.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a> {
    Text(&'a str),
    /// Chooses plural forms.
    Number(i64),
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Arg::Text(text)
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Arg::Text(text)
    }
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Arg::Number(number)
    }
}

#[derive(RustEmbed)]
#[folder = "locales/"]
struct Files;

type Bundle = FluentBundle<FluentResource>;

fn bundle(locale: Locale) -> &'static Bundle {
    static EN: OnceLock<Bundle> = OnceLock::new();
    static KO: OnceLock<Bundle> = OnceLock::new();
    let cell = match locale {
        Locale::En => &EN,
        Locale::Ko => &KO,
    };
    cell.get_or_init(|| load(locale))
}

/// # Panics
/// On a malformed or doubled text: the files are compiled in, so a test meets it, never a reader.
#[expect(clippy::panic, reason = "embedded files are checked by the tests below")]
fn load(locale: Locale) -> Bundle {
    let language = locale.tag().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![language]);
    bundle.set_use_isolating(false);
    for path in Files::iter().filter(|path| path.starts_with(&format!("{}/", locale.tag()))) {
        let file = Files::get(&path).map(|f| f.data.into_owned()).unwrap_or_default();
        let source = String::from_utf8(file).unwrap_or_default();
        let resource = FluentResource::try_new(source).unwrap_or_else(|(_, e)| panic!("{path}: {e:?}"));
        bundle.add_resource(resource).unwrap_or_else(|e| panic!("{path}: {e:?}"));
    }
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_gets_the_best_language_he_asks_for() {
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

    #[test]
    fn both_languages_hold_the_same_keys() {
        let keys = |locale: Locale| {
            let mut keys: Vec<String> = Files::iter()
                .filter(|path| path.starts_with(locale.tag()))
                .flat_map(|path| {
                    let source = String::from_utf8(Files::get(&path).unwrap().data.into_owned()).unwrap();
                    source
                        .lines()
                        .filter(|l| l.starts_with(|c: char| c.is_ascii_lowercase()))
                        .filter_map(|l| Some(l.split_once(" =")?.0.to_owned()))
                        .collect::<Vec<_>>()
                })
                .collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(Locale::En), keys(Locale::Ko));
    }
}
