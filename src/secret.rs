//! Secrets and randomness: values that are never printed, the signing key, and the source of random bytes.

mod logins;
mod secret_value;
mod stored_password;

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::clock::Time;

pub use logins::{Logins, LoginsError};
pub use secret_value::Secret;
pub use stored_password::{StoredPassword, StoredPasswordError};

/// The 32-byte `secret_key`. Each purpose has a derived key, so that a signature is valid for one purpose only.
#[derive(Clone, Debug)]
pub struct SecretKey(Secret<[u8; 32]>);

/// The error for a malformed `secret_key`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("expected 32 bytes in base64 (44 characters), as `gatepost secret` prints")]
pub struct SecretKeyError;

impl SecretKey {
    /// # Errors
    /// If `text` is not 32 bytes in standard or URL-safe base64.
    pub fn parse(text: &str) -> Result<Self, SecretKeyError> {
        let text = text.trim();
        let bytes = STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).map_err(|_| SecretKeyError)?;
        Ok(SecretKey(Secret::new(bytes.try_into().map_err(|_| SecretKeyError)?)))
    }

    pub fn generate(entropy: &Entropy) -> Self {
        SecretKey(Secret::new(entropy.bytes()))
    }

    /// The key in standard base64, as the setting expects it.
    pub fn encode(&self) -> String {
        STANDARD.encode(self.0.expose())
    }

    /// HMAC-SHA256 of `parts` with the key derived for `purpose`. Each part is prefixed with its length, so that
    /// moving a boundary between two parts changes the signature.
    pub fn sign(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let derived = hmac(self.0.expose(), &[purpose.as_bytes()]);
        hmac(&derived, parts)
    }

    /// True if `signature` is the result of [`SecretKey::sign`] for `purpose` and `parts`. Compares in constant time.
    pub fn verify(&self, purpose: &str, parts: &[&[u8]], signature: &[u8]) -> bool {
        self.sign(purpose, parts).ct_eq(signature).into()
    }
}

fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // A key of the block size is always accepted. HMAC pads a shorter key with zeros too (RFC 2104 §2).
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// SHA-256 of a token in URL-safe base64. The database stores random tokens of 256 bits in this form.
pub fn digest(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))
}

/// A source of random bytes.
#[derive(Clone)]
pub struct Entropy(Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Entropy {
    /// The operating system's generator.
    ///
    /// # Panics
    /// If the operating system returns no random bytes, since every token would be predictable.
    pub fn system() -> Self {
        #[expect(clippy::expect_used, reason = "tokens without random bytes are predictable")]
        Entropy(Arc::new(|bytes| getrandom::fill(bytes).expect("random bytes from the operating system")))
    }

    /// A repeatable sequence, for tests.
    pub fn seeded(seed: u64) -> Self {
        let counter = std::sync::atomic::AtomicU64::new(0);
        Entropy(Arc::new(move |bytes| {
            for chunk in bytes.chunks_mut(32) {
                let n = counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let block = Sha256::digest([seed.to_be_bytes(), n.to_be_bytes()].concat());
                chunk.copy_from_slice(&block[..chunk.len()]);
            }
        }))
    }

    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }

    /// 256 random bits in URL-safe base64 (43 characters).
    pub fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }

    /// A UUIDv7 (RFC 9562). Ids sort by `now`; the random part makes them unique.
    pub fn id(&self, now: Time) -> String {
        let millis = u64::try_from(now.millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid().to_string()
    }

    /// A random number in `0.0..1.0`, for jitter.
    pub fn fraction(&self) -> f64 {
        u32::from_be_bytes(self.bytes()) as f64 / (f64::from(u32::MAX) + 1.0)
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_stars() {
        let secret = Secret::new("hunter2".to_owned());
        assert_eq!(format!("{secret:?} {secret}"), "*** ***");
    }

    #[test]
    fn a_signature_is_valid_only_for_its_purpose_and_parts() {
        let key = SecretKey::generate(&Entropy::seeded(1));
        let signature = key.sign("link", &[b"verify", b"row"]);
        assert!(key.verify("link", &[b"verify", b"row"], &signature));
        assert!(!key.verify("flash", &[b"verify", b"row"], &signature));
        assert!(!key.verify("link", &[b"verifyr", b"ow"], &signature));
        assert!(!key.verify("link", &[b"verify", b"row"], &signature[..31]));
    }

    #[test]
    fn an_encoded_secret_key_parses_and_malformed_keys_are_rejected() {
        let key = SecretKey::generate(&Entropy::seeded(2));
        assert_eq!(SecretKey::parse(&key.encode()).unwrap().encode(), key.encode());
        assert_eq!(SecretKey::parse("c2hvcnQ=").unwrap_err(), SecretKeyError);
        assert_eq!(SecretKey::parse("not base64!").unwrap_err(), SecretKeyError);
    }
}
