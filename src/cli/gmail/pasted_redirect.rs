//! Reads a pasted redirect address from standard input.

use std::io::BufRead;

use tokio::sync::mpsc;

use crate::secret::Secret;
use crate::transport::gmail::{Consent, ConsentError};

/// The longest line that is read, in bytes; a longer one is cut and then rejected.
const MAX_LINE: u64 = 16 * 1024;

/// Reads lines until one is a response to `consent`. At the end of standard input it waits forever, since the redirect
/// may still arrive.
///
/// # Errors
/// When the user denied access.
pub(super) async fn pasted_response(consent: &Consent) -> Result<Secret<String>, ConsentError> {
    let mut lines = lines();
    while let Some(line) = lines.recv().await {
        match consent.parse_pasted_redirect(&line) {
            Err(ConsentError::NoAnswer) if line.trim().is_empty() => {}
            Err(again @ (ConsentError::NoAnswer | ConsentError::OtherState)) => {
                eprintln!("{again}; paste it again:");
            }
            result => return result,
        }
    }
    std::future::pending().await
}

/// Reads lines on a separate thread: a read of standard input cannot be cancelled and would block the runtime's
/// shutdown.
fn lines() -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel(1);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        loop {
            let mut line = Vec::new();
            let read = std::io::Read::take(&mut input, MAX_LINE).read_until(b'\n', &mut line);
            let ended = !matches!(read, Ok(1..));
            if ended || send.blocking_send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
    receive
}
