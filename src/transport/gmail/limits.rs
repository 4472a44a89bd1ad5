//! How long Google is waited for.

use std::time::Duration;

/// No request is without a limit: neither yup-oauth2 nor google-gmail1 has one of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// A whole request to the token or revocation address.
    pub form: Duration,
    /// An upload without its bytes.
    pub upload: Duration,
    /// More for each MiB of an upload: an uplink of 2 Mbit/s.
    pub upload_per_mib: Duration,
    /// The first wait before an interrupted upload is gone on with, at most; the next may be twice as long each.
    pub resume: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            form: Duration::from_secs(30),
            upload: Duration::from_secs(60),
            upload_per_mib: Duration::from_secs(4),
            resume: Duration::from_millis(500),
        }
    }
}

impl Limits {
    /// For an upload of this many bytes; three minutes and a half for the largest.
    pub fn upload_of(&self, bytes: usize) -> Duration {
        let mib = u32::try_from(bytes.div_ceil(1024 * 1024)).unwrap_or(u32::MAX);
        self.upload.saturating_add(self.upload_per_mib.saturating_mul(mib))
    }
}
