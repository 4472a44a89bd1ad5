//! Validates passwords. `hasher` hashes them.

use subtle::ConstantTimeEq as _;
use unicode_normalization::UnicodeNormalization as _;

use crate::mail::Address;
use crate::secret::Secret;

use super::common_passwords;

/// The maximum length in code points.
pub const MAX_LENGTH: usize = 256;
/// A shorter part of an address or site name is too common to reject a password for.
const MIN_CONTEXT: usize = 4;

/// A password as it is measured, compared and hashed (RFC 8265 §4.2.2): every blank is U+0020, since keyboards write
/// different ones, and the text is in NFC, so that a Hangul password typed on a Mac (NFD) equals the same one typed
/// elsewhere. It is never trimmed or truncated.
#[derive(Clone, Debug)]
pub struct Password(Secret<String>);

/// Why a new password is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("password is empty")]
    Empty,
    #[error("password has fewer than {0} characters")]
    TooShort(usize),
    #[error("password has more than {0} characters")]
    TooLong(usize),
    #[error("password is too common")]
    Common,
    #[error("password contains the email address")]
    HoldsAddress,
    #[error("password contains the site's name")]
    HoldsSiteName,
    #[error("password is unchanged")]
    Unchanged,
}

impl Password {
    /// Reads a password typed at a login: any text that may have been accepted at some time.
    ///
    /// # Errors
    /// When the text is empty or longer than [`MAX_LENGTH`].
    pub fn parse(text: &str) -> Result<Self, PasswordError> {
        if text.is_empty() {
            return Err(PasswordError::Empty);
        }
        // Checked before normalising, whose cost grows with length: NFC grows a text at most threefold in code points.
        if text.chars().count() > 3 * MAX_LENGTH {
            return Err(PasswordError::TooLong(MAX_LENGTH));
        }
        let normal: String = text.chars().map(|c| if is_blank(c) { ' ' } else { c }).nfc().collect();
        if normal.chars().count() > MAX_LENGTH {
            return Err(PasswordError::TooLong(MAX_LENGTH));
        }
        Ok(Password(Secret::new(normal)))
    }

    /// Validates a new password by length and guessability, not by character classes (NIST 800-63B, ASVS 6.2). Without
    /// a valid `address` the other rules still apply.
    ///
    /// # Errors
    /// The first rule that the password breaks.
    pub fn choose(
        text: &str,
        min_length: usize,
        address: Option<&Address>,
        site_name: &str,
    ) -> Result<Self, PasswordError> {
        let password = Password::parse(text)?;
        let chosen = password.0.expose();
        if chosen.chars().count() < min_length {
            return Err(PasswordError::TooShort(min_length));
        }
        let folded = chosen.to_lowercase();
        if common_passwords::is_common(&folded) {
            return Err(PasswordError::Common);
        }
        if address.is_some_and(|address| holds_address(&folded, address)) {
            return Err(PasswordError::HoldsAddress);
        }
        if is_mostly(&folded, &site_name.to_lowercase()) {
            return Err(PasswordError::HoldsSiteName);
        }
        Ok(password)
    }

    /// Compares in constant time.
    pub fn equals(&self, other: &Password) -> bool {
        self.bytes().ct_eq(other.bytes()).into()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

/// The characters of the Unicode category Zs.
const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

fn holds_address(folded: &str, address: &Address) -> bool {
    let whole = address.canonical();
    let local = address.local().to_lowercase();
    folded.contains(&whole) || is_mostly(folded, &local) || is_mostly(folded, address.domain())
}

/// True if a password is a known word with too little else to be a password by itself.
fn is_mostly(folded: &str, word: &str) -> bool {
    const ENOUGH_BESIDES: usize = 8;
    word.chars().count() >= MIN_CONTEXT
        && folded.contains(word)
        && folded.replace(word, "").chars().filter(|c| c.is_alphabetic()).count() < ENOUGH_BESIDES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(text: &str) -> Result<Password, PasswordError> {
        Password::choose(text, 12, Some(&"gildong@example.com".parse().unwrap()), "Gatepost")
    }

    #[test]
    fn length_is_counted_in_code_points_after_normalising() {
        assert_eq!(choose("eleven char").unwrap_err(), PasswordError::TooShort(12));
        assert!(choose("twelve chars").is_ok());
        assert!(choose("가나다라마바사아자차카타").is_ok());
        let decomposed: String = "가나다라마바사아자차카".nfd().collect();
        assert_eq!(choose(&decomposed).unwrap_err(), PasswordError::TooShort(12));
        assert!(choose(&"가".repeat(60).nfd().collect::<String>()).is_ok());
        assert!(choose(&"x y".repeat(85)).is_ok());
        assert_eq!(choose(&"xyz".repeat(86)).unwrap_err(), PasswordError::TooLong(256));
        assert_eq!(choose(&"x".repeat(1_000_000)).unwrap_err(), PasswordError::TooLong(256));
    }

    #[test]
    fn every_kind_of_blank_is_one_character() {
        let plain = choose("three word phrase").unwrap();
        for blank in "\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{200a}\u{202f}\u{205f}\u{3000}".chars() {
            let typed = Password::parse(&format!("three{blank}word phrase")).unwrap();
            assert!(typed.equals(&plain), "{blank:?}");
        }
        for other in ["three\tword phrase", "three\u{200b}word phrase", "threeword phrase", "three word phrase "] {
            assert!(!Password::parse(other).unwrap().equals(&plain), "{other:?}");
        }
    }

    #[test]
    fn no_character_class_is_required() {
        for fine in [
            "aqzwsxedcrfvtgbyhnujmikolpaqzwsxedcrfvtgbyhnujmikolpaqzwsxedcrfv",
            "  three word phrase  ",
            "🐢🐢🐇 on the road",
        ] {
            assert!(choose(fine).is_ok(), "{fine}");
        }
    }

    #[test]
    fn guessable_passwords_are_rejected_with_the_reason() {
        assert_eq!(choose("password1234").unwrap_err(), PasswordError::Common);
        assert_eq!(choose("Gildong@Example.com").unwrap_err(), PasswordError::HoldsAddress);
        assert_eq!(choose("gildong-12345!").unwrap_err(), PasswordError::HoldsAddress);
        assert_eq!(choose("Gatepost12345").unwrap_err(), PasswordError::HoldsSiteName);
        assert!(choose("gildong keeps turtles").is_ok());
    }
}
