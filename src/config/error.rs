//! The error of an invalid setting, in one line.

use std::path::Path;

/// An invalid setting, which stops the startup. Displayed as one line: key, profile, origin, reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}")]
pub struct ConfigError {
    line: String,
}

impl ConfigError {
    pub(super) fn setting(key: &str, profile: &str, origin: Option<&str>, reason: String) -> Self {
        let origin = origin.unwrap_or("Rocket.toml or the environment");
        let reason = reason.replace(['\n', '\r'], " ");
        ConfigError { line: format!("setting {key} (profile {profile}, from {origin}): {reason}") }
    }

    /// `line` names the variable.
    pub(super) fn variable(line: &str) -> Self {
        ConfigError { line: line.replace(['\n', '\r'], " ") }
    }

    pub(super) fn file(path: &Path, reason: String) -> Self {
        ConfigError { line: format!("{}: {}", path.display(), reason.replace(['\n', '\r'], " ")) }
    }
}
