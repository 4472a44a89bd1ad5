//! The texts, by key and language. The values of their variables are data, never markup or Fluent syntax.

use std::borrow::Cow;

use fluent_bundle::FluentArgs;

use super::built_in::built_in;
use super::locale::Locale;
use super::replacement;

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
