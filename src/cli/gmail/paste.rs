//! The pasted answer: lines of standard input until one of them is the answer.

use std::io::BufRead;

use tokio::sync::mpsc;

use crate::secret::Secret;
use crate::transport::gmail::{Consent, ConsentError};

/// Longest line that is looked at, in bytes; more is cut and then refused.
const MAX_LINE: u64 = 16 * 1024;

/// Waits for a line that answers `consent`; for ever when standard input ends, since a redirect may still come.
///
/// # Errors
/// The denial, if the answer is one.
pub(super) async fn answer(consent: &Consent) -> Result<Secret<String>, ConsentError> {
    let mut lines = lines();
    while let Some(line) = lines.recv().await {
        match consent.pasted(&line) {
            Err(ConsentError::NoAnswer) if line.trim().is_empty() => {}
            Err(again @ (ConsentError::NoAnswer | ConsentError::OtherState)) => {
                eprintln!("{again}; paste it again:");
            }
            verdict => return verdict,
        }
    }
    std::future::pending().await
}

/// A thread of its own: a read of standard input cannot be abandoned, and must not keep the runtime from ending.
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
