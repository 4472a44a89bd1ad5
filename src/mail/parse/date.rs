//! The Date field, with the UTC offset of the sender.

use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::clock::Time;

/// The time at which a message was written, according to its Date field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderDate {
    pub at: Time,
    /// Offset of the sender's clock from UTC in minutes; `+0530` is 330.
    pub offset_minutes: i32,
}

impl HeaderDate {
    /// The date in a Date field, and true if a field that is not empty had to be repaired, is in a form of ISO 8601, or
    /// holds no date.
    pub(super) fn read(value: &str) -> (Option<Self>, bool) {
        match HeaderDate::read_rfc5322(value) {
            Some((date, is_flawed)) => (Some(date), is_flawed),
            None => (HeaderDate::read_iso8601(value), !value.is_empty()),
        }
    }

    /// Parses an RFC 5322 date-time with its obsolete forms, and the forms of C's `asctime` and of full month names.
    /// Without a known zone the time is in UTC. `None` for a day that the month does not have. The flag is true if the
    /// time or the zone had to be repaired.
    fn read_rfc5322(value: &str) -> Option<(Self, bool)> {
        let mut fields = DateFields::default();
        // No date is longer than this.
        for token in simplified(value.get(..MAX_DATE).unwrap_or(value)).split([' ', ',']).filter(|t| !t.is_empty()) {
            let is_day = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()) || month(text).is_some();
            match token.split_once('-').filter(|(day, _)| !day.is_empty() && is_day(day)) {
                // 21-Nov-2026
                Some(_) => token.split('-').for_each(|token| fields.add(token)),
                None => fields.add(token),
            }
        }
        fields.date().map(|date| (date, fields.is_flawed))
    }

    /// Parses the forms of ISO 8601 and RFC 3339 that begin with a year, with any of the usual separators.
    fn read_iso8601(value: &str) -> Option<Self> {
        let text = simplified(value.get(..MAX_DATE).unwrap_or(value));
        let (date, rest) = text.trim().split_once(['T', 't', ' ', '_'])?;
        let mut fields = DateFields::default();
        (fields.year, fields.month, fields.day) = iso_date(date)?;
        let rest = rest.trim_start();
        let end = rest.find(|c: char| !(c.is_ascii_digit() || ":.,".contains(c))).unwrap_or(rest.len());
        let (time, zone) = rest.split_at_checked(end)?;
        fields.time = Some(iso_time(time).filter(|_| zone.is_ascii())?);
        zone.split(' ').filter(|token| !token.is_empty()).for_each(|token| fields.add(token));
        fields.date()
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

const MAX_DATE: usize = 200;

/// The value without comments, and without blanks around colons.
fn simplified(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut depth = 0_usize;
    for c in value.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            c if c.is_whitespace() => {
                if !out.ends_with(':') {
                    out.push(' ');
                }
            }
            ':' => {
                out.truncate(out.trim_end_matches(' ').len());
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// What has been read of a date.
#[derive(Default)]
struct DateFields {
    day: Option<i8>,
    month: Option<i8>,
    year: Option<i16>,
    time: Option<(i8, i8, i8)>,
    offset_minutes: Option<i32>,
    /// True if the time or the zone is in a form that RFC 5322 does not have.
    is_flawed: bool,
}

impl DateFields {
    fn add(&mut self, token: &str) {
        let first = token.bytes().next().unwrap_or_default();
        match (first, self.time) {
            (b'+' | b'-', Some(_)) => self.add_zone(token),
            (b'0'..=b'9', None) if token.contains(':') || self.is_dotted_time(token) => self.add_time(token),
            (b'0'..=b'9', _) if self.day.is_none() && token.len() <= 2 => self.day = token.parse().ok(),
            (b'0'..=b'9', _) if self.year.is_none() => self.year = year(token),
            (b'a'..=b'z' | b'A'..=b'Z', Some((hour, minute, second))) if is_half_of_day(token) => {
                let hour = hour % 12 + if token.starts_with(['p', 'P']) { 12 } else { 0 };
                self.time = Some((hour, minute, second));
            }
            // `GMT+0900`
            (b'a'..=b'z' | b'A'..=b'Z', Some(_)) if token.contains(['+', '-']) => {
                let zone = token.find(['+', '-']).and_then(|at| token.get(at..));
                self.add_zone(zone.unwrap_or_default());
            }
            (b'a'..=b'z' | b'A'..=b'Z', _) => match month(token).filter(|_| self.month.is_none()) {
                Some(month) => self.month = Some(month),
                None if self.time.is_some() => self.offset_minutes = self.offset_minutes.or_else(|| named_zone(token)),
                None => {}
            },
            _ => {}
        }
    }

    /// True for `10.00.00`, behind the day and the month: a date may be written so too.
    fn is_dotted_time(&self, token: &str) -> bool {
        let (clock, _) = clock_and_rest(token);
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let mut parts = clock.split('.');
        let is_hour = parts.next().is_some_and(|hour| hour.len() <= 2 && is_number(hour));
        let rest: Vec<&str> = parts.collect();
        let is_time = (1..=2).contains(&rest.len()) && rest.iter().all(|part| part.len() == 2 && is_number(part));
        is_hour && is_time && self.day.is_some() && self.month.is_some()
    }

    /// Reads the time of day, its fraction, and what stands behind it without a blank: a zone, or the half of the day.
    fn add_time(&mut self, token: &str) {
        let (clock, rest) = clock_and_rest(token);
        let is_dotted = !clock.contains(':');
        self.time = match is_dotted {
            true => time(&clock.replace('.', ":")),
            false => time(clock.split('.').next().unwrap_or_default()),
        };
        self.is_flawed |= is_dotted || clock.contains('.') || !rest.is_empty();
        if self.time.is_some() && !rest.is_empty() {
            self.add(rest);
        }
    }

    /// Reads `+0900`. The first zone counts.
    fn add_zone(&mut self, token: &str) {
        if self.offset_minutes.is_none() {
            let zone = numeric_zone(token);
            self.is_flawed |= zone.is_none_or(|(_, is_short)| is_short);
            self.offset_minutes = zone.map(|(minutes, _)| minutes);
        }
    }

    fn date(&self) -> Option<HeaderDate> {
        let (hour, minute, second) = self.time?;
        // A leap second counts as the first one of the next minute.
        let is_leap = second == 60;
        let second = if is_leap { 59 } else { second };
        let local = DateTime::new(self.year?, self.month?, self.day?, hour, minute, second, 0).ok()?;
        let offset_minutes = self.offset_minutes.unwrap_or_default();
        let offset = Offset::from_seconds(offset_minutes * 60).ok()?;
        let millis = offset.to_timestamp(local).ok()?.as_millisecond() + if is_leap { 1_000 } else { 0 };
        Some(HeaderDate { at: Time::from_millis(millis), offset_minutes })
    }
}

/// `2026-11-21`, `2026/11/21` or `20261121`.
fn iso_date(text: &str) -> Option<(Option<i16>, Option<i8>, Option<i8>)> {
    let parts: Vec<&str> = match text.len() {
        8 if text.is_ascii() => vec![text.get(..4)?, text.get(4..6)?, text.get(6..)?],
        _ => text.split(['-', '/', '.']).collect(),
    };
    let [year, month, day] = parts.as_slice() else { return None };
    let is_number = |text: &&&str| text.bytes().all(|byte| byte.is_ascii_digit());
    let year = Some(year).filter(|year| year.len() == 4 && is_number(year))?.parse().ok()?;
    let part = |text: &str| Some(text).filter(|text| (1..=2).contains(&text.len()) && is_number(&text))?.parse().ok();
    Some((Some(year), Some(part(month)?), Some(part(day)?)))
}

/// `12:34:00.123`, `12:34` or `123400`.
fn iso_time(text: &str) -> Option<(i8, i8, i8)> {
    let whole = text.split(['.', ',']).next()?;
    if whole.contains(':') {
        return time(whole);
    }
    let digits = |range: std::ops::Range<usize>| whole.get(range)?.parse().ok();
    let second = if whole.len() == 6 { digits(4..6)? } else { 0 };
    (whole.len() == 4 || whole.len() == 6).then_some((digits(0..2)?, digits(2..4)?, second))
}

fn is_half_of_day(token: &str) -> bool {
    token.eq_ignore_ascii_case("am") || token.eq_ignore_ascii_case("pm")
}

fn time(token: &str) -> Option<(i8, i8, i8)> {
    let mut numbers = token.split(':').map(str::parse::<i8>);
    let (hour, minute) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    Some((hour, minute, numbers.next().unwrap_or(Ok(0)).ok()?))
}

/// Years of two or three digits are of the last century (RFC 5322 §4.3).
fn year(token: &str) -> Option<i16> {
    let year: i16 = token.parse().ok()?;
    Some(match token.len() {
        1 | 2 if year < 50 => year + 2_000,
        1..=3 => year + 1_900,
        _ => year,
    })
}

fn month(token: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = token.get(..3)?;
    let at = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(start))?;
    i8::try_from(at + 1).ok()
}

/// The digits, colons and dots at the beginning of `token`, and the rest.
fn clock_and_rest(token: &str) -> (&str, &str) {
    token.split_at(token.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(token.len()))
}

/// The minutes of `+0900`, `+09:00` or `+09`, and true if a digit of the hour is missing: `+900` or `+9`.
fn numeric_zone(token: &str) -> Option<(i32, bool)> {
    let digits: String = token.chars().filter(char::is_ascii_digit).take(5).collect();
    let number: i32 = digits.parse().ok()?;
    let number = match digits.len() {
        1 | 2 => number * 100,
        3 | 4 => number,
        _ => return None,
    };
    let minutes = number / 100 * 60 + number % 100;
    let minutes = if token.starts_with('-') { -minutes } else { minutes };
    (number / 100 < 24 && number % 100 < 60).then_some((minutes, digits.len() % 2 == 1))
}

fn named_zone(token: &str) -> Option<i32> {
    const ZONES: [(&str, i32); 14] = [
        ("ut", 0),
        ("utc", 0),
        ("gmt", 0),
        ("z", 0),
        ("est", -5),
        ("edt", -4),
        ("cst", -6),
        ("cdt", -5),
        ("mst", -7),
        ("mdt", -6),
        ("pst", -8),
        ("pdt", -7),
        ("kst", 9),
        ("jst", 9),
    ];
    ZONES.iter().find(|(name, _)| name.eq_ignore_ascii_case(token)).map(|(_, hours)| hours * 60)
}

#[cfg(test)]
mod tests;
