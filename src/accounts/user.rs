//! A user, and the parts of a user that somebody types.

use crate::clock::Time;
use crate::i18n::Locale;
use crate::mail::{Address, AddressError};

/// Who has confirmed an address (or was invited to).
#[derive(Clone, Debug)]
pub struct User {
    pub id: String,
    pub email: Address,
    pub name: String,
    /// `None` while invited.
    pub password_hash: Option<String>,
    pub locale: Locale,
    pub created_at: Time,
    pub verified_at: Option<Time>,
    pub disabled_at: Option<Time>,
}

/// The most code points a name may have.
const MAX_NAME: usize = 100;

/// A name as its owner wants to be called, in any script; may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name(String);

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("it has more than {MAX_NAME} characters")]
    TooLong,
    #[error("it holds control or direction characters")]
    Characters,
}

impl Name {
    /// # Errors
    /// When `text` is too long or holds characters that would break a line or reverse the text around it.
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

/// Line and paragraph separators, direction marks, overrides and isolates, and the byte order mark.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// An address that an account may have: its local part is ASCII, since look-alikes would be other mailboxes and few
/// servers carry them.
///
/// # Errors
/// As [`Address::parse`], and [`AddressError::Local`] for a local part beyond ASCII.
pub fn account_address(text: &str) -> Result<Address, AddressError> {
    let address = Address::parse(text)?;
    if address.needs_smtputf8() { Err(AddressError::Local) } else { Ok(address) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_script_are_welcome() {
        for name in ["길동", "홍", "太郎", "Ada Lovelace", "O'Neil", ""] {
            assert_eq!(Name::parse(&format!(" {name} ")).unwrap().as_str(), name);
        }
        assert_eq!(Name::parse(&"가".repeat(100)).unwrap().as_str().chars().count(), 100);
    }

    #[test]
    fn names_that_would_harm_a_page_or_a_header_are_not() {
        assert_eq!(Name::parse(&"가".repeat(101)), Err(NameError::TooLong));
        assert_eq!(Name::parse(&"x".repeat(1_000_000)), Err(NameError::TooLong));
        for bad in ["a\r\nBcc: x@y.z", "a\0b", "a\u{202e}b", "a\u{2028}b"] {
            assert_eq!(Name::parse(bad), Err(NameError::Characters));
        }
    }
}
