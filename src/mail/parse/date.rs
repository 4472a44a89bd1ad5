//! The Date field, with the UTC offset of the sender.

use std::borrow::Cow;

use mail_parser::DateTime;

use crate::clock::Time;

/// The time at which a message was written, according to its Date field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderDate {
    pub at: Time,
    /// Offset of the sender's clock from UTC in minutes; `+0530` is 330.
    pub offset_minutes: i32,
}

impl HeaderDate {
    /// Parses an RFC 5322 date-time, obsolete zones included. `None` for a day that the month does not have.
    pub(super) fn read(value: &str) -> Option<Self> {
        let date = DateTime::parse_rfc822(&with_seconds(value)).filter(is_real)?;
        let minutes = i32::from(date.tz_hour) * 60 + i32::from(date.tz_minute);
        Some(HeaderDate {
            at: Time::from_millis(date.to_timestamp().checked_mul(1_000)?),
            offset_minutes: if date.tz_before_gmt { -minutes } else { minutes },
        })
    }

    /// RFC 3339 with the sender's offset; `Z` for UTC.
    pub fn rfc3339(&self) -> String {
        if self.offset_minutes == 0 {
            return self.at.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        }
        let offset = jiff::tz::Offset::from_seconds(self.offset_minutes * 60).unwrap_or(jiff::tz::Offset::UTC);
        let zoned = self.at.timestamp().to_zoned(offset.to_time_zone());
        zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
}

/// `03:04` as `03:04:00`. Without seconds, the parser reads a named zone after the time as seconds.
fn with_seconds(value: &str) -> Cow<'_, str> {
    let Some(colon) = value.find(':') else { return Cow::Borrowed(value) };
    let end = value.bytes().enumerate().skip(colon + 1).find(|(_, b)| !b.is_ascii_digit());
    match end {
        Some((end, byte)) if byte != b':' && end == colon + 3 => {
            let (before, after) = value.split_at(end);
            Cow::Owned([before, ":00", after].concat())
        }
        _ => Cow::Borrowed(value),
    }
}

fn is_real(date: &DateTime) -> bool {
    // A leap second counts as the first one of the next minute.
    let date = DateTime { second: date.second - u8::from(date.second == 60), ..*date };
    let (year, month, day) = (i16::try_from(date.year), i8::try_from(date.month), i8::try_from(date.day));
    let (Ok(year), Ok(month), Ok(day)) = (year, month, day) else { return false };
    date.is_valid() && jiff::civil::Date::new(year, month, day).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_keeps_its_offset() {
        let seen = |text| HeaderDate::read(text).map(|d| d.rfc3339());
        assert_eq!(seen("Sat, 21 Nov 2026 12:34:00 +0900").as_deref(), Some("2026-11-21T12:34:00+09:00"));
        assert_eq!(seen("Sat, 21 Nov 2026 12:34:00 -0330").as_deref(), Some("2026-11-21T12:34:00-03:30"));
        assert_eq!(seen("21 Nov 2026 12:34:00 GMT").as_deref(), Some("2026-11-21T12:34:00Z"));
        for text in ["2 Jan 2023 03:04 EST", "2 Jan 23 03:04 EST", "Mon, 2 Jan 2023 03:04:00 -0500 (EST)"] {
            assert_eq!(seen(text).as_deref(), Some("2023-01-02T03:04:00-05:00"), "{text}");
        }
        assert_eq!(seen("31 Dec 2016 23:59:60 +0000").as_deref(), Some("2017-01-01T00:00:00Z"));
        for text in
            ["soon", "31 Feb 2023 03:04:05 +0000", "29 Feb 2023 03:04 +0000", "1 Jan 2023 03:04:61 GMT", "12:34"]
        {
            assert_eq!(seen(text), None, "{text}");
        }
        assert_eq!(seen(""), None);
    }
}
