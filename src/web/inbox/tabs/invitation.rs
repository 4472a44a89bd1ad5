//! A calendar invitation, shown as such above the preview and in the panel of the parts.

use askama::Template;

use crate::inbox::CapturedMessage;
use crate::mail::calendar::{EventTime, Invitation, Participant};
use crate::mail::parse::{ParsedMessage, part_tree};

use super::super::layout::InboxLayout;
use super::super::visible_text::{shortened, visible};
use super::recurrence::recurrence_words;

/// Invitations shown for one message.
const MAX_INVITATIONS: usize = 5;
/// Characters of a description or of a URL that are shown.
const MAX_DESCRIPTION: usize = 300;

/// An invitation with its outsiders' texts made visible.
pub struct InvitationCard {
    /// The end of the key `tabs-invitation-…`: `request`, `cancel`, `reply` or `event`.
    pub kind: &'static str,
    pub summary: String,
    /// Start and end; the zone is in the first that has one.
    pub when: String,
    pub zone: String,
    pub location: String,
    /// The address of the event's page as written: it begins with `http://` or `https://`. Empty without one.
    pub url: String,
    /// The beginning of the description.
    pub description: String,
    /// The rule of a recurring event as written.
    pub recurrence: String,
    pub organizer: String,
    /// Each attendee and the end of the key `tabs-attendee-…` of the answer.
    pub attendees: Vec<(String, &'static str)>,
    pub attendee_count: usize,
    /// Events of the calendar beside the first.
    pub more_events: usize,
}

#[derive(Template)]
#[template(path = "inbox/tabs/invitation.html")]
struct InvitationTemplate<'a> {
    layout: &'a InboxLayout,
    cards: Vec<&'a InvitationCard>,
}

/// The invitations of a message as HTML, for the top of the preview; empty without any.
pub fn invitations(layout: &InboxLayout, captured: &CapturedMessage, parsed: &ParsedMessage) -> String {
    if parsed.parts.iter().all(|part| part.content_type != "text/calendar") {
        return String::new();
    }
    let nodes = part_tree(&captured.bytes);
    let calendars = nodes.iter().filter(|node| node.part.content_type == "text/calendar").take(MAX_INVITATIONS);
    let mut cards: Vec<InvitationCard> =
        calendars.filter_map(|node| read_invitation(&node.text(&captured.bytes))).collect();
    // Most senders attach the calendar that is also an alternative of the text.
    cards.dedup_by(|a, b| (&a.summary, &a.when, a.kind) == (&b.summary, &b.when, b.kind));
    cards_html(layout, cards.iter().collect())
}

/// The HTML of these cards.
pub fn cards_html(layout: &InboxLayout, cards: Vec<&InvitationCard>) -> String {
    if cards.is_empty() { String::new() } else { InvitationTemplate { layout, cards }.render().unwrap_or_default() }
}

impl InvitationCard {
    /// The rule in words; `None` if words cannot describe it.
    fn recurrence_words(&self, layout: &InboxLayout) -> Option<String> {
        recurrence_words(layout.locale, &self.recurrence)
    }

    fn url_text(&self) -> String {
        shortened(&self.url, MAX_DESCRIPTION)
    }

    fn kind_text(&self, layout: &InboxLayout) -> String {
        layout.t(format!("tabs-invitation-{}", self.kind))
    }
}

/// What an attendee answered.
fn answer_text(layout: &InboxLayout, answer: &str) -> String {
    layout.t(format!("tabs-attendee-{answer}"))
}

/// The card of a calendar; `None` if it holds no event.
pub fn read_invitation(calendar: &str) -> Option<InvitationCard> {
    let invitation = Invitation::read(calendar)?;
    let is_cancelled = invitation.status.eq_ignore_ascii_case("CANCELLED");
    let kind = match invitation.method.to_ascii_uppercase().as_str() {
        "CANCEL" => "cancel",
        _ if is_cancelled => "cancel",
        "REQUEST" => "request",
        "REPLY" => "reply",
        _ => "event",
    };
    Some(InvitationCard {
        kind,
        when: period(&invitation),
        zone: visible(invitation.start.as_ref().map(|start| start.zone.as_str()).unwrap_or_default()),
        summary: visible(&invitation.summary),
        location: visible(&invitation.location),
        description: shortened(&invitation.description, MAX_DESCRIPTION),
        recurrence: visible(&invitation.recurrence),
        organizer: invitation.organizer.as_ref().map(person).unwrap_or_default(),
        attendees: invitation.attendees.iter().map(|one| (person(one), answer(one))).collect(),
        attendee_count: invitation.attendee_count,
        more_events: invitation.events.saturating_sub(1),
        url: invitation.url,
    })
}

/// Start and end; the end without the date that both share. For whole days, the first and the last.
fn period(invitation: &Invitation) -> String {
    let Some(start) = &invitation.start else { return String::new() };
    let end = match &invitation.end {
        Some(EventTime { text, zone, is_day }) => match (text.split_once(' '), start.text.split_once(' ')) {
            (Some((day, time)), Some((first, _))) if day == first => time.to_owned(),
            _ if *is_day => invitation.last_day().unwrap_or_default(),
            _ if *zone != start.zone => format!("{text} {zone}"),
            _ => text.clone(),
        },
        None => String::new(),
    };
    visible(&if end.is_empty() { start.text.clone() } else { format!("{} – {end}", start.text) })
}

fn person(participant: &Participant) -> String {
    let (name, address) = (visible(&participant.name), visible(&participant.address));
    if name.is_empty() || name == address { address } else { format!("{name} <{address}>") }
}

fn answer(participant: &Participant) -> &'static str {
    match participant.status.as_str() {
        "ACCEPTED" => "accepted",
        "DECLINED" => "declined",
        "TENTATIVE" => "tentative",
        _ if participant.is_optional => "optional",
        _ => "invited",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_names_the_kind_and_joins_start_and_end() {
        let event = |method: &str, end: &str| {
            let text = format!("BEGIN:VCALENDAR\nMETHOD:{method}\nBEGIN:VEVENT\nDTSTART:20261201T100000Z\n{end}\n");
            let card = read_invitation(&text).unwrap();
            (card.kind, card.when, card.zone)
        };
        let zone = || "UTC".to_owned();
        assert_eq!(event("REQUEST", "DTEND:20261201T113000Z"), ("request", "2026-12-01 10:00 – 11:30".into(), zone()));
        assert_eq!(
            event("CANCEL", "DTEND:20261202T113000Z"),
            ("cancel", "2026-12-01 10:00 – 2026-12-02 11:30".into(), zone())
        );
        assert_eq!(event("", "DURATION:PT1H30M"), ("event", "2026-12-01 10:00 – 11:30".into(), zone()));
        assert_eq!(event("", "DURATION:P1D"), ("event", "2026-12-01 10:00 – 2026-12-02 10:00".into(), zone()));
        assert_eq!(event("", "DURATION:an hour"), ("event", "2026-12-01 10:00".into(), zone()));
    }

    #[test]
    fn whole_days_are_shown_from_the_first_to_the_last() {
        let when =
            |end: &str| read_invitation(&format!("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261230\n{end}\n")).unwrap().when;
        for (end, expected) in [
            ("DTEND;VALUE=DATE:20270102", "2026-12-30 – 2027-01-01"),
            ("DURATION:P3D", "2026-12-30 – 2027-01-01"),
            ("DTEND;VALUE=DATE:20261231", "2026-12-30"),
            ("DURATION:P1D", "2026-12-30"),
            ("DURATION:PT1H", "2026-12-30"),
            ("DTEND;VALUE=DATE:20261230", "2026-12-30"),
            ("", "2026-12-30"),
        ] {
            assert_eq!(when(end), expected, "{end}");
        }
    }
}
