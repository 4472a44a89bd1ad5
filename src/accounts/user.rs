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
    #[error("name contains control or text direction characters, or nothing that can be seen")]
    Characters,
}

impl Name {
    /// Parses a display name: trimmed and in NFC.
    ///
    /// # Errors
    /// When `text` is too long, contains characters that break a line or change the direction of the text around it, or
    /// is not empty but shows nothing.
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
        let is_invisible = !name.is_empty() && name.chars().all(|c| c.is_whitespace() || is_ignorable(c));
        if is_invisible || name.chars().any(|c| c.is_control() || is_direction(c)) {
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

/// True for characters without a glyph: Unicode's Default_Ignorable_Code_Point (fillers such as U+3164, joiners,
/// variation selectors, tags) and the blank Braille pattern.
const fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
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

    #[test]
    fn names_that_show_nothing_are_rejected_and_blank_ones_are_empty() {
        for bad in
            ["\u{3164}", "\u{3164} \u{115f}", "\u{2800}", "\u{200b}\u{200d}", "\u{ad}", "\u{ffa0}\u{fe0f}", "\u{e0041}"]
        {
            assert_eq!(Name::parse(bad), Err(NameError::Characters), "{bad:?}");
        }
        for blank in ["", " ", "\u{3000}", "\u{a0}\u{2003}"] {
            assert_eq!(Name::parse(blank), Ok(Name::default()), "{blank:?}");
        }
        for fine in ["\u{1f469}\u{200d}\u{1f680}", "ᄀ\u{1160}", "می\u{200c}خواهم"] {
            assert!(Name::parse(fine).is_ok(), "{fine:?}");
        }
    }
}
