//! Parses durations (`30s`, `15m`, `24h`, `14d`), sizes (`25MiB`) and rates (`5/5m`).

use std::time::Duration;

use crate::clock::RateLimit;

/// Why a text is not a duration, size or rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum UnitError {
    #[error("expected a number and a unit of s, m, h or d, such as 30s or 14d")]
    Duration,
    #[error("expected a number and a unit of B, KiB, MiB or GiB, such as 25MiB")]
    Size,
    #[error("expected count/window, such as 5/5m, with a count of at least 1")]
    Rate,
}

/// Longest duration of a setting: a hundred years, so that adding it to a time cannot overflow.
const MAX_SECONDS: u64 = 100 * 365 * 86_400;

pub(super) fn duration(text: &str) -> Result<Duration, UnitError> {
    let text = text.trim();
    let (number, unit) = split(text).ok_or(UnitError::Duration)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(UnitError::Duration),
    };
    let total = number.checked_mul(seconds).filter(|t| (1..=MAX_SECONDS).contains(t));
    total.map(Duration::from_secs).ok_or(UnitError::Duration)
}

pub(super) fn size(text: &str) -> Result<u64, UnitError> {
    let text = text.trim();
    let (number, unit) = split(text).ok_or(UnitError::Size)?;
    let bytes = match unit {
        "" | "B" => 1,
        "KiB" | "K" | "KB" => 1 << 10,
        "MiB" | "M" | "MB" => 1 << 20,
        "GiB" | "G" | "GB" => 1 << 30,
        _ => return Err(UnitError::Size),
    };
    number.checked_mul(bytes).filter(|b| *b <= 1 << 50).ok_or(UnitError::Size)
}

pub(super) fn rate(text: &str) -> Result<RateLimit, UnitError> {
    let (count, window) = text.trim().split_once('/').ok_or(UnitError::Rate)?;
    let count = count.trim().parse().ok().filter(|c| (1..=1_000_000).contains(c)).ok_or(UnitError::Rate)?;
    Ok(RateLimit { count, window: duration(window).map_err(|_| UnitError::Rate)? })
}

fn split(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_sizes_and_rates_are_read_with_their_units() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("14d"), Ok(Duration::from_secs(14 * 86_400)));
        assert_eq!(size("50MiB"), Ok(50 << 20));
        assert_eq!(size("0"), Ok(0));
        assert_eq!(rate("5/5m"), Ok(RateLimit { count: 5, window: Duration::from_secs(300) }));
    }

    #[test]
    fn a_text_without_number_or_unit_or_out_of_range_is_rejected() {
        for bad in ["", "5", "5 minutes", "-1s", "1.5h", "0s", "99999999999999999999d", "s"] {
            assert_eq!(duration(bad), Err(UnitError::Duration), "{bad}");
        }
        for bad in ["", "MiB", "1PiB", "-1", "99999999GiB"] {
            assert_eq!(size(bad), Err(UnitError::Size), "{bad}");
        }
        for bad in ["", "5", "0/1m", "5/", "/1m", "5/1m/2", "x/1m"] {
            assert_eq!(rate(bad), Err(UnitError::Rate), "{bad}");
        }
    }
}
