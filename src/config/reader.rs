//! Reads raw settings one by one by their keys. `layers` collects them from their sources.

use std::path::{Path, PathBuf};

use figment::value::{Num, Tag, Value};
use figment::{Figment, Metadata, Profile};

use super::error::ConfigError;

/// The name of the metadata of environment variables.
pub(super) const ENVIRONMENT: &str = "environment";
/// The name of the metadata of Mailpit's variables.
pub(super) const MAILPIT: &str = "Mailpit's variables";

/// The name of the metadata of a Rocket.toml that was found in a folder above the working folder.
pub(super) const FOUND_ABOVE: &str = "TOML file of a folder above";

/// The raw settings. Each value knows the file or variable that it came from.
#[derive(Clone, Debug)]
pub(super) struct SettingsReader {
    figment: Figment,
}

impl SettingsReader {
    /// `figment` must hold the defaults.
    pub(super) fn new(figment: Figment) -> Self {
        SettingsReader { figment }
    }

    pub(super) fn profile(&self) -> &Profile {
        self.figment.profile()
    }

    /// True in the `debug` profile. All others follow `release`, which rejects what is safe only on a developer's
    /// machine.
    pub(super) fn is_debug(&self) -> bool {
        self.profile() == "debug"
    }

    pub(super) fn figment(&self) -> &Figment {
        &self.figment
    }

    /// The folder of Rocket.toml; empty, which means the working directory, if the settings come from no file.
    pub(super) fn folder(&self) -> PathBuf {
        let file = self.figment.metadata().find_map(|meta| match &meta.source {
            Some(figment::Source::File(path)) if meta.name.starts_with("TOML") => path.parent(),
            _ => None,
        });
        file.map(Path::to_owned).unwrap_or_default()
    }

    /// The path `text` of `key`. A relative path of a Rocket.toml that was found above the working folder begins at its
    /// folder, and so do those of `.env` and the defaults beside it; one of a variable begins at the working folder.
    pub(super) fn path(&self, key: &str, text: &str) -> PathBuf {
        let is_above = self.figment.metadata().any(|meta| meta.name == FOUND_ABOVE);
        let is_in_file = |meta: &Metadata| meta.source.is_some() || meta.name.starts_with("TOML");
        match is_above && self.figment.find_metadata(key).is_none_or(is_in_file) {
            true => self.folder().join(text),
            false => text.into(),
        }
    }

    /// The path that `key` is set to; `None` if it is empty.
    pub(super) fn optional_path(&self, key: &str) -> Result<Option<PathBuf>, ConfigError> {
        Ok(self.optional_text(key)?.map(|text| self.path(key, &text)))
    }

    pub(super) fn value(&self, key: &str) -> Result<Value, ConfigError> {
        self.figment.find_value(key).map_err(|e| self.figment_error(&e))
    }

    /// True if `key` is set explicitly, not by the defaults.
    pub(super) fn is_written(&self, key: &str) -> bool {
        self.figment.find_metadata(key).is_some_and(|meta| meta.source.is_some() || !meta.name.starts_with("TOML"))
    }

    /// The text of `key`; numbers and booleans are returned as text.
    pub(super) fn text(&self, key: &str) -> Result<String, ConfigError> {
        let value = self.value(key)?;
        scalar(&value).ok_or_else(|| self.error(key, format!("expected a text, found {}", kind(&value))))
    }

    /// The value of `key`, read by `parse`.
    pub(super) fn parse<T, E: std::fmt::Display>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, ConfigError> {
        let text = self.text(key)?;
        parse(&text).map_err(|e| self.error(key, format!("{text:?}: {e}")))
    }

    /// Like [`Self::parse`]; `None` for an empty text, which means "not set".
    pub(super) fn parse_optional<T, E: std::fmt::Display>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ConfigError> {
        if self.text(key)?.is_empty() { Ok(None) } else { self.parse(key, parse).map(Some) }
    }

    /// The text of `key`, or `None` if it is empty.
    pub(super) fn optional_text(&self, key: &str) -> Result<Option<String>, ConfigError> {
        Ok(Some(self.text(key)?).filter(|t| !t.is_empty()))
    }

    /// The value of the word in `choices` that `key` is set to.
    pub(super) fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Result<T, ConfigError> {
        let text = self.text(key)?;
        choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
            self.error(key, format!("{text:?} is not one of {}", words.join(", ")))
        })
    }

    pub(super) fn boolean(&self, key: &str) -> Result<bool, ConfigError> {
        let value = self.choice(key, &[("true", true), ("false", false)])?;
        self.refuse_quotes(key)?;
        Ok(value)
    }

    /// A whole number within `range`.
    pub(super) fn number(&self, key: &str, range: std::ops::RangeInclusive<u64>) -> Result<u64, ConfigError> {
        let text = self.text(key)?;
        let number = text.parse().ok().filter(|n| range.contains(n)).ok_or_else(|| {
            let expected = format!("expected a whole number from {} to {}", range.start(), range.end());
            self.error(key, format!("{text:?}: {expected}"))
        })?;
        self.refuse_quotes(key)?;
        Ok(number)
    }

    /// Rejects a text of a TOML file where a number or a boolean is expected. Variables have nothing but text.
    fn refuse_quotes(&self, key: &str) -> Result<(), ConfigError> {
        let value = self.value(key)?;
        let origin = self.figment.get_metadata(value.tag());
        let is_toml = origin.is_some_and(|meta| meta.source.is_some() && meta.name.starts_with("TOML"));
        match value {
            Value::String(_, text) if is_toml => {
                Err(self.error(key, format!("{text:?}: expected the same without quotes, not a text")))
            }
            _ => Ok(()),
        }
    }

    /// A list of texts. A single text is a list of one; a variable may hold `["a", "b"]` or `a, b`.
    pub(super) fn list(&self, key: &str) -> Result<Vec<String>, ConfigError> {
        let value = match self.value(key)? {
            Value::String(_, text) if text.trim_start().starts_with('[') => {
                text.parse().map_err(|_| self.error(key, "expected a list like [\"a\", \"b\"]".into()))?
            }
            value => value,
        };
        match value {
            Value::Array(_, items) => items
                .iter()
                .map(|v| scalar(v).ok_or_else(|| self.error(key, format!("expected texts, found {}", kind(v)))))
                .collect(),
            Value::String(_, text) => {
                Ok(text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect())
            }
            other => Err(self.error(key, format!("expected a list of texts, found {}", kind(&other)))),
        }
    }

    /// The error `what` about `key`, with the profile and the file or variable that set it.
    pub(super) fn error(&self, key: &str, what: String) -> ConfigError {
        let tag = self.figment.find_value(key).map(|v| tag_of(&v)).unwrap_or_default();
        self.error_at(key, tag, what)
    }

    pub(super) fn error_at(&self, key: &str, tag: Tag, what: String) -> ConfigError {
        let origin = self.origin_at(key, tag);
        ConfigError::setting(key, self.profile().as_str().as_str(), origin.as_deref(), what)
    }

    /// The file or variable that sets `key`, or `defaults`.
    pub(super) fn origin(&self, key: &str) -> Option<String> {
        self.origin_at(key, self.figment.find_value(key).map(|value| tag_of(&value)).ok()?)
    }

    fn origin_at(&self, key: &str, tag: Tag) -> Option<String> {
        self.figment.get_metadata(tag).map(|meta| match &meta.source {
            Some(figment::Source::File(path)) => path.display().to_string(),
            _ if meta.name == ENVIRONMENT || meta.name == MAILPIT => {
                meta.interpolate(self.profile(), &key.split('.').collect::<Vec<_>>())
            }
            _ if meta.name.starts_with("TOML") => "defaults".to_owned(),
            _ => meta.name.to_string(),
        })
    }

    pub(super) fn figment_error(&self, error: &figment::Error) -> ConfigError {
        let origin = error.metadata.as_ref().and_then(|m| m.source.as_ref()).map(ToString::to_string);
        let key = error.path.join(".");
        ConfigError::setting(&key, self.profile().as_str().as_str(), origin.as_deref(), error.kind.to_string())
    }
}

pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Char(_, c) => Some(c.to_string()),
        Value::Bool(_, b) => Some(b.to_string()),
        Value::Num(..) => value.to_num().map(written),
        Value::Empty(..) => Some(String::new()),
        Value::Dict(..) | Value::Array(..) => None,
    }
}

fn written(number: Num) -> String {
    match (number.to_u128(), number.to_i128(), number.to_f64()) {
        (Some(n), ..) => n.to_string(),
        (_, Some(n), _) => n.to_string(),
        (.., Some(n)) => n.to_string(),
        _ => String::new(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Dict(..) => "a table",
        Value::Array(..) => "a list",
        Value::Bool(..) => "true or false",
        Value::Num(..) => "a number",
        _ => "a text",
    }
}

/// The tag of the first leaf, since only leaves know the file that they came from.
pub(super) fn tag_of(value: &Value) -> Tag {
    match value {
        Value::Dict(tag, dict) => dict.values().next().map_or(*tag, tag_of),
        Value::Array(tag, items) => items.first().map_or(*tag, tag_of),
        leaf => leaf.tag(),
    }
}
