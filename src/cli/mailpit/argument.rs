//! One argument of a subcommand.

use crate::config::mailpit::MailpitUsageError;

/// A word of the command line: a flag, perhaps with its value, or another word.
pub(super) struct Argument {
    /// `--http`; the whole word if it is no flag.
    pub name: String,
    attached: Option<String>,
}

impl Argument {
    /// Splits `--flag=value`.
    pub(super) fn new(word: String) -> Self {
        match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => {
                Argument { name: name.to_owned(), attached: Some(value.to_owned()) }
            }
            _ => Argument { name: word, attached: None },
        }
    }

    pub(super) fn is_flag(&self) -> bool {
        self.name.starts_with('-')
    }

    /// The value behind `=`, else the next word.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn value(&self, rest: &mut impl Iterator<Item = String>) -> Result<String, MailpitUsageError> {
        self.attached.clone().or_else(|| rest.next()).ok_or_else(|| MailpitUsageError::NoValue(self.name.clone()))
    }
}
