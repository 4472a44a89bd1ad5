//! Reads the usual forms of a recurrence rule (RFC 5545 §3.3.10), so that it can be put into words. Rules of other forms
//! are left to the reader.

/// Characters of a rule that are read.
const MAX_RULE: usize = 500;

/// A rule that words can describe completely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    pub frequency: Frequency,
    /// The event happens in every such day, week, month or year; at least 1.
    pub interval: u32,
    pub on: RecurrenceDay,
    pub end: RecurrenceEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// The days of a week or month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecurrenceDay {
    /// That of the first event.
    AsStart,
    /// Weekdays; 0 is Monday.
    Weekdays(Vec<u8>),
    /// The day of the month; -1 is its last.
    OfMonth(i8),
    /// The first to fourth (1 to 4) or the last (-1) of one weekday of the month.
    Nth(i8, u8),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecurrenceEnd {
    Never,
    Count(u32),
    /// The last day, as `2026-12-31`.
    Until(String),
}

impl Frequency {
    /// The end of its text's key.
    pub const fn name(self) -> &'static str {
        match self {
            Frequency::Daily => "daily",
            Frequency::Weekly => "weekly",
            Frequency::Monthly => "monthly",
            Frequency::Yearly => "yearly",
        }
    }
}

impl Recurrence {
    /// Reads a rule; `None` if it has a part that [`Recurrence`] cannot hold.
    pub fn read(rule: &str) -> Option<Self> {
        let rule = rule.trim().to_ascii_uppercase();
        if rule.len() > MAX_RULE {
            return None;
        }
        let (mut frequency, mut interval, mut end) = (None, 1, RecurrenceEnd::Never);
        let (mut weekdays, mut month_day, mut position) = (None, None, None);
        for part in rule.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=')?;
            match name {
                "FREQ" => frequency = Some(frequency_of(value)?),
                "INTERVAL" => interval = value.parse().ok().filter(|n| *n > 0)?,
                "COUNT" => end = RecurrenceEnd::Count(value.parse().ok()?),
                "UNTIL" => end = RecurrenceEnd::Until(date(value)?),
                "BYDAY" => weekdays = Some(value.split(',').map(weekday).collect::<Option<Vec<_>>>()?),
                "BYMONTHDAY" => month_day = Some(value.parse().ok().filter(|n| matches!(n, -1 | 1..=31))?),
                "BYSETPOS" => position = Some(value.parse().ok().filter(|n| matches!(n, -1 | 1..=4))?),
                // It matters to every second week only, and the words name no week.
                "WKST" => {}
                _ => return None,
            }
        }
        let frequency = frequency?;
        let on = days(frequency, weekdays, month_day, position)?;
        Some(Recurrence { frequency, interval, on, end })
    }
}

/// The days, if they suit the frequency.
fn days(
    frequency: Frequency,
    weekdays: Option<Vec<(Option<i8>, u8)>>,
    month_day: Option<i8>,
    position: Option<i8>,
) -> Option<RecurrenceDay> {
    Some(match (frequency, weekdays, month_day, position) {
        (_, None, None, None) => RecurrenceDay::AsStart,
        (Frequency::Weekly | Frequency::Daily, Some(all), None, None) if all.iter().all(|(nth, _)| nth.is_none()) => {
            RecurrenceDay::Weekdays(all.into_iter().map(|(_, day)| day).collect())
        }
        (Frequency::Monthly, None, Some(day), None) => RecurrenceDay::OfMonth(day),
        (Frequency::Monthly, Some(one), None, position) => match (one.as_slice(), position) {
            (&[(Some(nth), day)], None) | (&[(None, day)], Some(nth)) => RecurrenceDay::Nth(nth, day),
            _ => return None,
        },
        _ => return None,
    })
}

fn frequency_of(value: &str) -> Option<Frequency> {
    Some(match value {
        "DAILY" => Frequency::Daily,
        "WEEKLY" => Frequency::Weekly,
        "MONTHLY" => Frequency::Monthly,
        "YEARLY" => Frequency::Yearly,
        _ => return None,
    })
}

/// A weekday with its number in the month: `MO`, `2TU`, `-1FR`.
fn weekday(text: &str) -> Option<(Option<i8>, u8)> {
    const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    let (number, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let day = DAYS.iter().position(|day| *day == name)?;
    let nth = match number {
        "" => None,
        number => Some(number.parse().ok().filter(|n| matches!(n, -1 | 1..=4))?),
    };
    Some((nth, u8::try_from(day).ok()?))
}

/// The date of `20261231` or `20261231T235959Z`.
fn date(value: &str) -> Option<String> {
    let day = value.split('T').next()?;
    let is_date = day.len() == 8 && day.bytes().all(|b| b.is_ascii_digit());
    is_date.then(|| format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_rules_are_read_and_others_are_not() {
        let read = |rule: &str| Recurrence::read(rule).map(|all| (all.frequency, all.interval, all.on, all.end));
        let never = RecurrenceEnd::Never;
        assert_eq!(read("FREQ=DAILY"), Some((Frequency::Daily, 1, RecurrenceDay::AsStart, never.clone())));
        assert_eq!(
            read("freq=weekly;interval=2;byday=mo,we;wkst=su;count=10"),
            Some((Frequency::Weekly, 2, RecurrenceDay::Weekdays(vec![0, 2]), RecurrenceEnd::Count(10)))
        );
        assert_eq!(
            read("FREQ=MONTHLY;BYMONTHDAY=15;UNTIL=20261231T235959Z"),
            Some((Frequency::Monthly, 1, RecurrenceDay::OfMonth(15), RecurrenceEnd::Until("2026-12-31".into())))
        );
        for rule in ["FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1"] {
            assert_eq!(read(rule), Some((Frequency::Monthly, 1, RecurrenceDay::Nth(-1, 4), never.clone())), "{rule}");
        }
        assert_eq!(read("FREQ=YEARLY").map(|all| all.0), Some(Frequency::Yearly));
        for other in [
            "",
            "FREQ=HOURLY",
            "FREQ=WEEKLY;BYDAY=2MO",
            "FREQ=MONTHLY;BYDAY=MO,TU",
            "FREQ=YEARLY;BYMONTH=3",
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;UNTIL=soon",
            "FREQ=WEEKLY;BYDAY=É",
            "FREQ=MONTHLY;BYMONTHDAY=32",
            "COUNT=3",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
