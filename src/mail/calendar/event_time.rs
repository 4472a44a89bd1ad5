//! When an event starts or ends.

/// A time as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventTime {
    /// `2026-12-01 10:00`, or `2026-12-01` for a whole day; the value as written if it has another form.
    pub text: String,
    /// The name of the time zone, `UTC`, or empty for a time without one.
    pub zone: String,
    /// True for a date without a time.
    pub is_day: bool,
}
