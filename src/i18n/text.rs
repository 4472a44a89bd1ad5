//! The texts, by key and language. The values of their variables are data, never markup or Fluent syntax.

use std::borrow::Cow;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use rust_embed::RustEmbed;

use super::{Locale, replacement};

impl Locale {
    /// The text of `key`, or `key` itself if it has none.
    pub fn text(self, key: &str) -> String {
        self.format(key, FluentArgs::new())
    }

    /// The text of `key` with its variables filled in. The values are data, never markup or Fluent syntax.
    pub fn text_with(self, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        let mut fluent = FluentArgs::with_capacity(args.len());
        for (name, value) in args {
            match value {
                Arg::Text(text) => fluent.set(*name, text.as_ref()),
                Arg::Number(number) => fluent.set(*name, *number),
            }
        }
        self.format(key, fluent)
    }

    fn format(self, key: &str, mut args: FluentArgs<'_>) -> String {
        let replaced = replacement::current(self);
        if let Some(texts) = replaced.as_ref().filter(|_| args.get("site").is_none()) {
            args.set("site", texts.site_name.clone());
        }
        let bundle = replaced.as_ref().map_or_else(|| built_in(self), |texts| &texts.bundle);
        let Some(pattern) = bundle.get_message(key).and_then(|m| m.value()) else {
            return key.to_owned();
        };
        bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
    }

    /// True if `key` has a text in this language.
    pub fn has(self, key: &str) -> bool {
        built_in(self).get_message(key).is_some_and(|m| m.value().is_some())
    }
}

/// The value of a variable of a text.
#[derive(Clone, Debug)]
pub enum Arg<'a> {
    Text(Cow<'a, str>),
    /// Also selects the plural form.
    Number(i64),
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Arg::Text(text.into())
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Arg::Text(text.into())
    }
}

impl From<String> for Arg<'_> {
    fn from(text: String) -> Self {
        Arg::Text(text.into())
    }
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Arg::Number(number)
    }
}

impl From<&usize> for Arg<'_> {
    fn from(number: &usize) -> Self {
        Arg::Number(i64::try_from(*number).unwrap_or(i64::MAX))
    }
}

#[derive(RustEmbed)]
#[folder = "locales/"]
struct LocaleFiles;

pub(super) type Bundle = FluentBundle<FluentResource>;

/// The texts that are compiled in.
fn built_in(locale: Locale) -> &'static Bundle {
    static EN: OnceLock<Bundle> = OnceLock::new();
    static KO: OnceLock<Bundle> = OnceLock::new();
    let cell = match locale {
        Locale::En => &EN,
        Locale::Ko => &KO,
    };
    cell.get_or_init(|| load(locale))
}

/// A bundle with the texts that are compiled in.
///
/// # Panics
/// If a text is malformed or defined twice. The files are compiled in, so tests detect it before a release.
#[expect(clippy::panic, reason = "the embedded files are checked by tests")]
pub(super) fn load(locale: Locale) -> Bundle {
    let language = locale.tag().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![language]);
    bundle.set_use_isolating(false);
    for (path, source) in sources(locale) {
        let resource = FluentResource::try_new(source).unwrap_or_else(|(_, e)| panic!("{path}: {e:?}"));
        bundle.add_resource(resource).unwrap_or_else(|e| panic!("{path}: {e:?}"));
    }
    bundle
}

/// Path and content of each Fluent file of a language.
pub(super) fn sources(locale: Locale) -> impl Iterator<Item = (String, String)> {
    LocaleFiles::iter().filter(move |path| path.starts_with(&format!("{}/", locale.tag()))).map(|path| {
        let file = LocaleFiles::get(&path).map(|f| f.data.into_owned()).unwrap_or_default();
        (path.into_owned(), String::from_utf8(file).unwrap_or_default())
    })
}
