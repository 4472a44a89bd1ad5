//! What stands behind a term's prefix: sizes, dates, header fields.

use std::borrow::Cow;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::clock::Time;

/// `x-name:value` as a header has it, `X-Name: value`. What has no field name before its first colon stays: a time, an
/// address.
pub(super) fn field(value: &str) -> Cow<'_, str> {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    match value.split_once(':') {
        Some((name, rest)) if is_name(name) && !rest.starts_with("//") => {
            Cow::Owned(format!("{name}: {}", rest.trim()))
        }
        _ => Cow::Borrowed(value),
    }
}

/// `1234`, `1.5m`, `20 kb`; 1024-based.
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
    // Saturates; no message is that large.
    Some((number * factor) as i64)
}

/// Forms of a date without zone, most common first.
const FORMS: [&str; 16] = [
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
    "%d %b %Y",
    "%b %d %Y",
    "%d %B %Y",
    "%B %d %Y",
    "%Y%m%d",
];

pub(super) fn date(value: &str, zone: &TimeZone) -> Option<Time> {
    let value = value.trim().replace(',', "");
    if let Some(time) = Time::parse_rfc3339(&value) {
        return Some(time);
    }
    let parsed = FORMS.iter().find_map(|form| {
        let whole = DateTime::strptime(form, &value);
        whole.or_else(|_| jiff::civil::Date::strptime(form, &value).map(|d| d.at(0, 0, 0, 0))).ok()
    })?;
    parsed.to_zoned(zone.clone()).ok().map(|z| Time::from_millis(z.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_found_with_and_without_a_blank_behind_its_colon() {
        for same in ["X-Name:value", "X-Name: value", "X-Name:  value "] {
            assert_eq!(field(same), "X-Name: value");
        }
        for other in ["X-Name", "12:34:00", "https://a.example/b", "two words:x"] {
            assert_eq!(field(other), other);
        }
    }
}
