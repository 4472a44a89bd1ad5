//! A form's fields as a page shows them again: what was typed, and what is wrong with it in the reader's words.

use crate::i18n::Locale;

/// An input whose value is shown again. Passwords have no `Field`: only their error comes back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    pub value: String,
    pub error: Option<FieldError>,
}

impl Field {
    pub fn new(value: impl Into<String>) -> Self {
        Field { value: value.into(), error: None }
    }

    pub fn wrong(value: impl Into<String>, error: FieldError) -> Self {
        Field { value: value.into(), error: Some(error) }
    }
}

/// What is wrong with a field, said beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldError {
    EmailEmpty,
    EmailMalformed,
    EmailTooLong,
    /// The part before the @ is not ASCII and no transport can carry it.
    EmailNeedsAscii,
    /// `reveal_accounts` only.
    EmailNotRegistered,
    /// `reveal_accounts` only.
    EmailAlreadyVerified,
    /// The new address is the old one.
    EmailUnchanged,
    NameTooLong,
    NameCharacters,
    PasswordEmpty,
    /// The least number of characters.
    PasswordTooShort(usize),
    /// The most.
    PasswordTooLong(usize),
    PasswordCommon,
    PasswordHoldsAddress,
    PasswordHoldsSiteName,
    PasswordUnchanged,
    CurrentPasswordEmpty,
    CurrentPasswordWrong,
}

impl FieldError {
    /// The key of its text.
    pub const fn key(self) -> &'static str {
        match self {
            FieldError::EmailEmpty => "field-email-empty",
            FieldError::EmailMalformed => "field-email-malformed",
            FieldError::EmailTooLong => "field-email-too-long",
            FieldError::EmailNeedsAscii => "field-email-needs-ascii",
            FieldError::EmailNotRegistered => "field-email-not-registered",
            FieldError::EmailAlreadyVerified => "field-email-already-verified",
            FieldError::EmailUnchanged => "field-email-unchanged",
            FieldError::NameTooLong => "field-name-too-long",
            FieldError::NameCharacters => "field-name-characters",
            FieldError::PasswordEmpty => "field-password-empty",
            FieldError::PasswordTooShort(_) => "field-password-too-short",
            FieldError::PasswordTooLong(_) => "field-password-too-long",
            FieldError::PasswordCommon => "field-password-common",
            FieldError::PasswordHoldsAddress => "field-password-holds-address",
            FieldError::PasswordHoldsSiteName => "field-password-holds-site-name",
            FieldError::PasswordUnchanged => "field-password-unchanged",
            FieldError::CurrentPasswordEmpty => "field-current-password-empty",
            FieldError::CurrentPasswordWrong => "field-current-password-wrong",
        }
    }

    /// What to do about it, in `locale`.
    pub fn text(&self, locale: &Locale) -> String {
        match *self {
            FieldError::PasswordTooShort(n) | FieldError::PasswordTooLong(n) => {
                locale.text_with(self.key(), &[("n", (&n).into())])
            }
            _ => locale.text(self.key()),
        }
    }
}

/// A line of the summary above a form: which input, and its error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The input's id.
    pub field: &'static str,
    pub text: String,
}

/// The summary of a form whose inputs have these ids and errors, in their order.
pub fn complaints(locale: Locale, errors: &[(&'static str, Option<FieldError>)]) -> Vec<Complaint> {
    let wrong = |(field, error): &(&'static str, Option<FieldError>)| {
        error.map(|error| Complaint { field, text: error.text(&locale) })
    };
    errors.iter().filter_map(wrong).collect()
}

#[cfg(test)]
impl FieldError {
    /// One of each.
    pub const ALL: [FieldError; 18] = [
        FieldError::EmailEmpty,
        FieldError::EmailMalformed,
        FieldError::EmailTooLong,
        FieldError::EmailNeedsAscii,
        FieldError::EmailNotRegistered,
        FieldError::EmailAlreadyVerified,
        FieldError::EmailUnchanged,
        FieldError::NameTooLong,
        FieldError::NameCharacters,
        FieldError::PasswordEmpty,
        FieldError::PasswordTooShort(12),
        FieldError::PasswordTooLong(256),
        FieldError::PasswordCommon,
        FieldError::PasswordHoldsAddress,
        FieldError::PasswordHoldsSiteName,
        FieldError::PasswordUnchanged,
        FieldError::CurrentPasswordEmpty,
        FieldError::CurrentPasswordWrong,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_is_said_in_both_languages_with_its_numbers() {
        for locale in Locale::ALL {
            for error in FieldError::ALL {
                let text = error.text(&locale);
                assert_ne!(text, error.key());
                assert!(!text.contains("{$"), "{text}");
            }
        }
        assert!(FieldError::PasswordTooShort(12).text(&Locale::Ko).contains("12자"));
    }
}
