//! Parses the values of prefixed terms: sizes, dates, header fields.

use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use crate::clock::Time;

/// Splits `name:text` into the name of a header field and the text. `None` for values without a field name before the
/// first colon, such as times and URLs.
pub(super) fn field(value: &str) -> Option<(&str, &str)> {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    value.split_once(':').filter(|(name, text)| is_name(name) && !text.starts_with("//"))
}

/// Parses a size in bytes: `1234`, `1.5m`, `20 kb`. Units are powers of 1024.
pub(super) fn size(value: &str) -> Option<i64> {
    let value = value.trim().to_ascii_lowercase();
    let unit = value.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(value.len());
    let (number, unit) = value.split_at(unit);
    let factor = match unit.trim() {
        "" | "b" => 1.0,
        "k" | "kb" => 1024.0,
        "m" | "mb" => 1024.0 * 1024.0,
        _ => return None,
    };
    let number: f64 = number.trim().parse().ok().filter(|n: &f64| n.is_finite() && *n >= 0.0)?;
    // The conversion saturates; no message is that large.
    Some((number * factor) as i64)
}

/// Formats of a date without time zone, most common first.
const DAYS: [&str; 13] = [
    "%Y/%m/%d",
    "%Y-%m-%d",
    "%Y.%m.%d",
    // Before the longer format, which would parse 26 as the year 26.
    "%m/%d/%y",
    "%m/%d/%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d %Y",
    "%B %d %Y",
    "%a %b %d %Y",
    "%Y%m%d",
    "%Y-%m",
    "%Y",
];
/// Formats of a time after a date.
const TIMES: [&str; 6] = ["", " %H:%M:%S%.f", " %H:%M", " %I:%M:%S %p", " %I:%M %p", " %I:%M%p"];
/// Formats with a time zone, as `Date.toString` and `date` print them.
const ZONED: [&str; 3] = ["%a %b %d %Y %H:%M:%S GMT%z", "%Y-%m-%d %H:%M:%S%.f %z", "%Y-%m-%d %H:%M:%S%.f%z"];

/// Parses a date in one of many formats that programs print or users type. A date without a time zone is in `zone`.
pub(super) fn date(value: &str, zone: &TimeZone) -> Option<Time> {
    let value = value.trim();
    let whole = || Time::parse_rfc3339(value).or_else(|| mail_date(value)).or_else(|| unix(value));
    whole().or_else(|| {
        // Remove commas, and the zone name in parentheses after the offset.
        let plain = value.replace(',', "");
        let plain = plain.split_once(" (").map_or(plain.as_str(), |(date, _)| date);
        zoned(plain).or_else(|| local(plain, zone))
    })
}

fn mail_date(value: &str) -> Option<Time> {
    jiff::fmt::rfc2822::parse(value).ok().map(|zoned| Time::from_millis(zoned.timestamp().as_millisecond()))
}

/// Parses seconds (10 digits) or milliseconds (13 digits) since 1970.
fn unix(value: &str) -> Option<Time> {
    let number = || value.parse::<i64>().ok();
    match value.len() {
        10 => number().map(|seconds| Time::from_millis(seconds * 1_000)),
        13 => number().map(Time::from_millis),
        _ => None,
    }
}

fn zoned(value: &str) -> Option<Time> {
    let read = |form| strtime::parse(form, value).ok()?.to_timestamp().ok();
    ZONED.into_iter().find_map(read).map(|timestamp| Time::from_millis(timestamp.as_millisecond()))
}

fn local(value: &str, zone: &TimeZone) -> Option<Time> {
    let iso = || value.parse::<DateTime>().ok();
    let forms = || DAYS.into_iter().flat_map(|day| TIMES.into_iter().map(move |time| [day, time].concat()));
    let read = |form: String| civil(&form, value);
    let civil = iso().or_else(|| forms().find_map(read))?;
    civil.to_zoned(zone.clone()).ok().map(|zoned| Time::from_millis(zoned.timestamp().as_millisecond()))
}

/// Parses `value` by `form`. Missing parts default to January, the first day of the month, midnight.
fn civil(form: &str, value: &str) -> Option<DateTime> {
    let mut parsed = strtime::parse(form, value).ok()?;
    // A year with fewer digits is the start of something else.
    if parsed.year().is_some_and(|year| year < 1_000) {
        return None;
    }
    if parsed.month().is_none() {
        parsed.set_month(Some(1)).ok()?;
    }
    if parsed.day().is_none() {
        parsed.set_day(Some(1)).ok()?;
    }
    let time = parsed.to_time().unwrap_or_default();
    Some(parsed.to_date().ok()?.to_datetime(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_parsed_in_the_formats_that_programs_print() {
        let seoul = TimeZone::fixed(jiff::tz::offset(9));
        let at = |text: &str| Time::parse_rfc3339(text).unwrap();
        let moment = at("2026-11-24T12:02:46Z");
        for same in [
            "2026-11-24T21:02:46",
            "2026-11-24T21:02:46.000000",
            "2026-11-24 21:02:46.000",
            "2026-11-24 21:02:46+09:00",
            "2026-11-24 21:02:46 +0900",
            "Tue, 24 Nov 2026 12:02:46 GMT",
            "Tue, 24 Nov 2026 21:02:46 +0900",
            "Tue Nov 24 2026 21:02:46 GMT+0900 (Korean Standard Time)",
            "24 Nov 2026 21:02:46",
            "November 24, 2026 9:02:46 PM",
            "11/24/2026 09:02:46 pm",
            "2026.11.24 21:02:46",
            "1795521766",
            "1795521766000",
        ] {
            assert_eq!(date(same, &seoul), Some(moment), "{same}");
        }
        for (text, start) in [
            ("2026-11-24 21:02", "2026-11-24T21:02:00+09:00"),
            ("24 Nov 2026 9:02 PM", "2026-11-24T21:02:00+09:00"),
            ("11/24/26", "2026-11-24T00:00:00+09:00"),
            ("Tue Nov 24 2026", "2026-11-24T00:00:00+09:00"),
            ("20261124", "2026-11-24T00:00:00+09:00"),
            ("2026-11", "2026-11-01T00:00:00+09:00"),
            ("2026", "2026-01-01T00:00:00+09:00"),
        ] {
            assert_eq!(date(text, &seoul), Some(at(start)), "{text}");
        }
        for none in ["", "soon", "24", "2026-13-01", "12345678901234567890", "2026-11-24x"] {
            assert_eq!(date(none, &seoul), None, "{none}");
        }
    }

    #[test]
    fn a_header_term_has_a_name_and_a_text() {
        for (value, parts) in [
            ("X-Name:value", ("X-Name", "value")),
            ("X-Name: a:b ", ("X-Name", " a:b ")),
            ("x_name2:https://a.example", ("x_name2", "https://a.example")),
            ("X-Name:", ("X-Name", "")),
        ] {
            assert_eq!(field(value), Some(parts), "{value}");
        }
        for other in ["X-Name", "12:34:00", "https://a.example/b", "two words:x", ":x", ""] {
            assert_eq!(field(other), None, "{other}");
        }
    }
}
