//! Tokens of links in emails: an HMAC over the link's row, derived when the email is composed. Links are found by a
//! keyed digest of their token, so that nothing stored grants access, and a new `secret_key` invalidates every link.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::secret::SecretKey;

/// What a link permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Verify,
    Reset,
    ChangeEmail,
}

impl Purpose {
    /// The value in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::Verify => "verify",
            Purpose::Reset => "reset",
            Purpose::ChangeEmail => "change-email",
        }
    }

    /// The path before the token.
    pub const fn path(self) -> &'static str {
        match self {
            Purpose::Verify => "/verify/",
            Purpose::Reset => "/password/reset/",
            Purpose::ChangeEmail => "/account/email/",
        }
    }
}

/// Characters of five bits each, without the look-alikes i, l, o and u. Mail programs recognize links of alphanumeric
/// characters up to the last one.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Length of a token: 130 bits. With the longest path and a `public_url` of 30 characters, a link fits a line of 76
/// characters, the longest of quoted-printable.
pub const LENGTH: usize = 26;

/// Returns the token of the link `id`.
pub fn issue(key: &SecretKey, purpose: Purpose, id: &str) -> String {
    let signature = key.sign("link", &[purpose.name().as_bytes(), id.as_bytes()]);
    signature.iter().take(LENGTH).map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

/// The token at the beginning of `text`; `None` if `text` begins with no token. What mail programs append to a link by mistake, such
/// as `.`, `)` or a blank in any encoding, begins with another character than a token's and is ignored.
pub fn read(text: &str) -> Option<String> {
    let (token, rest) = text.split_at_checked(LENGTH)?;
    let is_whole = !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    (is_whole && token.bytes().all(|b| b.is_ascii_alphanumeric())).then(|| token.to_ascii_lowercase())
}

/// The key by which the link of a token is found.
pub fn digest(key: &SecretKey, token: &str) -> String {
    URL_SAFE_NO_PAD.encode(key.sign("link-digest", &[token.as_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;
    use crate::random::Entropy;

    fn token(purpose: Purpose) -> (SecretKey, String) {
        let entropy = Entropy::seeded(3);
        let key = SecretKey::generate(&entropy);
        let id = entropy.id(Time::from_millis(5));
        let token = issue(&key, purpose, &id);
        (key, token)
    }

    #[test]
    fn a_token_depends_on_its_purpose_and_on_the_key() {
        let (key, verify) = token(Purpose::Verify);
        let (_, reset) = token(Purpose::Reset);
        assert_ne!(verify, reset);
        let other = SecretKey::generate(&Entropy::seeded(4));
        assert_ne!(digest(&key, &verify), digest(&other, &verify));
    }

    #[test]
    fn a_link_is_alphanumeric_and_fits_a_line() {
        for purpose in [Purpose::Verify, Purpose::Reset, Purpose::ChangeEmail] {
            let (_, token) = token(purpose);
            assert!(token.len() == LENGTH && token.bytes().all(|b| ALPHABET.contains(&b)), "{token}");
            assert!(30 + purpose.path().len() + LENGTH <= 76);
        }
    }

    #[test]
    fn what_mail_programs_append_to_a_link_is_ignored() {
        let (_, token) = token(Purpose::Reset);
        for end in ["", ".", ")", ">", ",", " ", "+", "%20", "\u{a0}", "\u{3000}", "\r\n", ".)>", "을", ")."] {
            assert_eq!(read(&format!("{token}{end}")).as_ref(), Some(&token), "{end:?}");
        }
        assert_eq!(read(&token.to_uppercase()), Some(token.clone()));
        let long = "A".repeat(10_000);
        for bad in ["", &token[1..], &format!("{token}x"), &format!(".{token}"), &long, "\0", "가"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
