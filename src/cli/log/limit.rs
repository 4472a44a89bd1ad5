//! Limits the number of equal lines: one per kind and interval, with the number of those that were left out.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Minimum time between two lines of a kind.
const INTERVAL: Duration = Duration::from_secs(10);
/// Maximum number of kinds. The code has fewer; lines of further kinds are left out.
const MAX_KINDS: usize = 256;

thread_local! {
    /// Number of lines that were left out before the line that this thread is about to write.
    static LEFT_OUT: Cell<u64> = const { Cell::new(0) };
}

/// When the last line of each kind was written, and how many have been left out since.
#[derive(Default)]
pub(super) struct LineLimit(Mutex<HashMap<String, (Instant, u64)>>);

impl LineLimit {
    /// True if a line of this kind is written now. [`WithCount`] then adds the number of those that were not.
    pub(super) fn passes(&self, kind: &str) -> bool {
        let left_out = self.left_out(kind, Instant::now());
        LEFT_OUT.set(left_out.unwrap_or_default());
        left_out.is_some()
    }

    /// The number of lines left out before this one, or `None` if this one is left out too.
    fn left_out(&self, kind: &str, now: Instant) -> Option<u64> {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = kinds.len() >= MAX_KINDS;
        match kinds.get_mut(kind) {
            Some((written, left_out)) if now.duration_since(*written) < INTERVAL => {
                *left_out = left_out.saturating_add(1);
                None
            }
            Some(state) => Some(std::mem::replace(state, (now, 0)).1),
            None if is_full => None,
            None => {
                kinds.insert(kind.to_owned(), (now, 0));
                Some(0)
            }
        }
    }
}

/// Adds to a line how many of its kind were left out before it.
pub(super) struct WithCount<F>(pub F);

impl<S, N, F> FormatEvent<S, N> for WithCount<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        match LEFT_OUT.take() {
            0 => self.0.format_event(context, writer, event),
            left_out => {
                let mut line = String::new();
                self.0.format_event(context, Writer::new(&mut line), event)?;
                writeln!(writer, "{} ({left_out} more since the last such line)", line.trim_end())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn one_line_per_kind_and_interval_passes_with_the_number_of_the_others() {
        let limit = LineLimit::default();
        let start = Instant::now();
        assert_eq!(limit.left_out("a", start), Some(0));
        assert_eq!(limit.left_out("b", start), Some(0));
        assert!((0..7).all(|_| limit.left_out("a", start + INTERVAL / 2).is_none()));
        assert_eq!(limit.left_out("a", start + INTERVAL), Some(7));
        assert_eq!(limit.left_out("a", start + INTERVAL * 2), Some(0));
    }

    #[test]
    fn the_number_of_kinds_is_limited() {
        let limit = LineLimit::default();
        let passed = (0..MAX_KINDS + 10).filter(|n| limit.passes(&n.to_string())).count();
        assert_eq!((passed, limit.0.lock().unwrap().len()), (MAX_KINDS, MAX_KINDS));
    }

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_names_the_number_of_lines_left_out() {
        let buffer = Buffer::default();
        let written = buffer.clone();
        let format = WithCount(tracing_subscriber::fmt::format().without_time());
        let lines =
            tracing_subscriber::fmt::layer().event_format(format).with_ansi(false).with_writer(move || written.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            LEFT_OUT.set(12);
            tracing::warn!("one");
            tracing::warn!("two");
        });
        let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
        let ends: Vec<_> = text.lines().map(|line| line.rsplit(": ").next().unwrap()).collect();
        assert_eq!(ends, ["one (12 more since the last such line)", "two"]);
    }
}
