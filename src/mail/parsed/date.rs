//! The Date field with the offset its writer had.

use mail_parser::DateTime;

use crate::clock::Time;

/// When a mail says it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderDate {
    pub at: Time,
    /// Of the writer's clock from UTC, in minutes; `+0530` is 330.
    pub offset_minutes: i32,
}

impl HeaderDate {
    /// Reads an RFC 5322 date-time; obsolete zones included.
    pub(super) fn read(value: &str) -> Option<Self> {
        let date = DateTime::parse_rfc822(value).filter(DateTime::is_valid)?;
        let minutes = i32::from(date.tz_hour) * 60 + i32::from(date.tz_minute);
        Some(HeaderDate {
            at: Time::from_millis(date.to_timestamp().checked_mul(1_000)?),
            offset_minutes: if date.tz_before_gmt { -minutes } else { minutes },
        })
    }

    /// RFC 3339 in the writer's own offset; `Z` for none.
    pub fn rfc3339(&self) -> String {
        if self.offset_minutes == 0 {
            return self.at.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        }
        let offset = jiff::tz::Offset::from_seconds(self.offset_minutes * 60).unwrap_or(jiff::tz::Offset::UTC);
        let zoned = self.at.timestamp().to_zoned(offset.to_time_zone());
        zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
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
        assert_eq!(seen("soon"), None);
        assert_eq!(seen(""), None);
    }
}
