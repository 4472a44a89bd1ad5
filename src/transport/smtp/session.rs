//! A connection that may send: one mail after another, with an age.

use std::sync::Arc;

use smtp_proto::EhloResponse;
use tokio::time::{Duration, Instant};

use super::settings::Settings;
use super::wire::Wire;

/// Servers close idle connections, some without a word; we are quicker.
const MAX_IDLE: Duration = Duration::from_secs(30);
/// A server that is drained or moved must lose us some time.
const MAX_AGE: Duration = Duration::from_secs(10 * 60);
/// For each half of taking leave.
const GOODBYE: Duration = Duration::from_secs(2);
/// Common servers refuse more on one connection.
const MAX_MAILS: u32 = 100;

pub(super) struct Session {
    pub settings: Arc<Settings>,
    pub wire: Wire,
    pub hello: EhloResponse<String>,
    born: Instant,
    used: Instant,
    mails: u32,
}

impl Session {
    pub fn new(settings: Arc<Settings>, wire: Wire, hello: EhloResponse<String>) -> Self {
        let now = Instant::now();
        Session { settings, wire, hello, born: now, used: now, mails: 0 }
    }

    pub fn count(&mut self) {
        self.mails += 1;
        self.used = Instant::now();
    }

    /// Whether another mail may be sent on it.
    pub fn is_fresh(&mut self) -> bool {
        self.mails < MAX_MAILS
            && self.born.elapsed() < MAX_AGE
            && self.used.elapsed() < MAX_IDLE
            && !self.wire.is_stale()
    }

    /// Says goodbye without waiting for the answer.
    pub async fn close(mut self) {
        let _ = self.wire.send(b"QUIT\r\n", GOODBYE).await;
    }

    /// Says goodbye and waits for the answer.
    pub async fn end(mut self) {
        if self.wire.send(b"QUIT\r\n", GOODBYE).await.is_ok() {
            let _ = self.wire.reply(GOODBYE).await;
        }
    }
}
