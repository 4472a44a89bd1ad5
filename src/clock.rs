//! Time values and the clock. Code below `lib` receives a [`Clock`] and never reads the system time itself.

use std::ops::{Add, Sub};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How far the clocks of the machines that share a database may differ.
const SKEW: Duration = Duration::from_secs(60);

/// An instant, in milliseconds since 1970-01-01T00:00:00Z; the unit of every time column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    pub const fn from_millis(millis: i64) -> Self {
        Time(millis)
    }

    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The duration since `earlier`; zero if `earlier` is later than `self`.
    pub fn since(self, earlier: Time) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// True if this end of a wait is still to come. No wait is longer than `longest`: an end further off was set while
    /// the clock was wrong, and counts as over.
    pub fn is_pending(self, now: Time, longest: Duration) -> bool {
        self > now && self <= now.last_end(longest)
    }

    /// The latest end of a wait that may have begun before now: the rule of [`Time::is_pending`], for the stores.
    pub fn last_end(self, longest: Duration) -> Time {
        self + longest + SKEW
    }

    /// The time of the last change of a file; `None` if the system does not tell it.
    pub fn of_file(metadata: &std::fs::Metadata) -> Option<Time> {
        let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok().map(Time)
    }

    /// RFC 3339 in UTC, with milliseconds: `2026-11-21T03:34:00.000Z`.
    pub fn rfc3339(self) -> String {
        format!("{:.3}", self.timestamp())
    }

    /// RFC 5322 date-time in UTC: `Sat, 21 Nov 2026 03:34:00 +0000`.
    pub fn rfc5322(self) -> String {
        self.timestamp().strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
    }

    /// Parses an RFC 3339 time with any offset.
    pub fn parse_rfc3339(text: &str) -> Option<Time> {
        text.parse::<jiff::Timestamp>().ok().map(|at| Time(at.as_millisecond()))
    }

    /// The same instant as a `jiff` timestamp. A time outside the years -9999 to 9999 becomes the epoch.
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

/// As [`Time::rfc3339`].
impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339())
    }
}

/// As [`Time::parse_rfc3339`].
impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Time::parse_rfc3339(&text).ok_or_else(|| D::Error::custom("expected an RFC 3339 time"))
    }
}

impl Add<Duration> for Time {
    type Output = Time;
    fn add(self, span: Duration) -> Time {
        Time(self.0.saturating_add(millis(span)))
    }
}

impl Sub<Duration> for Time {
    type Output = Time;
    fn sub(self, span: Duration) -> Time {
        Time(self.0.saturating_sub(millis(span)))
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// At most `count` events in any `window`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// At least 1.
    pub count: u32,
    /// Longer than zero.
    pub window: Duration,
}

/// A source of the current time.
#[derive(Clone, Debug, Default)]
pub struct Clock(ClockSource);

#[derive(Clone, Debug, Default)]
enum ClockSource {
    #[default]
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    pub fn system() -> Self {
        Clock(ClockSource::System)
    }

    /// A clock that changes only by [`Clock::advance`]. Its clones share its time.
    pub fn manual(start: Time) -> Self {
        Clock(ClockSource::Manual(Arc::new(AtomicI64::new(start.millis()))))
    }

    pub fn now(&self) -> Time {
        match &self.0 {
            ClockSource::System => {
                #[expect(clippy::disallowed_methods, reason = "the one place that reads the time")]
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Time(millis(since))
            }
            ClockSource::Manual(at) => Time(at.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock back, as when a wrong clock is corrected. Has no effect on the system clock.
    pub fn set_back(&self, span: Duration) {
        if let ClockSource::Manual(at) = &self.0 {
            at.fetch_sub(millis(span), Ordering::SeqCst);
        }
    }

    /// Moves a manual clock forward. Has no effect on the system clock.
    pub fn advance(&self, span: Duration) {
        if let ClockSource::Manual(at) = &self.0 {
            at.fetch_add(millis(span), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_format_as_rfc_3339_and_rfc_5322() {
        let at = Time::from_millis(1_795_232_040_123);
        assert_eq!(at.rfc3339(), "2026-11-21T03:34:00.123Z");
        assert_eq!(at.rfc5322(), "Sat, 21 Nov 2026 03:34:00 +0000");
        assert_eq!(Time::parse_rfc3339("2026-11-21T12:34:00.123+09:00"), Some(at));
    }

    #[test]
    fn a_wait_is_over_at_its_end_and_if_its_end_is_further_off_than_any_wait() {
        let (now, longest) = (Time::from_millis(0), Duration::from_secs(3600));
        for (end, pending) in
            [(-1, false), (0, false), (1, true), (3_600_000, true), (3_660_000, true), (3_660_001, false)]
        {
            assert_eq!(Time::from_millis(end).is_pending(now, longest), pending, "{end}");
        }
        assert!(!Time::from_millis(i64::MAX).is_pending(now, longest));
    }

    #[test]
    fn a_manual_clock_and_its_clones_move_only_by_advance() {
        let clock = Clock::manual(Time::from_millis(1_000));
        let clone = clock.clone();
        clock.advance(Duration::from_secs(2));
        assert_eq!(clone.now(), Time::from_millis(3_000));
        assert_eq!(clone.now().since(Time::from_millis(9_000)), Duration::ZERO);
    }
}
