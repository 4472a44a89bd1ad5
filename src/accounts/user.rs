//! Users, and the validation of their names and addresses.

use crate::clock::Time;
use crate::i18n::Locale;
use crate::mail::{Address, AddressError};

/// A user whose address is confirmed, or who was invited.
#[derive(Clone, Debug)]
pub struct User {
    pub id: String,
    pub email: Address,
    pub name: String,
    /// `None` until an invited user chooses a password.
    pub password_hash: Option<String>,
    pub locale: Locale,
    pub created_at: Time,
    pub verified_at: Option<Time>,
    pub disabled_at: Option<Time>,
}

/// The maximum length of a name in code points.
const MAX_NAME: usize = 100;

/// A display name in any script; may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name(String);

/// Why a text is not a valid name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("name has more than {MAX_NAME} characters")]
    TooLong,
    #[error("name contains control or text direction characters")]
    Characters,
}

impl Name {
    /// Parses a display name: trimmed and in NFC.
    ///
    /// # Errors
    /// When `text` is too long, or contains characters that break a line or change the direction of the text around it.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        use unicode_normalization::UnicodeNormalization as _;
        let text = text.trim();
        if text.chars().count() > 4 * MAX_NAME {
            return Err(NameError::TooLong);
        }
        let name: String = text.nfc().collect();
        if name.chars().count() > MAX_NAME {
            return Err(NameError::TooLong);
        }
        if name.chars().any(|c| c.is_control() || is_direction(c)) {
            return Err(NameError::Characters);
        }
        Ok(Name(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// True for line and paragraph separators, direction marks, overrides and isolates, and the byte order mark.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Parses the address of an account. Its local part must be ASCII: look-alike characters would name other mailboxes,
/// and few servers accept them.
///
/// # Errors
/// As [`Address::parse`], and [`AddressError::Local`] for a local part with non-ASCII characters.
pub fn account_address(text: &str) -> Result<Address, AddressError> {
    let address = Address::parse(text)?;
    if address.needs_smtputf8() { Err(AddressError::Local) } else { Ok(address) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_script_are_accepted() {
        for name in ["길동", "홍", "太郎", "Ada Lovelace", "O'Neil", ""] {
            assert_eq!(Name::parse(&format!(" {name} ")).unwrap().as_str(), name);
        }
        assert_eq!(Name::parse(&"가".repeat(100)).unwrap().as_str().chars().count(), 100);
    }

    #[test]
    fn names_that_would_break_a_page_or_a_header_are_rejected() {
        assert_eq!(Name::parse(&"가".repeat(101)), Err(NameError::TooLong));
        assert_eq!(Name::parse(&"x".repeat(1_000_000)), Err(NameError::TooLong));
        for bad in ["a\r\nBcc: x@y.z", "a\0b", "a\u{202e}b", "a\u{2028}b"] {
            assert_eq!(Name::parse(bad), Err(NameError::Characters));
        }
    }
}
