//! An open connection that sends one message after another, until it is too old.

use std::sync::Arc;

use smtp_proto::EhloResponse;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Duration, Instant, timeout};

use crate::transport::interface::{Failure, FailureKind};

use super::settings::Settings;
use super::stream::{Client, Socket};

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
    pub client: Client,
    pub offered: EhloResponse<String>,
    opened: Instant,
    used: Instant,
    mails: u32,
}

impl SmtpConnection {
    pub fn new(settings: Arc<Settings>, client: Client, offered: EhloResponse<String>) -> Self {
        let now = Instant::now();
        SmtpConnection { settings, client, offered, opened: now, used: now, mails: 0 }
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
            && !self.client.stream.is_stale()
    }

    /// Sends QUIT without waiting for the reply.
    pub async fn close(mut self) {
        let stream = &mut self.client.stream;
        let quit = async { stream.write_all(b"QUIT\r\n").await.and(stream.flush().await) };
        let _ = timeout(GOODBYE, quit).await;
    }

    /// Sends QUIT and waits for the reply.
    pub async fn end(mut self) {
        self.client.timeout = GOODBYE;
        let _ = self.client.quit().await;
    }
}

/// Sends QUIT (RFC 5321 §4.1.1.10) and waits shortly for the reply, before a connection is closed because of `failure`.
/// Sends nothing if the server closed the connection or does not answer.
pub(super) async fn leave<S: Socket>(client: &mut Client<S>, failure: &Failure) {
    let is_answer = failure.code.is_some() || failure.class == FailureKind::Configuration;
    if is_answer && client.stream.is_answering() {
        client.timeout = GOODBYE;
        let _ = client.cmd("QUIT\r\n").await;
    }
}
