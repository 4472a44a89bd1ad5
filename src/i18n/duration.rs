//! Durations as text: "24 hours", "30분". Emails and pages state durations, because a clock time would need the
//! reader's time zone.

use std::time::Duration;

use super::locale::Locale;

/// The singular key and the length in seconds of each unit, largest first.
const UNITS: [(&str, u64); 4] =
    [("span-days", 86_400), ("span-hours", 3_600), ("span-minutes", 60), ("span-seconds", 1)];

impl Locale {
    /// `span` in the largest unit that divides it, as settings are written: 24 hours stay hours (days begin at two),
    /// 90 minutes stay minutes. A fraction of a second rounds up, so that a wait is never understated.
    pub fn span(self, span: Duration) -> String {
        let seconds = round_up(span);
        let fits = |&(key, size): &(&str, u64)| seconds.is_multiple_of(size) && seconds >= smallest(key) * size;
        let (key, size) = UNITS.into_iter().find(fits).unwrap_or(("span-seconds", 1));
        self.count(key, seconds / size)
    }

    /// `span` in its largest unit, rounded down. Used for "how long ago".
    pub fn humanize(self, span: Duration) -> String {
        let seconds = span.as_secs();
        let (key, size) = UNITS.into_iter().find(|(_, size)| seconds >= *size).unwrap_or(("span-seconds", 1));
        self.count(key, seconds / size)
    }

    /// The time since an event: "just now", "3 minutes ago".
    pub fn ago(self, span: Duration) -> String {
        /// A shorter time reads "just now".
        const JUST_NOW: Duration = Duration::from_secs(10);
        if span < JUST_NOW {
            return self.text("span-just-now");
        }
        self.text_with("span-ago", &[("span", (&self.humanize(span)).into())])
    }

    /// A wait: seconds up to two minutes, then minutes up to two hours, then hours, the latter two rounded up.
    pub fn wait(self, span: Duration) -> String {
        let seconds = round_up(span);
        match seconds {
            0..120 => self.count("span-seconds", seconds.max(1)),
            120..7_200 => self.count("span-minutes", seconds.div_ceil(60)),
            _ => self.count("span-hours", seconds.div_ceil(3_600)),
        }
    }

    fn count(self, key: &str, number: u64) -> String {
        self.text_with(key, &[("n", i64::try_from(number).unwrap_or(i64::MAX).into())])
    }
}

/// The smallest number with which a unit is used: a lifetime of 24 hours does not read "1 day".
fn smallest(key: &str) -> u64 {
    if key == "span-days" { 2 } else { 1 }
}

fn round_up(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_reads_as_the_setting_was_written() {
        for (seconds, en, ko) in [
            (86_400, "24 hours", "24시간"),
            (1_800, "30 minutes", "30분"),
            (3_600, "1 hour", "1시간"),
            (60, "1 minute", "1분"),
            (1, "1 second", "1초"),
            (0, "0 seconds", "0초"),
            (5_400, "90 minutes", "90분"),
            (172_800, "2 days", "2일"),
            (604_800, "7 days", "7일"),
            (61, "61 seconds", "61초"),
        ] {
            assert_eq!(Locale::En.span(Duration::from_secs(seconds)), en);
            assert_eq!(Locale::Ko.span(Duration::from_secs(seconds)), ko);
        }
    }

    #[test]
    fn a_wait_is_never_stated_too_short() {
        for (millis, expected) in [
            (0, "1 second"),
            (40_001, "41 seconds"),
            (119_000, "119 seconds"),
            (120_001, "3 minutes"),
            (121_000, "3 minutes"),
            (3_600_000, "60 minutes"),
            (7_200_001, "3 hours"),
        ] {
            assert_eq!(Locale::En.wait(Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn an_event_of_the_last_seconds_was_just_now() {
        assert_eq!(Locale::En.ago(Duration::from_secs(3)), "just now");
        assert_eq!(Locale::Ko.ago(Duration::from_secs(3)), "방금");
        assert_eq!(Locale::En.ago(Duration::from_secs(59)), "59 seconds ago");
        assert_eq!(Locale::Ko.ago(Duration::from_secs(100_000)), "1일 전");
    }
}
