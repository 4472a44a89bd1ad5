//! The pages of SMTP sessions, also those that brought no message.

use askama::Template;
use rocket::get;
use rocket::response::content::RawHtml;

use crate::clock::Time;
use crate::inbox::{SessionFilter, SessionOutcome, SessionPage, StoredSession};

use super::super::api::sessions::filter;
use super::super::error::WebError;
use super::filters::{FilterLink, FilteredList};
use super::layout::InboxLayout;
use super::page_context::{PageContext, rendered};
use super::tabs::transcript::Dialogue;
use super::visible_text::visible;

/// Number of sessions on a page.
const PAGE: u64 = 50;
/// Messages of a session that the list names.
const MAX_LISTED: usize = 3;

#[derive(Template)]
#[template(path = "inbox/sessions.html")]
struct SessionsPage {
    layout: InboxLayout,
    filters: Vec<FilterLink>,
    rows: Vec<SessionRow>,
    older: Option<String>,
}

#[derive(Template)]
#[template(path = "inbox/session.html")]
struct OneSessionPage {
    layout: InboxLayout,
    row: SessionRow,
    username: String,
    duration: String,
    dialogue: Dialogue,
}

/// A session. Name, reason and subjects may contain text of the client.
pub struct SessionRow {
    pub id: i64,
    pub client: String,
    pub hello: String,
    pub protocol: String,
    pub ended: Time,
    /// When the first of several equal sessions began.
    pub since: Option<Time>,
    pub times: String,
    pub label: String,
    pub bad: bool,
    pub reason: String,
    pub cure: String,
    /// True if the page of the fault rules can mend it.
    pub is_fault: bool,
    pub messages: Vec<SessionMessage>,
    /// Number of messages that are not linked, as text; empty if all are.
    pub unlinked: String,
}

/// A message that a session brought.
pub struct SessionMessage {
    pub id: String,
    pub subject: String,
}

#[get("/sessions?<delivered>&<start>")]
pub async fn sessions(
    context: PageContext<'_>,
    delivered: Option<&str>,
    start: Option<u64>,
) -> Result<RawHtml<String>, WebError> {
    let (chosen, start) = (filter(delivered).unwrap_or_default(), start.unwrap_or(0));
    let SessionPage { sessions, total } = context.state.inbox.sessions(chosen, start, PAGE).await?;
    let layout = context.plain_layout().await?;
    let chosen = match chosen {
        SessionFilter::All => "",
        SessionFilter::NotDelivered => "false",
        SessionFilter::Delivered => "true",
    };
    let list = FilteredList { layout: &layout, path: "/sessions", parameter: "delivered", chosen };
    let labels = [("", "session-all"), ("false", "session-not-delivered"), ("true", "session-delivered")];
    let next = start.saturating_add(PAGE);
    let labels = labels.map(|(value, key)| (value, layout.t(key)));
    let (filters, older) = list.links(labels, (next < total).then(|| ("start", next.to_string())));
    let rows = sessions.into_iter().map(|stored| SessionRow::new(&layout, stored, MAX_LISTED)).collect();
    rendered(&SessionsPage { filters, rows, older, layout })
}

#[get("/sessions/<id>")]
pub async fn session(context: PageContext<'_>, id: &str) -> Result<RawHtml<String>, WebError> {
    let inbox = &context.state.inbox;
    let stored = inbox.session(id.parse().map_err(|_| WebError::Unknown)?).await?.ok_or(WebError::Unknown)?;
    let layout = context.plain_layout().await?;
    let session = &stored.session;
    let millis = session.ended.since(session.started).as_millis();
    rendered(&OneSessionPage {
        username: session.details.username.clone(),
        duration: if session.count > 1 { String::new() } else { format!("{}.{:03} s", millis / 1_000, millis % 1_000) },
        dialogue: Dialogue::read(&session.details.transcript, &session.details.line_times),
        row: SessionRow::new(&layout, stored, usize::MAX),
        layout,
    })
}

impl SessionRow {
    /// The row with at most `listed` messages.
    pub fn new(layout: &InboxLayout, stored: StoredSession, listed: usize) -> Self {
        let StoredSession { id, session, messages } = stored;
        let (code, details) = (session.outcome.code(), session.details);
        let text = |n: u64, key: &str| if n > 0 { layout.number(key, n) } else { String::new() };
        let messages: Vec<SessionMessage> = messages
            .iter()
            .rev()
            .take(listed)
            .map(|summary| SessionMessage { id: summary.id.to_string(), subject: visible(summary.subject.trim()) })
            .collect();
        let linked = u64::try_from(messages.len()).unwrap_or(u64::MAX);
        // A page that names all messages knows what became of the others.
        let unlinked = if listed < usize::MAX { "inbox-rest" } else { "session-unlinked" };
        let cure = session.outcome.cure_key(layout.names).map(|key| layout.t(key)).unwrap_or_default();
        SessionRow {
            id,
            client: details.client,
            hello: details.hello,
            protocol: details.protocol,
            ended: session.ended,
            since: (session.count > 1).then_some(session.started),
            times: if session.count > 1 { layout.number("session-times", session.count) } else { String::new() },
            label: layout.t(format!("session-outcome-{code}")),
            bad: !session.outcome.is_routine(),
            reason: details.reason,
            cure,
            is_fault: session.outcome == SessionOutcome::Fault,
            messages,
            unlinked: text(details.message_count.saturating_sub(linked), unlinked),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::i18n::Locale;
    use crate::inbox::{SessionOutcome, SettingNames};

    #[test]
    fn every_outcome_has_a_label_and_a_cure_in_every_language() {
        for outcome in SessionOutcome::ALL {
            let label = format!("session-outcome-{}", outcome.code());
            assert!(Locale::ALL.iter().all(|locale| locale.has(&label)), "{label}");
            for names in [SettingNames::Gatepost, SettingNames::Mailpit] {
                match outcome.cure_key(names) {
                    None => assert!(!Locale::En.has(&format!("session-cure-{}", outcome.code())), "{label}"),
                    Some(key) => assert_eq!(Locale::En.text(&key), outcome.cure(names)),
                }
            }
        }
    }

    #[test]
    fn a_cure_of_the_inbox_alone_names_no_setting_of_gatepost() {
        for outcome in SessionOutcome::ALL {
            let Some(key) = outcome.cure_key(SettingNames::Mailpit) else { continue };
            for locale in Locale::ALL {
                let cure = locale.text(&key);
                assert!(!cure.contains("inbox.") && !cure.contains("/dev/inbox"), "{cure}");
            }
        }
    }
}
