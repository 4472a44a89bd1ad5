//! Localization: the choice of the language, the texts (Fluent, embedded from `locales/`) and durations as text.

mod built_in;
mod duration;
mod locale;
mod replacement;
mod text;

#[cfg(test)]
mod checks;

pub use locale::Locale;
pub use replacement::{LocaleTexts, TextProblem};
pub use text::Arg;
