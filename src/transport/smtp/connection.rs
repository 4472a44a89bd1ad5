//! An open connection that sends one message after another, until it is too old.

use std::sync::Arc;

use smtp_proto::EhloResponse;
use tokio::time::{Duration, Instant};

use super::settings::Settings;
use super::wire::SmtpStream;

/// Servers close idle connections, some without a reply; this is shorter than their timeouts.
const MAX_IDLE: Duration = Duration::from_secs(30);
/// Limits how long a connection stays with a server that is being drained or moved.
const MAX_AGE: Duration = Duration::from_secs(10 * 60);
/// Timeout for sending QUIT, and for its reply.
const GOODBYE: Duration = Duration::from_secs(2);
/// Common servers accept no more messages on one connection.
const MAX_MAILS: u32 = 100;

pub(super) struct SmtpConnection {
    pub settings: Arc<Settings>,
    pub wire: SmtpStream,
    pub hello: EhloResponse<String>,
    opened: Instant,
    used: Instant,
    mails: u32,
}

impl SmtpConnection {
    pub fn new(settings: Arc<Settings>, wire: SmtpStream, hello: EhloResponse<String>) -> Self {
        let now = Instant::now();
        SmtpConnection { settings, wire, hello, opened: now, used: now, mails: 0 }
    }

    /// Counts a message that was sent.
    pub fn count(&mut self) {
        self.mails += 1;
        self.used = Instant::now();
    }

    /// True if another message may be sent on it.
    pub fn is_fresh(&mut self) -> bool {
        self.mails < MAX_MAILS
            && self.opened.elapsed() < MAX_AGE
            && self.used.elapsed() < MAX_IDLE
            && !self.wire.is_stale()
    }

    /// Sends QUIT without waiting for the reply.
    pub async fn close(mut self) {
        let _ = self.wire.send(b"QUIT\r\n", GOODBYE).await;
    }

    /// Sends QUIT and waits for the reply.
    pub async fn end(mut self) {
        if self.wire.send(b"QUIT\r\n", GOODBYE).await.is_ok() {
            let _ = self.wire.reply(GOODBYE).await;
        }
    }
}
