//! Timeouts for requests to Google.

use std::time::Duration;

/// Every request has a timeout of ours: google-gmail1 sets none, and yup-oauth2 none by default.
#[derive(Clone, Copy, Debug)]
pub(super) struct GmailTimeouts {
    /// For a whole request to the token or revocation endpoint.
    pub form: Duration,
    /// For an upload, not counting its bytes.
    pub upload: Duration,
    /// Added for each MiB of an upload; allows for an uplink of 2 Mbit/s.
    pub upload_per_mib: Duration,
    /// The longest first wait before an interrupted upload is resumed; it doubles with each further interruption.
    pub resume: Duration,
}

impl Default for GmailTimeouts {
    fn default() -> Self {
        GmailTimeouts {
            form: Duration::from_secs(30),
            upload: Duration::from_secs(60),
            upload_per_mib: Duration::from_secs(4),
            resume: Duration::from_millis(500),
        }
    }
}

impl GmailTimeouts {
    /// The timeout for an upload of `bytes` bytes: 3.5 minutes for the largest message.
    pub fn upload_of(&self, bytes: usize) -> Duration {
        let mib = u32::try_from(bytes.div_ceil(1024 * 1024)).unwrap_or(u32::MAX);
        self.upload.saturating_add(self.upload_per_mib.saturating_mul(mib))
    }
}
