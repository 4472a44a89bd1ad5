//! Passwords: what may be one. Hashing them is `hasher`'s.

use subtle::ConstantTimeEq as _;
use unicode_normalization::UnicodeNormalization as _;

use crate::mail::Address;
use crate::secret::Secret;

use super::common;

/// The most code points a password may have.
pub const MAX_LENGTH: usize = 256;
/// Shorter parts of an address or site name are too common to hold against a password.
const MIN_CONTEXT: usize = 4;

/// A password as it is counted, compared and hashed: in NFC, so that a Hangul password typed on a Mac (NFD) is the
/// one typed elsewhere. Never trimmed, never cut.
#[derive(Clone, Debug)]
pub struct Password(Secret<String>);

/// Why a new password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("it is empty")]
    Empty,
    #[error("it has fewer than {0} characters")]
    TooShort(usize),
    #[error("it has more than {0} characters")]
    TooLong(usize),
    #[error("it is among the passwords that are guessed first")]
    Common,
    #[error("it holds the e-mail address")]
    HoldsAddress,
    #[error("it holds the site's name")]
    HoldsSiteName,
    #[error("it is the old one")]
    Unchanged,
}

impl Password {
    /// Takes what was typed at a login: any text that could have been accepted once.
    ///
    /// # Errors
    /// When it is empty or beyond [`MAX_LENGTH`].
    pub fn typed(text: &str) -> Result<Self, PasswordError> {
        if text.is_empty() {
            return Err(PasswordError::Empty);
        }
        // Before normalising, which costs time by length: NFC never grows a text threefold in code points.
        if text.chars().count() > 3 * MAX_LENGTH {
            return Err(PasswordError::TooLong(MAX_LENGTH));
        }
        let normal: String = text.nfc().collect();
        if normal.chars().count() > MAX_LENGTH {
            return Err(PasswordError::TooLong(MAX_LENGTH));
        }
        Ok(Password(Secret::new(normal)))
    }

    /// Takes a password to be: length and guessability count, classes of characters do not (NIST 800-63B, ASVS 6.2).
    /// Without an address, because what was typed as one is none, the other rules hold all the same.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn choose(
        text: &str,
        min_length: usize,
        address: Option<&Address>,
        site_name: &str,
    ) -> Result<Self, PasswordError> {
        let password = Password::typed(text)?;
        let chosen = password.0.expose();
        if chosen.chars().count() < min_length {
            return Err(PasswordError::TooShort(min_length));
        }
        let folded = chosen.to_lowercase();
        if common::is_common(&folded) {
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

    /// In constant time.
    pub fn equals(&self, other: &Password) -> bool {
        self.bytes().ct_eq(other.bytes()).into()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

fn holds_address(folded: &str, address: &Address) -> bool {
    let whole = address.canonical();
    let local = address.local().to_lowercase();
    folded.contains(&whole) || is_mostly(folded, &local) || is_mostly(folded, address.domain())
}

/// Whether a password is a known word and little besides: what is left would not do as a password of its own.
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
    fn no_class_of_characters_is_asked_for() {
        for fine in [
            "aqzwsxedcrfvtgbyhnujmikolpaqzwsxedcrfvtgbyhnujmikolpaqzwsxedcrfv",
            "  three word phrase  ",
            "🐢🐢🐇 on the road",
        ] {
            assert!(choose(fine).is_ok(), "{fine}");
        }
    }

    #[test]
    fn guessable_passwords_are_refused_with_the_reason() {
        assert_eq!(choose("password1234").unwrap_err(), PasswordError::Common);
        assert_eq!(choose("Gildong@Example.com").unwrap_err(), PasswordError::HoldsAddress);
        assert_eq!(choose("gildong-12345!").unwrap_err(), PasswordError::HoldsAddress);
        assert_eq!(choose("Gatepost12345").unwrap_err(), PasswordError::HoldsSiteName);
        assert!(choose("gildong keeps turtles").is_ok());
    }
}
