//! Tokens of links in emails: the id of a link row and an HMAC over it. They are derived when the email is composed, so
//! that nothing stored grants access.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

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

/// Length of a token: 16 bytes of id and 32 of signature in URL-safe base64.
const LENGTH: usize = 64;

/// Returns the token of the link `id`; `None` if the id is not a UUID.
pub fn issue(key: &SecretKey, purpose: Purpose, id: &str) -> Option<String> {
    let id = Uuid::parse_str(id).ok()?;
    let signature = key.sign("link", &[purpose.name().as_bytes(), id.as_bytes()]);
    Some(URL_SAFE_NO_PAD.encode([id.as_bytes().as_slice(), signature.as_slice()].concat()))
}

/// Returns the link id in a token issued for `purpose`; `None` if the token is not valid.
pub fn read(key: &SecretKey, purpose: Purpose, token: &str) -> Option<String> {
    if token.len() != LENGTH {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (id, signature) = bytes.split_first_chunk::<16>()?;
    key.verify("link", &[purpose.name().as_bytes(), id], signature).then(|| Uuid::from_bytes(*id).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;
    use crate::secret::Entropy;

    #[test]
    fn a_token_is_valid_only_for_its_purpose() {
        let entropy = Entropy::seeded(3);
        let key = SecretKey::generate(&entropy);
        let id = entropy.id(Time::from_millis(5));
        let token = issue(&key, Purpose::Verify, &id).unwrap();
        assert_eq!(read(&key, Purpose::Verify, &token), Some(id));
        assert_eq!(read(&key, Purpose::Reset, &token), None);
    }

    #[test]
    fn a_changed_token_is_invalid() {
        let entropy = Entropy::seeded(3);
        let key = SecretKey::generate(&entropy);
        let token = issue(&key, Purpose::Reset, &entropy.id(Time::from_millis(5))).unwrap();
        for position in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
            assert_eq!(read(&key, Purpose::Reset, &String::from_utf8(bytes).unwrap()), None, "at {position}");
        }
        let long = "A".repeat(10_000);
        for bad in ["", &token[1..], &token[..63], &format!("{token}="), &long, "\0", "가"] {
            assert_eq!(read(&key, Purpose::Reset, bad), None);
        }
    }
}
