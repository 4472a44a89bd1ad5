//! A password of the inbox's logins, in a form that Apache's htpasswd writes: plain, bcrypt or SHA-1.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::secret_value::Secret;

/// The highest accepted cost of a bcrypt hash. Each step doubles the time of a check; 12 takes a quarter of a second.
const MAX_COST: u32 = 12;
/// The beginnings of hashes that are not supported.
const UNSUPPORTED: [&str; 6] = ["$apr1$", "$1$", "$5$", "$6$", "{SSHA}", "$argon2"];

/// A stored password. It is never printed.
#[derive(Clone)]
pub enum StoredPassword {
    Plain(Secret<String>),
    /// `$2y$…`, as `htpasswd -B` writes it.
    Bcrypt(Secret<String>),
    /// `{SHA}…`, as `htpasswd -s` writes it.
    Sha1([u8; 20]),
}

/// Why a password cannot be used. The message does not repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoredPasswordError {
    #[error("the password is missing")]
    Empty,
    #[error("a hash that is not supported; make a new one with `htpasswd -B`")]
    Unsupported,
    #[error("a damaged hash; make a new one with `htpasswd -B`")]
    Damaged,
    #[error("a bcrypt hash of cost {0}; at most {MAX_COST} is supported")]
    Cost(u32),
}

impl StoredPassword {
    pub fn plain(text: impl Into<String>) -> Self {
        StoredPassword::Plain(Secret::new(text.into()))
    }

    /// Reads the password of a line `name:password` of htpasswd.
    ///
    /// # Errors
    /// The password is empty, or a hash that cannot be checked.
    pub fn parse(text: &str) -> Result<Self, StoredPasswordError> {
        if text.is_empty() {
            return Err(StoredPasswordError::Empty);
        }
        if let Some(hash) = text.strip_prefix("{SHA}") {
            let bytes = STANDARD.decode(hash).ok().and_then(|bytes| bytes.try_into().ok());
            return bytes.map(StoredPassword::Sha1).ok_or(StoredPasswordError::Damaged);
        }
        if ["$2a$", "$2b$", "$2x$", "$2y$"].iter().any(|start| text.starts_with(start)) {
            let parts: bcrypt::HashParts = text.parse().map_err(|_| StoredPasswordError::Damaged)?;
            return match parts.get_cost() {
                cost if cost > MAX_COST => Err(StoredPasswordError::Cost(cost)),
                _ => Ok(StoredPassword::Bcrypt(Secret::new(text.to_owned()))),
            };
        }
        match UNSUPPORTED.iter().any(|start| text.starts_with(start)) {
            true => Err(StoredPasswordError::Unsupported),
            false => Ok(StoredPassword::plain(text)),
        }
    }

    /// True if `given` is the password. Takes as long for a wrong one.
    pub fn verify(&self, given: &str) -> bool {
        match self {
            StoredPassword::Plain(text) => Sha256::digest(text.expose()).ct_eq(&Sha256::digest(given)).into(),
            StoredPassword::Bcrypt(hash) => bcrypt::verify(given, hash.expose()).unwrap_or(false),
            StoredPassword::Sha1(hash) => Sha1::digest(given).ct_eq(hash).into(),
        }
    }

    /// The password itself, which CRAM-MD5 needs; `None` for a hash.
    pub fn expose_plain(&self) -> Option<&str> {
        match self {
            StoredPassword::Plain(text) => Some(text.expose()),
            StoredPassword::Bcrypt(_) | StoredPassword::Sha1(_) => None,
        }
    }
}

impl fmt::Debug for StoredPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_bcrypt_and_sha1_passwords_are_checked() {
        // `htpasswd -nbB`, `htpasswd -nbs` and `htpasswd -nbp` of `s3cret`.
        let bcrypt = bcrypt::hash("s3cret", 4).unwrap();
        for stored in [bcrypt.as_str(), "{SHA}/vNB+F2HQ559kaLUZbmHHvZrXpg=", "s3cret"] {
            let stored = StoredPassword::parse(stored).unwrap();
            assert_eq!((stored.verify("s3cret"), stored.verify("S3cret"), stored.verify("")), (true, false, false));
            assert_eq!(format!("{stored:?}"), "***");
        }
    }

    #[test]
    fn a_hash_that_cannot_be_checked_or_takes_too_long_is_refused() {
        let parse = |text| StoredPassword::parse(text).map(|_| ());
        assert_eq!(parse(""), Err(StoredPasswordError::Empty));
        assert_eq!(parse("$apr1$x$y"), Err(StoredPasswordError::Unsupported));
        assert_eq!(parse("{SHA}short"), Err(StoredPasswordError::Damaged));
        assert_eq!(parse("$2y$05$short"), Err(StoredPasswordError::Damaged));
        let costly = bcrypt::hash("x", 4).unwrap().replace("$04$", "$31$");
        assert_eq!(parse(&costly), Err(StoredPasswordError::Cost(31)));
    }
}
