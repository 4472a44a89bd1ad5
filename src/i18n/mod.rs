//! Languages: which one a reader gets, the texts themselves (Fluent, embedded from `locales/`), and spans of time
//! in words.

mod locale;
mod span;
mod text;

#[cfg(test)]
mod checks;

pub use locale::Locale;
pub use text::Arg;
