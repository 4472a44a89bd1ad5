//! The progress of work that takes longer than a second: a bar with rate and remaining time on a terminal, else one line
//! every ten seconds. Both go to standard error.

use std::io::{self, IsTerminal as _, Read, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::signals::Interruption;

/// Work that is done sooner has no progress.
const QUIET: Duration = Duration::from_secs(1);
/// Time between two lines.
const INTERVAL: Duration = Duration::from_secs(10);

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressUnit {
    Bytes,
    Messages,
}

/// The progress of one piece of work.
pub struct Progress {
    label: &'static str,
    unit: ProgressUnit,
    started: Instant,
    lines: LineTimer,
    bar: Option<ProgressBar>,
    is_terminal: bool,
    done: u64,
    total: u64,
}

impl Progress {
    /// `total` may change later.
    pub fn new(label: &'static str, unit: ProgressUnit, total: u64) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let lines = LineTimer { next: INTERVAL };
        Progress { label, unit, started: Instant::now(), lines, bar: None, is_terminal, done: 0, total }
    }

    pub fn add(&mut self, amount: u64) {
        self.set(self.done.saturating_add(amount), self.total);
    }

    pub fn set(&mut self, done: u64, total: u64) {
        (self.done, self.total) = (done, total);
        let elapsed = self.started.elapsed();
        if self.is_terminal {
            if elapsed >= QUIET {
                self.draw();
            }
        } else if self.lines.is_due(elapsed) {
            // A closed standard error is no reason to stop.
            let _ = writeln!(std::io::stderr(), "{}", line(self.label, self.unit, done, total, elapsed));
        }
    }

    fn draw(&mut self) {
        let total = self.total;
        // The bar's own rate would begin with the bar, which appears later than the work.
        let amounts = amounts(self.unit, self.done, total, self.started.elapsed());
        let label = self.label;
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{prefix} [{bar:30}] {msg}") {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_prefix(label);
            bar
        });
        bar.set_message(amounts);
        bar.set_length(total.max(self.done));
        bar.set_position(self.done);
    }
}

impl Drop for Progress {
    /// Removes the bar, so that the result of the command stands alone.
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// Reads a file with progress, until a signal interrupts it.
pub struct CountingReader<'i, R> {
    inner: R,
    progress: Progress,
    interruption: &'i Interruption,
}

impl<'i, R: Read> CountingReader<'i, R> {
    /// `total`: the bytes of the file.
    pub fn new(inner: R, label: &'static str, total: u64, interruption: &'i Interruption) -> Self {
        CountingReader { inner, progress: Progress::new(label, ProgressUnit::Bytes, total), interruption }
    }
}

impl<R: Read> Read for CountingReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.interruption.is_set() {
            // Not `Interrupted`, after which readers try again.
            return Err(io::Error::other("interrupted"));
        }
        let count = self.inner.read(buffer)?;
        self.progress.add(count as u64);
        Ok(count)
    }
}

/// When the next line is due.
struct LineTimer {
    next: Duration,
}

impl LineTimer {
    fn is_due(&mut self, elapsed: Duration) -> bool {
        let is_due = elapsed >= self.next;
        if is_due {
            self.next = elapsed + INTERVAL;
        }
        is_due
    }
}

/// `copying: 40 % (4.0 MiB of 10.0 MiB), 1.0 MiB/s, 6 s left`.
fn line(label: &str, unit: ProgressUnit, done: u64, total: u64, elapsed: Duration) -> String {
    format!("{label}: {}", amounts(unit, done, total, elapsed))
}

/// Share, amounts, the rate since the start, and the time that remains at that rate.
fn amounts(unit: ProgressUnit, done: u64, total: u64, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64().max(0.001);
    let rate = done as f64 / seconds;
    let total = total.max(done);
    let percent = (done.saturating_mul(100)).checked_div(total).unwrap_or(0);
    let left = if rate > 0.0 { (total - done) as f64 / rate } else { 0.0 };
    let (done, total, rate) = match unit {
        ProgressUnit::Bytes => (mebibytes(done as f64), mebibytes(total as f64), mebibytes(rate)),
        ProgressUnit::Messages => (done.to_string(), total.to_string(), format!("{rate:.0}")),
    };
    format!("{percent} % ({done} of {total}), {rate}/s, {left:.0} s left")
}

fn mebibytes(bytes: f64) -> String {
    format!("{:.1} MiB", bytes / 1_048_576.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_share_rate_and_remaining_time() {
        let bytes = line("copying", ProgressUnit::Bytes, 4 << 20, 10 << 20, Duration::from_secs(4));
        assert_eq!(bytes, "copying: 40 % (4.0 MiB of 10.0 MiB), 1.0 MiB/s, 6 s left");
        let messages = line("importing", ProgressUnit::Messages, 30, 30, Duration::from_secs(10));
        assert_eq!(messages, "importing: 100 % (30 of 30), 3/s, 0 s left");
        line("x", ProgressUnit::Bytes, 0, 0, Duration::ZERO);
    }

    #[test]
    fn lines_are_ten_seconds_apart() {
        let mut timer = LineTimer { next: INTERVAL };
        let due = [0, 9, 10, 11, 19, 20, 55, 60, 65].map(|at| timer.is_due(Duration::from_secs(at)));
        assert_eq!(due, [false, false, true, false, false, true, true, false, true]);
    }
}
