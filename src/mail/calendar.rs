//! Reads the first event of a calendar invitation (RFC 5545, RFC 5546): what a recipient is asked to, when, where and
//! by whom. It expands no recurrence and resolves no time zone; times are given as written, with the name of their zone.

mod duration;
mod event_time;

use super::parse::is_web_url;
pub use event_time::EventTime;

/// Bytes of a calendar that are read.
const MAX_CALENDAR: usize = 256 * 1024;
/// Lines of a calendar that are read.
const MAX_LINES: usize = 10_000;
/// Characters of a value that are kept.
const MAX_VALUE: usize = 1_000;
/// Attendees that are listed.
pub const MAX_ATTENDEES: usize = 100;

/// An invitation: the first event of a calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invitation {
    /// `REQUEST`, `CANCEL`, `REPLY`, `PUBLISH` …; empty if unstated.
    pub method: String,
    pub summary: String,
    pub start: Option<EventTime>,
    /// As written, or the start plus the duration. For a day, the day after the last (RFC 5545 §3.6.1).
    pub end: Option<EventTime>,
    pub location: String,
    /// The address of a page about the event; empty if it is not on the web.
    pub url: String,
    /// The beginning of the description, on one line.
    pub description: String,
    pub organizer: Option<Participant>,
    /// At most [`MAX_ATTENDEES`].
    pub attendees: Vec<Participant>,
    /// Number of attendees, also those that are not listed.
    pub attendee_count: usize,
    /// `CONFIRMED`, `TENTATIVE`, `CANCELLED`; empty if unstated.
    pub status: String,
    /// The rule of a recurring event as written; empty if it happens once.
    pub recurrence: String,
    /// Number of events in the calendar.
    pub events: usize,
}

/// The organizer or an attendee.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Participant {
    pub name: String,
    /// Without `mailto:`.
    pub address: String,
    /// `ACCEPTED`, `DECLINED`, `TENTATIVE`, `NEEDS-ACTION`; empty if unstated.
    pub status: String,
    pub is_optional: bool,
}

/// One content line: `NAME;PARAMETER=value:value`.
struct ContentLine<'a> {
    name: &'a str,
    parameters: &'a str,
    value: &'a str,
}

impl Invitation {
    /// Reads a calendar. `None` if it holds no event.
    pub fn read(calendar: &str) -> Option<Self> {
        let mut found = Invitation::default();
        let mut components: Vec<String> = Vec::new();
        let mut duration = String::new();
        for line in unfolded(calendar) {
            let Some(line) = ContentLine::split(&line) else { continue };
            match line.name.to_ascii_uppercase().as_str() {
                "BEGIN" if components.len() < 16 => {
                    let name = line.value.trim().to_ascii_uppercase();
                    found.events += usize::from(name == "VEVENT");
                    components.push(name);
                }
                "END" => drop(components.pop()),
                name => match components.last().map(String::as_str) {
                    Some("VCALENDAR") if name == "METHOD" => found.method = value(line.value),
                    Some("VEVENT") if found.events == 1 && name == "DURATION" => duration = value(line.value),
                    Some("VEVENT") if found.events == 1 => found.property(name, &line),
                    _ => {}
                },
            }
        }
        if let (Some(start), None) = (&found.start, &found.end) {
            found.end = duration::end_after(start, &duration);
        }
        (found.events > 0).then_some(found)
    }

    /// The last day of an event of whole days; `None` if it is its first.
    pub fn last_day(&self) -> Option<String> {
        let (start, end) = (self.start.as_ref()?, self.end.as_ref()?);
        let last = duration::day_before(end)?;
        (start.is_day && last > start.text).then_some(last)
    }

    fn property(&mut self, name: &str, line: &ContentLine<'_>) {
        match name {
            "SUMMARY" => self.summary = value(line.value),
            "LOCATION" => self.location = value(line.value),
            "URL" => self.url = line.web_url(),
            "DESCRIPTION" => self.description = value(line.value),
            "STATUS" => self.status = value(line.value),
            "RRULE" => self.recurrence = value(line.value),
            "DTSTART" => self.start = Some(line.time()),
            "DTEND" => self.end = Some(line.time()),
            "ORGANIZER" => self.organizer = Some(line.participant()),
            "ATTENDEE" => {
                self.attendee_count += 1;
                if self.attendees.len() < MAX_ATTENDEES {
                    self.attendees.push(line.participant());
                }
            }
            _ => {}
        }
    }
}

/// The lines with their continuations joined (RFC 5545 §3.1).
fn unfolded(calendar: &str) -> Vec<String> {
    let end = (0..=MAX_CALENDAR.min(calendar.len())).rev().find(|at| calendar.is_char_boundary(*at)).unwrap_or(0);
    let mut lines: Vec<String> = Vec::new();
    for line in calendar.get(..end).unwrap_or_default().lines().take(MAX_LINES) {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some(last)) => last.push_str(rest),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

impl<'a> ContentLine<'a> {
    /// Splits a line at the first colon outside quotes.
    fn split(line: &'a str) -> Option<Self> {
        let mut is_quoted = false;
        let colon = line.char_indices().find_map(|(at, c)| {
            is_quoted ^= c == '"';
            (c == ':' && !is_quoted).then_some(at)
        })?;
        let (head, value) = (line.get(..colon)?, line.get(colon + 1..)?);
        let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
        Some(ContentLine { name, parameters, value })
    }

    /// The value of a parameter without its quotes; empty without one.
    fn parameter(&self, wanted: &str) -> String {
        let mut is_quoted = false;
        let mut parts = self.parameters.split(|c: char| {
            is_quoted ^= c == '"';
            c == ';' && !is_quoted
        });
        let found = parts.find_map(|part| part.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case(wanted)));
        found.map(|(_, text)| value(text.trim_matches('"'))).unwrap_or_default()
    }

    fn time(&self) -> EventTime {
        let (written, zone) = match self.value.trim().strip_suffix('Z') {
            Some(utc) => (utc, "UTC".to_owned()),
            None => (self.value.trim(), self.parameter("TZID")),
        };
        let digits = |range: std::ops::Range<usize>| {
            written.get(range).filter(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
        };
        let date = digits(0..4).zip(digits(4..6)).zip(digits(6..8));
        let date = date.map(|((year, month), day)| format!("{year}-{month}-{day}"));
        let time = digits(9..11).zip(digits(11..13)).map(|(hour, minute)| format!("{hour}:{minute}"));
        let is_day = written.len() == 8 && date.is_some();
        let text = match (date, time) {
            (Some(date), Some(time)) => format!("{date} {time}"),
            (Some(date), None) if is_day => date,
            _ => value(written),
        };
        EventTime { text, zone, is_day }
    }

    /// The value if it is a URL of the web that is kept as a whole.
    fn web_url(&self) -> String {
        let url = self.value.trim();
        let is_whole = url.len() <= MAX_VALUE && !url.contains(|c: char| c.is_control() || c.is_whitespace());
        if is_whole && is_web_url(url) { url.to_owned() } else { String::new() }
    }

    fn participant(&self) -> Participant {
        let is_mailto = self.value.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
        Participant {
            name: self.parameter("CN"),
            address: value(self.value.get(if is_mailto { 7 } else { 0 }..).unwrap_or_default()),
            status: self.parameter("PARTSTAT").to_ascii_uppercase(),
            is_optional: self.parameter("ROLE").eq_ignore_ascii_case("OPT-PARTICIPANT"),
        }
    }
}

/// A text without its escapes (RFC 5545 §3.3.11), on one line.
fn value(text: &str) -> String {
    let mut out = String::new();
    let mut characters = text.trim().chars().take(MAX_VALUE);
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some('n' | 'N') => out.push(' '),
                Some(escaped) => out.push(escaped),
                None => {}
            },
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEETING: &str = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\n\
                           TZID:Asia/Seoul\r\nBEGIN:STANDARD\r\n\
                           DTSTART:19700101T000000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n\
                           DTSTART;TZID=Asia/Seoul:20261201T100000\r\nDTEND;TZID=Asia/Seoul:20261201T113000\r\n\
                           SUMMARY:Plan\\, then\r\n  lunch\r\nLOCATION:Hall 2\\nFloor 3\r\n\
                           ORGANIZER;CN=\"Kim: Minji\":mailto:minji@example.kr\r\n\
                           ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=accepted:MAILTO:ada@example.com\r\n\
                           RRULE:FREQ=WEEKLY\r\n\
                           BEGIN:VALARM\r\nSUMMARY:alarm\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    #[test]
    fn an_invitation_says_what_when_where_and_who() {
        let read = Invitation::read(MEETING).unwrap();
        assert_eq!((read.method.as_str(), read.summary.as_str()), ("REQUEST", "Plan, then lunch"));
        let start = read.start.unwrap();
        assert_eq!((start.text.as_str(), start.zone.as_str(), start.is_day), ("2026-12-01 10:00", "Asia/Seoul", false));
        assert_eq!((read.location.as_str(), read.recurrence.as_str()), ("Hall 2 Floor 3", "FREQ=WEEKLY"));
        assert_eq!(read.organizer.unwrap().name, "Kim: Minji");
        let ada = &read.attendees[0];
        assert_eq!((ada.address.as_str(), ada.status.as_str(), ada.is_optional), ("ada@example.com", "ACCEPTED", true));
    }

    #[test]
    fn days_utc_and_unknown_times_are_shown_as_written() {
        for (line, text, zone, is_day) in [
            ("DTSTART;VALUE=DATE:20261224", "2026-12-24", "", true),
            ("DTSTART:20261224T060000Z", "2026-12-24 06:00", "UTC", false),
            ("DTSTART:20261224T060000", "2026-12-24 06:00", "", false),
            ("DTSTART:soon", "soon", "", false),
            ("DTSTART:2026한글", "2026한글", "", false),
        ] {
            let read = Invitation::read(&format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{line}\n")).unwrap();
            assert_eq!(read.start.unwrap(), EventTime { text: text.into(), zone: zone.into(), is_day }, "{line}");
        }
    }

    #[test]
    fn only_urls_of_the_web_are_kept() {
        let url = |value: &str| Invitation::read(&format!("BEGIN:VEVENT\nURL;VALUE=URI:{value}\n")).unwrap().url;
        for kept in ["https://meet.test/a?b=c,d;e#f", "HTTP://meet.test"] {
            assert_eq!(url(kept), kept);
        }
        let long = format!("https://meet.test/{}", "x".repeat(1_000));
        for refused in ["javascript:alert(1)", "data:text/html,x", "meet.test", "", "https://a.test b", long.as_str()] {
            assert_eq!(url(refused), "", "{refused}");
        }
    }

    #[test]
    fn an_end_that_is_stated_comes_before_a_duration() {
        let end = |lines: &str| {
            let read = Invitation::read(&format!("BEGIN:VEVENT\n{lines}\nBEGIN:VALARM\nDURATION:PT5M\n")).unwrap();
            read.end.map(|end| (end.text, end.zone))
        };
        let at = |text: &str| Some((text.to_owned(), "UTC".to_owned()));
        assert_eq!(end("DURATION:PT1H30M\nDTSTART:20261201T100000Z"), at("2026-12-01 11:30"));
        assert_eq!(end("DTSTART:20261201T100000Z\nDTEND:20261201T120000Z\nDURATION:PT1H"), at("2026-12-01 12:00"));
        assert_eq!(end("DTSTART:20261201T100000Z"), None);
        assert_eq!(end("DURATION:PT1H"), None);
    }

    #[test]
    fn a_calendar_without_an_event_is_no_invitation_and_a_huge_one_is_bounded() {
        assert_eq!(Invitation::read("BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nSUMMARY:x\r\n"), None);
        assert_eq!(Invitation::read(""), None);
        let many =
            format!("BEGIN:VEVENT\r\nSUMMARY:{}\r\n{}", "x".repeat(5_000), "ATTENDEE:mailto:a@b.c\r\n".repeat(5_000));
        let read = Invitation::read(&many).unwrap();
        assert_eq!((read.summary.len(), read.attendees.len(), read.attendee_count), (1_000, 100, 5_000));
        let nested = "BEGIN:VEVENT\r\n".repeat(100_000);
        assert!(Invitation::read(&nested).unwrap().events <= 16);
    }
}
