//! A recurrence rule in words.

use crate::i18n::{Arg, Locale};
use crate::mail::recurrence::{Recurrence, RecurrenceDay, RecurrenceEnd};

/// The ends of the keys of weekdays.
const WEEKDAYS: [&str; 7] = ["mo", "tu", "we", "th", "fr", "sa", "su"];

/// A rule in words, such as `Every 2 weeks on Monday, Wednesday, 10 times`; `None` if they cannot describe it.
pub fn recurrence_words(locale: Locale, rule: &str) -> Option<String> {
    let Recurrence { frequency, interval, on, end } = Recurrence::read(rule)?;
    let text = |key: String, arguments: &[(&str, Arg)]| locale.text_with(&format!("recur-{key}"), arguments);
    let weekday = |day: &u8| WEEKDAYS.get(usize::from(*day)).map_or_else(String::new, |day| text((*day).into(), &[]));
    let often = text(frequency.name().into(), &[("n", Arg::Number(interval.into()))]);
    let on = match on {
        RecurrenceDay::AsStart => None,
        RecurrenceDay::Weekdays(days) => {
            let days: Vec<String> = days.iter().map(weekday).collect();
            Some(text("weekdays".into(), &[("days", days.join(", ").as_str().into())]))
        }
        RecurrenceDay::OfMonth(-1) => Some(text("last-day".into(), &[])),
        RecurrenceDay::OfMonth(day) => Some(text("month-day".into(), &[("n", Arg::Number(day.into()))])),
        RecurrenceDay::Nth(nth, day) => {
            let number = if nth < 0 { "last".to_owned() } else { nth.to_string() };
            Some(text(format!("nth-{number}"), &[("day", weekday(&day).as_str().into())]))
        }
    };
    let end = match end {
        RecurrenceEnd::Never => None,
        RecurrenceEnd::Count(n) => Some(text("count".into(), &[("n", Arg::Number(n.into()))])),
        RecurrenceEnd::Until(day) => Some(text("until".into(), &[("day", day.as_str().into())])),
    };
    let rule = [Some(often), on].into_iter().flatten().collect::<Vec<_>>().join(" ");
    Some([Some(rule), end].into_iter().flatten().collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_rules_are_said_in_both_languages() {
        let [english, korean] = ["en", "ko"].map(|tag| Locale::ALL.into_iter().find(|one| one.tag() == tag).unwrap());
        for (rule, in_english, in_korean) in [
            ("FREQ=DAILY", "Every day", "매일"),
            ("FREQ=DAILY;INTERVAL=3;COUNT=10", "Every 3 days, 10 times", "3일마다, 10회"),
            ("FREQ=WEEKLY;BYDAY=MO,WE", "Every week on Monday, Wednesday", "매주 월요일, 수요일"),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;UNTIL=20261231",
                "Every 2 weeks on Friday, until 2026-12-31",
                "2주마다 금요일, 2026-12-31까지",
            ),
            ("FREQ=MONTHLY;BYMONTHDAY=15;COUNT=1", "Every month on day 15, once", "매월 15일, 1회"),
            ("FREQ=MONTHLY;BYMONTHDAY=-1", "Every month on the last day", "매월 마지막 날"),
            ("FREQ=MONTHLY;BYDAY=2TU", "Every month on the second Tuesday", "매월 둘째 화요일"),
            ("FREQ=MONTHLY;BYDAY=-1FR", "Every month on the last Friday", "매월 마지막 금요일"),
            ("FREQ=YEARLY;INTERVAL=4", "Every 4 years", "4년마다"),
        ] {
            assert_eq!(recurrence_words(english, rule).as_deref(), Some(in_english), "{rule}");
            assert_eq!(recurrence_words(korean, rule).as_deref(), Some(in_korean), "{rule}");
        }
        assert_eq!(recurrence_words(english, "FREQ=HOURLY"), None);
    }
}
