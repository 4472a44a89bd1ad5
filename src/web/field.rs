//! Form fields as a page shows them again: the submitted value and the error, in the reader's language.

use crate::i18n::Locale;

/// An input whose value is shown again. Passwords have no [`FormField`], only an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormField {
    pub value: String,
    pub error: Option<FieldError>,
}

impl FormField {
    pub fn new(value: impl Into<String>) -> Self {
        FormField { value: value.into(), error: None }
    }

    #[cfg(test)]
    pub fn wrong(value: impl Into<String>, error: FieldError) -> Self {
        FormField { value: value.into(), error: Some(error) }
    }
}

/// The error of a field, shown next to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldError {
    EmailEmpty,
    EmailMalformed,
    EmailTooLong,
    /// The part before the @ is not ASCII, which no transport supports.
    EmailNeedsAscii,
    /// Only with `reveal_accounts`.
    EmailNotRegistered,
    /// Only with `reveal_accounts`.
    EmailAlreadyVerified,
    /// The new address is the present one.
    EmailUnchanged,
    NameTooLong,
    NameCharacters,
    PasswordEmpty,
    /// Contains the minimum number of characters.
    PasswordTooShort(usize),
    /// Contains the maximum number of characters.
    PasswordTooLong(usize),
    PasswordCommon,
    PasswordHoldsAddress,
    PasswordHoldsSiteName,
    PasswordUnchanged,
    CurrentPasswordEmpty,
    CurrentPasswordWrong,
}

impl FieldError {
    /// The key of the error's text.
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

    /// What to do about the error, in `locale`.
    pub fn text(&self, locale: &Locale) -> String {
        match *self {
            FieldError::PasswordTooShort(n) | FieldError::PasswordTooLong(n) => {
                locale.text_with(self.key(), &[("n", (&n).into())])
            }
            _ => locale.text(self.key()),
        }
    }
}

/// A line of the error summary above a form: the input and its error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldMessage {
    /// The id of the input.
    pub field: &'static str,
    pub text: String,
}

/// The error summary of a form, given the ids and errors of its inputs in order.
pub fn complaints(locale: Locale, errors: &[(&'static str, Option<FieldError>)]) -> Vec<FieldMessage> {
    let wrong = |(field, error): &(&'static str, Option<FieldError>)| {
        error.map(|error| FieldMessage { field, text: error.text(&locale) })
    };
    errors.iter().filter_map(wrong).collect()
}

#[cfg(test)]
impl FieldError {
    /// One of each kind.
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
    fn every_error_has_a_text_in_both_languages_with_its_numbers() {
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
