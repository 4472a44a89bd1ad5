//! Secrets and randomness: values that must not be printed, the key everything is signed with, and where
//! random bytes come from.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::clock::Time;

/// A value whose `Debug` and `Display` show `***`; [`Secret::expose`] is the only way to it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    pub fn new(value: T) -> Self {
        Secret(value)
    }

    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The 32 byte `secret_key`; each use signs under its own derived key, so that no signature serves another.
#[derive(Clone, Debug)]
pub struct SecretKey(Secret<[u8; 32]>);

/// Why a `secret_key` was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("expected 32 bytes in base64 (44 characters), as `gatepost secret` prints")]
pub struct SecretKeyError;

impl SecretKey {
    /// # Errors
    /// When `text` is not 32 bytes of standard or URL-safe base64.
    pub fn parse(text: &str) -> Result<Self, SecretKeyError> {
        let text = text.trim();
        let bytes = STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).map_err(|_| SecretKeyError)?;
        Ok(SecretKey(Secret(bytes.try_into().map_err(|_| SecretKeyError)?)))
    }

    pub fn generate(entropy: &Entropy) -> Self {
        SecretKey(Secret(entropy.bytes()))
    }

    /// Standard base64, the form the setting takes.
    pub fn encode(&self) -> String {
        STANDARD.encode(self.0.expose())
    }

    /// HMAC-SHA256 of `parts` under the key derived for `purpose`; parts are length-prefixed, so that moving a
    /// boundary between two of them gives another signature.
    pub fn sign(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let derived = hmac(self.0.expose(), &[purpose.as_bytes()]);
        hmac(&derived, parts)
    }

    /// Whether `signature` is [`SecretKey::sign`]'s for the same purpose and parts, in constant time.
    pub fn verify(&self, purpose: &str, parts: &[&[u8]], signature: &[u8]) -> bool {
        self.sign(purpose, parts).ct_eq(signature).into()
    }
}

fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // A block-sized key, zero-padded as HMAC itself would (RFC 2104 §2), cannot fail.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// SHA-256 in URL-safe base64: how random tokens of 256 bits are kept at rest.
pub fn digest(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))
}

/// Where random bytes come from.
#[derive(Clone)]
pub struct Entropy(Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Entropy {
    /// The operating system's generator.
    ///
    /// # Panics
    /// When the system has none to give: nothing can be done safely then.
    pub fn system() -> Self {
        #[expect(clippy::expect_used, reason = "without randomness no token may be made")]
        Entropy(Arc::new(|bytes| getrandom::fill(bytes).expect("the system's random generator")))
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

    /// A UUIDv7 (RFC 9562): sorts by `now`, unique by its random part.
    pub fn id(&self, now: Time) -> String {
        let millis = u64::try_from(now.millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid().to_string()
    }

    /// A number in `0.0..1.0`, for jitter.
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
    fn a_signature_holds_for_its_purpose_and_parts_alone() {
        let key = SecretKey::generate(&Entropy::seeded(1));
        let signature = key.sign("link", &[b"verify", b"row"]);
        assert!(key.verify("link", &[b"verify", b"row"], &signature));
        assert!(!key.verify("flash", &[b"verify", b"row"], &signature));
        assert!(!key.verify("link", &[b"verifyr", b"ow"], &signature));
        assert!(!key.verify("link", &[b"verify", b"row"], &signature[..31]));
    }

    #[test]
    fn a_secret_key_survives_being_written_down_and_nothing_else_parses() {
        let key = SecretKey::generate(&Entropy::seeded(2));
        assert_eq!(SecretKey::parse(&key.encode()).unwrap().encode(), key.encode());
        assert_eq!(SecretKey::parse("c2hvcnQ=").unwrap_err(), SecretKeyError);
        assert_eq!(SecretKey::parse("not base64!").unwrap_err(), SecretKeyError);
    }
}
