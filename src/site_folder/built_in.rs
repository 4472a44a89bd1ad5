//! What the folder must know about the emails that it can replace.

use std::collections::BTreeMap;

use crate::i18n::Locale;

/// The values of an email by the names that its templates use.
pub type EmailVariables = BTreeMap<&'static str, String>;

/// What the folder must know about the emails that it can replace.
pub trait BuiltInEmails: Send + Sync {
    /// Sample values of a built-in email, for a recipient with a name and for one without; empty if there is no built-in
    /// email of this name. An email with the value `link` must print it.
    fn samples(&self, name: &str, locale: Locale) -> Vec<EmailVariables>;

    /// Sample values that every email has.
    fn common(&self, locale: Locale) -> EmailVariables;
}
