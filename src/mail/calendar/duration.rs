//! The duration of an event (RFC 5545 §3.3.6), such as `PT1H30M` or `P2D`, and the day before a day.

use jiff::Span;
use jiff::civil::{Date, DateTime};

use super::event_time::EventTime;

const TIME: &str = "%Y-%m-%d %H:%M";
const DAY: &str = "%Y-%m-%d";
/// The largest number of a duration. The largest event that makes sense is shorter by far.
const MAX_NUMBER: i64 = 1_000_000;

/// A duration of whole days and a time.
#[derive(Debug, PartialEq, Eq)]
struct EventDuration {
    days: i64,
    seconds: i64,
}

/// The time that is `duration` after `start`, in its time zone. `None` if the duration is invalid or not positive, if the
/// start is no time, and for a start without a time if the duration has one. Changes of the zone's clock are ignored.
pub(super) fn end_after(start: &EventTime, duration: &str) -> Option<EventTime> {
    let EventDuration { days, seconds } = read(duration)?;
    let span = Span::new().try_days(days).ok()?.try_seconds(seconds).ok()?;
    let text = match start.is_day {
        true if seconds == 0 => {
            Date::strptime(DAY, &start.text).ok()?.checked_add(span).ok()?.strftime(DAY).to_string()
        }
        true => return None,
        false => DateTime::strptime(TIME, &start.text).ok()?.checked_add(span).ok()?.strftime(TIME).to_string(),
    };
    Some(EventTime { text, ..start.clone() })
}

/// The day before `day`, as `2026-12-01`; `None` if it is no day.
pub(super) fn day_before(day: &EventTime) -> Option<String> {
    let date = Date::strptime(DAY, &day.text).ok().filter(|_| day.is_day)?;
    Some(date.yesterday().ok()?.strftime(DAY).to_string())
}

/// Reads a duration; `None` if it is invalid, negative or zero.
fn read(text: &str) -> Option<EventDuration> {
    let text = text.trim().to_ascii_uppercase();
    let text = text.strip_prefix('+').unwrap_or(&text).strip_prefix('P')?;
    let (date, time) = match text.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (text, ""),
    };
    let days = total(date, &[('W', 7), ('D', 1)])?;
    let seconds = total(time, &[('H', 3_600), ('M', 60), ('S', 1)])?;
    (days + seconds > 0).then_some(EventDuration { days, seconds })
}

/// The sum of numbers with their units, such as `1H30M`. Each unit occurs at most once, in the order of `units`.
fn total(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut sum = 0;
    for (unit, size) in units {
        let Some((number, rest)) = text.split_once(*unit) else { continue };
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse::<i64>().ok().filter(|number| is_number && *number <= MAX_NUMBER)?;
        sum += number * size;
        text = rest;
    }
    text.is_empty().then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(start: &str, duration: &str) -> Option<String> {
        let start = EventTime { text: start.into(), zone: "Asia/Seoul".into(), is_day: start.len() == 10 };
        let end = end_after(&start, duration)?;
        assert_eq!((end.zone, end.is_day), (start.zone, start.is_day));
        Some(end.text)
    }

    #[test]
    fn the_end_is_the_start_plus_the_duration() {
        for (start, duration, expected) in [
            ("2026-12-01 10:00", "PT1H30M", "2026-12-01 11:30"),
            ("2026-12-01 10:00", "+P1DT2H3M60S", "2026-12-02 12:04"),
            ("2026-12-01 10:00", "pt90m", "2026-12-01 11:30"),
            ("2026-12-31 23:30", "PT45M", "2027-01-01 00:15"),
            ("2028-02-28 10:00", "P1W", "2028-03-06 10:00"),
            ("2026-12-30", "P3D", "2027-01-02"),
        ] {
            assert_eq!(end(start, duration).as_deref(), Some(expected), "{start} {duration}");
        }
    }

    #[test]
    fn an_invalid_duration_gives_no_end() {
        for duration in [
            "",
            "P",
            "PT",
            "1H",
            "P1H",
            "PT1D",
            "PT1",
            "PTH",
            "PT-1H",
            "PT+1H",
            "PT1M1H",
            "PT1H1H",
            "P1DT",
            "-PT1H",
            "PT0S",
            "P1Y",
            "PT1.5H",
            "P한",
            "PT99999999999999999999H",
            "P1000000W",
        ] {
            assert_eq!(end("2026-12-01 10:00", duration), None, "{duration}");
        }
        assert_eq!(end("2026-12-01", "PT1H"), None);
        assert_eq!(end("soon", "PT1H"), None);
    }

    #[test]
    fn the_day_before_is_that_of_a_day_only() {
        let day = |text: &str, is_day| day_before(&EventTime { text: text.into(), zone: String::new(), is_day });
        assert_eq!(day("2027-01-01", true).as_deref(), Some("2026-12-31"));
        assert_eq!(day("2026-02-31", true), None);
        assert_eq!(day("2027-01-01 10:00", false), None);
    }
}
