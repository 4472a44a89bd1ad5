//! Query strings, times and sizes as the pages of the inbox write them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::clock::Time;

/// The characters that are percent-encoded. Ids need no encoding. Dots are encoded, since `..` is the parent path.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The query string of a position in the list with the parameters of `more`; empty values are left out.
pub fn list_query(q: &str, start: u64, group: bool, more: &[(&str, &str)]) -> String {
    let start = if start > 0 { start.to_string() } else { String::new() };
    let all =
        more.iter().copied().chain([("q", q), ("start", start.as_str()), ("group", if group { "1" } else { "" })]);
    let pairs = all.filter(|(_, value)| !value.is_empty());
    let query: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) }
}

/// A time as `2026-11-21 03:34:00 UTC`. The script converts it to the reader's time zone.
pub fn when(at: Time) -> String {
    at.timestamp().strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The day of a time in UTC as `2026-11-21`.
pub fn day(at: Time) -> String {
    at.timestamp().strftime("%Y-%m-%d").to_string()
}

/// The hour and minute of a time in UTC as `03:34`.
pub fn clock(at: Time) -> String {
    at.timestamp().strftime("%H:%M").to_string()
}

/// A size as `12 B`, `12.3 KiB` or `12.3 MiB`.
pub fn size(bytes: u64) -> String {
    const KIB: f64 = 1024.0;
    let bytes = bytes as f64;
    match bytes {
        b if b < KIB => format!("{b} B"),
        b if b < KIB * KIB => format!("{:.1} KiB", b / KIB),
        b => format!("{:.1} MiB", b / KIB / KIB),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_their_unit() {
        assert_eq!((size(12), size(1536), size(3 * 1024 * 1024)), ("12 B".into(), "1.5 KiB".into(), "3.0 MiB".into()));
    }
}
