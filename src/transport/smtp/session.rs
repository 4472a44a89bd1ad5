//! A connection that may send: one mail after another, with an age.

use std::sync::{Arc, Mutex, PoisonError};

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
    pub proof: Arc<Proof>,
    pub wire: Wire,
    pub hello: EhloResponse<String>,
    born: Instant,
    used: Instant,
    mails: u32,
}

/// When the server last took a mail of ours, on any connection.
#[derive(Default)]
pub(super) struct Proof(Mutex<Option<Instant>>);

impl Proof {
    pub fn give(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    pub fn is_fresh(&self) -> bool {
        let at = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        at.is_some_and(|at| at.elapsed() < MAX_AGE)
    }
}

impl Session {
    pub fn new(settings: Arc<Settings>, wire: Wire, hello: EhloResponse<String>) -> Self {
        let now = Instant::now();
        Session { settings, proof: Arc::default(), wire, hello, born: now, used: now, mails: 0 }
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
