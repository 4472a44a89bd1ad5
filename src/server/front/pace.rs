//! The least rate of a body or an answer.

use std::time::Duration;

use tokio::time::Instant;

/// Bytes moved in consecutive windows while bytes are due from the client, or to it.
#[derive(Debug, Default)]
pub struct Pace {
    /// When the window began, and the bytes moved since; `None` while nothing is due.
    window: Option<(Instant, u64)>,
}

impl Pace {
    /// Bytes are due from now on.
    pub fn start(&mut self, now: Instant) {
        self.window.get_or_insert((now, 0));
    }

    /// Nothing is due.
    pub fn stop(&mut self) {
        self.window = None;
    }

    pub fn add(&mut self, bytes: usize) {
        if let Some((_, moved)) = &mut self.window {
            *moved = moved.saturating_add(bytes as u64);
        }
    }

    /// When the window ends.
    pub fn deadline(&self, length: Duration) -> Option<Instant> {
        self.window.map(|(since, _)| since + length)
    }

    /// True if a window has ended and fewer than `least` bytes moved in it. Otherwise the next window begins.
    pub fn is_too_slow(&mut self, now: Instant, length: Duration, least: u64) -> bool {
        match self.window {
            Some((since, moved)) if now >= since + length => {
                self.window = Some((now, 0));
                moved < least
            }
            _ => false,
        }
    }
}
