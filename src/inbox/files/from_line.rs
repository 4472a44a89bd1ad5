//! Recognizes separator lines of mbox files (RFC 4155 appendix A): `From `, a sender and a date in one of many formats.
//! A paragraph that starts with `From ` must not count as a separator.

/// Maximum bytes of a line that are examined.
const MAX_LINE: usize = 1_000;

const NAMES: [&str; 19] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Mon", "Tue", "Wed", "Thu",
    "Fri", "Sat", "Sun",
];

/// Returns true if `line` has the full form: an address and a date in asctime format. Such a line can separate messages
/// without an empty line before it, which some programs omit.
pub(super) fn is_full_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let rest = String::from_utf8_lossy(rest.get(..MAX_LINE).unwrap_or(rest));
    let words: Vec<&str> = rest.split_whitespace().collect();
    let [sender, weekday, month, day, time, .., year] = words.as_slice() else { return false };
    sender.contains('@')
        && NAMES.contains(weekday)
        && NAMES.contains(month)
        && day.parse().is_ok_and(|day: u8| (1..=31).contains(&day))
        && has_time(time)
        && words.len() <= 7
        && is_year(year)
}

/// Returns true if `line` starts a header field. A URL does not.
pub(super) fn is_field(line: &[u8]) -> bool {
    let Some((name, value)) = memchr::memchr(b':', line).and_then(|colon| line.split_at_checked(colon)) else {
        return false;
    };
    let is_name_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    !name.is_empty() && name.iter().all(is_name_byte) && !value.starts_with(b"://")
}

/// Returns true if `line` is a separator, provided that it is the first line or follows an empty line.
pub(super) fn is_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let rest = String::from_utf8_lossy(rest.get(..MAX_LINE).unwrap_or(rest));
    let mut words = rest.split_whitespace();
    // Newer versions of Thunderbird write neither sender nor date.
    words.next().is_none() || is_date(words)
}

/// Returns true if `words` contain a day (name or number), and a time or a year at the end: `Sat Nov 21 03:34:00 2026`,
/// `2026-11-21T03:34:00Z`.
fn is_date<'l>(words: impl Iterator<Item = &'l str> + Clone) -> bool {
    let day = |word: &str| NAMES.contains(&word.trim_end_matches(',')) || is_numeric_day(word);
    let ends_in_year = words.clone().last().is_some_and(is_year);
    words.clone().any(day) && (ends_in_year || words.clone().any(has_time))
}

/// Matches `2026-11-21…` and `21/11/2026`.
fn is_numeric_day(word: &str) -> bool {
    let mut parts = word.split(['-', '/']);
    let mut number = || parts.next().is_some_and(|part| part.bytes().next().is_some_and(|b| b.is_ascii_digit()));
    number() && number() && number()
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && (word.starts_with("19") || word.starts_with("20")) && word.bytes().all(|b| b.is_ascii_digit())
}

/// Matches `3:34`, `03:34:00` and `…T03:34:00Z`.
fn has_time(word: &str) -> bool {
    word.as_bytes().windows(4).any(|four| match four {
        [hour, b':', minutes @ ..] => hour.is_ascii_digit() && minutes.iter().all(u8::is_ascii_digit),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_sender_and_date_is_a_separator() {
        for line in [
            "From kim@x.test Sat Nov 21 03:34:00 2026\n",
            "From kim@x.test Sat Nov 21 03:34:00 +0900 2026\r\n",
            "From MAILER-DAEMON Fri Jul  8 12:08 2011",
            "From - Sat Nov 21 2026",
            "From kim at x.test  Sat Nov 21 03:34:00 2026",
            "From kim@x.test Sat, 21 Nov 2026 03:34:00 +0000",
            "From kim@x.test 2026-11-21T03:34:00Z",
            "From kim Thu Jan 1 0:00:00 1970 remote from host",
            "From \r\n",
        ] {
            assert!(is_separator(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn a_paragraph_is_not_a_separator() {
        for line in [
            "From the desk of Kim: hi",
            "From Kim",
            "From: kim@x.test",
            "From now until 2026 we stay",
            "From May on: 10 tests",
            "From the station at 10:30 it is a short walk",
            "From-Kim Sat Nov 21 03:34:00 2026",
            ">From kim@x.test Sat Nov 21 03:34:00 2026",
            "",
        ] {
            assert!(!is_separator(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn a_full_separator_has_an_address_and_asctimes_date() {
        for (line, full) in [
            ("From a@b.c Thu Nov 26 21:24:54 2026\r\n", true),
            ("From a@b.c Thu Nov  6 21:24 +0900 2026\n", true),
            ("From kim Thu Nov 26 21:24:54 2026", false),
            ("From a@b.c Thu Nov 26 21:24:54 2026 and so on", false),
            ("From a@b.c on Thu Nov 26 21:24:54 2026", false),
            ("From a@b.c 2026-11-21T03:34:00Z", false),
            (">From a@b.c Thu Nov 26 21:24:54 2026", false),
        ] {
            assert_eq!(is_full_separator(line.as_bytes()), full, "{line}");
        }
    }
}
