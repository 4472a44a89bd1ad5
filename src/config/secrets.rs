//! Reads secrets. Each is set directly, or as `<key>_file`, the path of a file that holds it.

use std::cmp::Ordering;
use std::convert::Infallible;
use std::fmt::Display;
use std::path::Path;

use figment::Profile;
use figment::value::Tag;

use super::error::ConfigError;
use super::reader::{SettingsReader, scalar};

impl SettingsReader {
    /// A secret, or `None` if it is not set. White space around a file's text is removed.
    pub(super) fn secret(&self, key: &str) -> Result<Option<String>, ConfigError> {
        self.parse_secret(key, |text| Ok::<_, Infallible>(text.to_owned()))
    }

    /// A secret read by `parse`, whose error must not contain the secret.
    pub(super) fn parse_secret<T, E: Display>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ConfigError> {
        let file_key = format!("{key}_file");
        let value = self.value(key)?;
        let given = scalar(&value).ok_or_else(|| self.error(key, "expected a text".into()))?;
        let path = self.text(&file_key)?;
        if !path.is_empty() && (given.is_empty() || self.file_takes_precedence(key, &file_key)?) {
            return self.read_file(&file_key, &self.path(&file_key, &path), parse).map(Some);
        }
        if given.is_empty() {
            return Ok(None);
        }
        parse(&given).map(Some).map_err(|e| self.error(key, e.to_string()))
    }

    /// True if `file_key` has the higher precedence. Fails if both have the same.
    fn file_takes_precedence(&self, key: &str, file_key: &str) -> Result<bool, ConfigError> {
        match self.precedence(file_key).cmp(&self.precedence(key)) {
            Ordering::Greater => Ok(true),
            Ordering::Less => Ok(false),
            Ordering::Equal => Err(self.error(file_key, format!("{key} is also set; remove one of them"))),
        }
    }

    fn read_file<T, E: Display>(
        &self,
        file_key: &str,
        path: &Path,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, ConfigError> {
        let error = |what: String| self.error(file_key, what);
        let text = std::fs::read_to_string(path).map_err(|e| error(format!("cannot read {path:?}: {e}")))?;
        // Windows editors write a byte order mark at the start.
        match text.trim_start_matches('\u{feff}').trim() {
            "" => Err(error(format!("{path:?} is empty"))),
            text => parse(text).map_err(|e| error(format!("invalid content of {path:?}: {e}"))),
        }
    }

    /// The precedence of the value of `key`: its profile, then its source. Figment numbers sources in the order in
    /// which they are read, and the later one counts. Gatepost's defaults have the lowest precedence whenever they are
    /// read.
    fn precedence(&self, key: &str) -> (u8, Tag) {
        let tag = self.value(key).map(|value| value.tag()).unwrap_or_default();
        let profile = match tag.profile() {
            _ if !self.is_written(key) => return (0, Tag::Default),
            Some(profile) if profile == Profile::Default => 1,
            // The selected profile.
            None => 2,
            Some(_global) => 3,
        };
        (profile, tag)
    }
}

#[cfg(test)]
#[expect(clippy::result_large_err, reason = "figment's jail takes closures that return its error")]
mod tests {
    use figment::Jail;

    use crate::config::Config;

    #[test]
    fn a_byte_order_mark_is_not_part_of_a_secret() {
        Jail::expect_with(|jail| {
            jail.clear_env();
            jail.set_env("ROCKET_PROFILE", "debug");
            jail.create_file("token", "\u{feff}word\r\n")?;
            jail.create_file("Rocket.toml", "[default.ops]\ntoken_file = 'token'")?;
            let config = crate::config::figment().and_then(Config::from_figment).unwrap();
            assert_eq!(config.web.ops_token.unwrap().expose(), "word");
            Ok(())
        });
    }
}
