//! The page of SMTP sessions, also those that brought no message.

use askama::Template;
use rocket::get;
use rocket::response::content::RawHtml;

use crate::clock::Time;
use crate::inbox::{SessionFilter, SessionPage, StoredSession};

use super::super::api::reply::ApiError;
use super::super::api::sessions::filter;
use super::layout::{InboxLayout, PageContext};
use super::list::rendered;

/// Number of sessions on a page.
const PAGE: u64 = 50;

#[derive(Template)]
#[template(path = "inbox/sessions.html")]
struct SessionsPage {
    layout: InboxLayout,
    filters: Vec<SessionFilterLink>,
    rows: Vec<SessionRow>,
    older: Option<String>,
}

/// A link that filters the list.
struct SessionFilterLink {
    /// The query string, empty for all sessions.
    query: &'static str,
    label: String,
    chosen: bool,
}

/// A session. Name, reason and transcript may contain text of the client.
struct SessionRow {
    id: i64,
    client: String,
    hello: String,
    protocol: String,
    ended: Time,
    /// When the first of several equal sessions began.
    since: Option<Time>,
    times: String,
    label: String,
    bad: bool,
    reason: String,
    cure: String,
    messages: Vec<String>,
    /// Number of messages that are not linked, as text; empty if all are.
    unlinked: String,
    transcript: String,
}

#[get("/sessions?<delivered>&<start>")]
pub async fn sessions(
    context: PageContext<'_>,
    delivered: Option<&str>,
    start: Option<u64>,
) -> Result<RawHtml<String>, ApiError> {
    let (chosen, start) = (filter(delivered).unwrap_or_default(), start.unwrap_or(0));
    let inbox = &context.state.inbox;
    let SessionPage { sessions, total } = inbox.sessions(chosen, start, PAGE).await?;
    let layout = context.layout("", inbox.counts().await?.unread);
    let links = [
        (SessionFilter::All, "", "session-all"),
        (SessionFilter::NotDelivered, "?delivered=false", "session-not-delivered"),
        (SessionFilter::Delivered, "?delivered=true", "session-delivered"),
    ];
    let next = start.saturating_add(PAGE);
    let delivered = links.iter().find(|(filter, ..)| *filter == chosen).map_or("", |(_, query, _)| *query);
    let join = if delivered.is_empty() { "?" } else { "&" };
    rendered(&SessionsPage {
        filters: links
            .into_iter()
            .map(|(filter, query, key)| SessionFilterLink { query, label: layout.t(key), chosen: filter == chosen })
            .collect(),
        rows: sessions.into_iter().map(|stored| SessionRow::new(&layout, stored)).collect(),
        older: (next < total).then(|| format!("{}/sessions{delivered}{join}start={next}", layout.base)),
        layout,
    })
}

impl SessionRow {
    fn new(layout: &InboxLayout, stored: StoredSession) -> Self {
        let StoredSession { id, session, messages } = stored;
        let (code, details) = (session.outcome.code(), session.details);
        let text = |n: u64, key| if n > 0 { layout.number(key, n) } else { String::new() };
        let linked = u64::try_from(messages.len()).unwrap_or(u64::MAX);
        let cure =
            if session.outcome.cure().is_empty() { String::new() } else { layout.t(&format!("session-cure-{code}")) };
        SessionRow {
            id,
            client: details.client,
            hello: details.hello,
            protocol: details.protocol,
            ended: session.ended,
            since: (session.count > 1).then_some(session.started),
            times: if session.count > 1 { layout.number("session-times", session.count) } else { String::new() },
            label: layout.t(&format!("session-outcome-{code}")),
            bad: !session.outcome.is_routine(),
            reason: details.reason,
            cure,
            messages: messages.iter().map(ToString::to_string).collect(),
            unlinked: text(details.message_count.saturating_sub(linked), "session-unlinked"),
            transcript: details.transcript,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::i18n::Locale;
    use crate::inbox::SessionOutcome;

    #[test]
    fn every_outcome_has_a_label_and_a_cure_in_every_language() {
        for outcome in SessionOutcome::ALL {
            let (label, cure) =
                (format!("session-outcome-{}", outcome.code()), format!("session-cure-{}", outcome.code()));
            assert!(Locale::ALL.iter().all(|locale| locale.has(&label)), "{label}");
            match outcome.cure() {
                "" => assert!(!Locale::En.has(&cure), "{cure}"),
                english => assert_eq!(Locale::En.text(&cure), english),
            }
        }
    }
}
