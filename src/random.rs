//! Randomness: the source of random bytes, tokens, ids and jitter.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::clock::Time;

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
        #[expect(clippy::disallowed_methods, reason = "the one place that reads random bytes")]
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
