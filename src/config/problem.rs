//! What is wrong with the settings, in one line.

use std::path::Path;

/// A setting that stops the start. Displays as one line: key, profile, where it was written, what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}")]
pub struct Problem {
    line: String,
}

impl Problem {
    pub(super) fn setting(key: &str, profile: &str, origin: Option<&str>, what: String) -> Self {
        let origin = origin.unwrap_or("Rocket.toml or the environment");
        let what = what.replace(['\n', '\r'], " ");
        Problem { line: format!("setting {key} (profile {profile}, from {origin}): {what}") }
    }

    pub(super) fn file(path: &Path, what: String) -> Self {
        Problem { line: format!("{}: {}", path.display(), what.replace(['\n', '\r'], " ")) }
    }
}
