//! The page of outgoing mail: messages by state, the chart of the last day, and the transports.

use askama::Template;
use rocket::get;
use rocket::response::content::RawHtml;

use crate::clock::Time;
use crate::i18n::Locale;
use crate::outbox::{HealthStatus, JobState as Stage, Outbox, OutboxEntry, TransportHealth};

use super::super::error::WebError;
use super::super::path_id::Id;
use super::filters::{FilterLink, FilteredList};
use super::layout::InboxLayout;
use super::outbox_chart::{HOURS, TransportChart, charts};
use super::page_context::{PageContext, rendered};

/// Rows per page.
const PAGE: usize = 50;
/// Recipients shown in a row.
const MAX_RECIPIENTS: usize = 3;

#[derive(Template)]
#[template(path = "inbox/outbox.html")]
struct OutboxPage {
    layout: InboxLayout,
    transports: Vec<TransportRow>,
    charts: Vec<TransportChart>,
    filters: Vec<FilterLink>,
    rows: Vec<OutgoingRow>,
    older: Option<String>,
}

struct TransportRow {
    name: &'static str,
    well: bool,
    /// What is wrong: the key of our sentence, and the transport's own words.
    reason: Option<(&'static str, String)>,
    since: Option<Time>,
}

/// A message of the list.
pub struct OutgoingRow {
    pub id: String,
    /// Which message it is, in the reader's language.
    pub kind: String,
    /// The first recipients, and the number of the others.
    pub to: String,
    /// All recipients, if `to` does not name them all.
    pub everybody: Option<String>,
    pub label: String,
    /// The class of its dot.
    pub state: &'static str,
    pub bad: bool,
    pub transport: String,
    pub attempts: i64,
    pub created: Time,
    pub answer: ServerAnswer,
    /// The time until the next attempt, in the reader's language; empty if there will be none.
    pub next: String,
}

/// What a server said and what Gatepost says about it.
#[derive(Debug, PartialEq, Eq)]
pub struct ServerAnswer {
    /// The server's reply as it was; empty without one.
    pub reply: String,
    /// The circumstances, in English; empty if there is nothing to add.
    pub circumstances: String,
}

impl ServerAnswer {
    /// Divides `text`, in which the reply begins with `code`.
    pub fn of(text: &str, code: Option<i64>) -> Self {
        let start = code.and_then(|code| {
            let code = code.to_string();
            text.match_indices(&code).map(|(at, _)| at).find(|at| starts_word(text, *at, code.len()))
        });
        let (circumstances, reply) = start.and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""));
        let circumstances = circumstances.trim_end().trim_end_matches(':');
        // The number of the system's error says nothing that its text does not say.
        let plain = circumstances.split(" (os error").next().unwrap_or_default();
        ServerAnswer { reply: reply.to_owned(), circumstances: plain.to_owned() }
    }
}

/// True if the digits at `at` are not part of a longer word.
fn starts_word(text: &str, at: usize, length: usize) -> bool {
    let before = text.get(..at).and_then(|text| text.chars().next_back());
    let after = text.get(at + length..).and_then(|text| text.chars().next());
    before.is_none_or(char::is_whitespace) && after.is_none_or(|c| c == ' ' || c == '-')
}

#[get("/outbox?<state>&<before>")]
pub async fn outbox(
    context: PageContext<'_>,
    state: Option<&str>,
    before: Option<&str>,
) -> Result<RawHtml<String>, WebError> {
    let state = state.and_then(Stage::parse);
    let before = before.map(|id| Id::read(id).ok_or(WebError::Unknown)).transpose()?.map(|Id(id)| id);
    let outbox = outbox_of(&context)?;
    let page = outbox.page(state, before, PAGE).await?;
    let health = outbox.health().await?;
    let counts = outbox.by_hour(HOURS).await?;
    let layout = context.plain_layout().await?;
    let now = context.state.clock.now();
    let chosen = state.map(Stage::name).unwrap_or_default();
    let list = FilteredList { layout: &layout, path: "/outbox", parameter: "state", chosen };
    let states = Stage::ALL.into_iter().map(|each| (each.name(), label(&layout, each)));
    let labels = std::iter::once(("", layout.t("outbox-all"))).chain(states);
    let (filters, older) = list.links(labels, page.next.map(|next| ("before", next)));
    rendered(&OutboxPage {
        transports: health.transports.into_iter().map(TransportRow::from).collect(),
        charts: charts(counts, now),
        filters,
        rows: page.entries.iter().map(|entry| OutgoingRow::new(&layout, entry, now)).collect(),
        older,
        layout,
    })
}

pub fn outbox_of<'a>(context: &PageContext<'a>) -> Result<&'a Outbox, WebError> {
    context.state.release.queue.as_ref().map(|queue| &queue.outbox).ok_or(WebError::Unknown)
}

impl From<TransportHealth> for TransportRow {
    fn from(health: TransportHealth) -> Self {
        TransportRow {
            name: health.name,
            well: health.status == HealthStatus::Ready,
            reason: health.reason.map(|reason| (cause(&reason), reason)),
            since: health.since,
        }
    }
}

/// The key of the sentence that says why a transport is paused, judged by the transport's words.
fn cause(reason: &str) -> &'static str {
    const CAUSES: [(&str, &[&str]); 5] = [
        ("outbox-cause-unreachable", &["connection refused", "unreachable", "no route", "lookup", "resolve", "dns"]),
        ("outbox-cause-silent", &["timed out", "no answer", "took longer", "within"]),
        ("outbox-cause-certificate", &["certificate", "tls"]),
        ("outbox-cause-login", &["535", "534", "530", "password", "login", "credentials", "token", "consent", "scope"]),
        ("outbox-cause-sender", &["sender", "from address", "553"]),
    ];
    let reason = reason.to_lowercase();
    let matching = CAUSES.into_iter().find(|(_, words)| words.iter().any(|word| reason.contains(word)));
    matching.map_or("outbox-cause-other", |(key, _)| key)
}

/// The name of a state in the reader's language.
fn label(layout: &InboxLayout, state: Stage) -> String {
    layout.t(format!("outbox-state-{}", state.name()))
}

/// The text for a kind of message; the name itself for a kind that this version does not know.
fn kind_text(locale: Locale, kind: &str) -> String {
    let key = format!("outbox-kind-{kind}");
    if locale.has(&key) { locale.text(&key) } else { kind.to_owned() }
}

impl OutgoingRow {
    pub fn new(layout: &InboxLayout, entry: &OutboxEntry, now: Time) -> Self {
        let to: Vec<_> = entry.to.iter().map(ToString::to_string).collect();
        let (named, more) = to.split_at(to.len().min(MAX_RECIPIENTS));
        let count = if more.is_empty() { String::new() } else { format!(" +{}", more.len()) };
        let text = entry.last_error.clone().or_else(|| entry.reply.clone()).unwrap_or_default();
        let wait = layout.locale.wait(entry.next_at.since(now));
        OutgoingRow {
            id: entry.id.clone(),
            kind: kind_text(layout.locale, &entry.kind),
            to: named.join(", ") + &count,
            everybody: (!more.is_empty()).then(|| to.join(", ")),
            label: label(layout, entry.state),
            state: entry.state.name(),
            bad: matches!(entry.state, Stage::Dead | Stage::Expired),
            transport: entry.transport.clone().unwrap_or_default(),
            attempts: entry.attempts,
            created: entry.created_at,
            answer: ServerAnswer::of(&text, entry.last_code),
            next: if entry.state == Stage::Queued && entry.attempts > 0 { wait } else { String::new() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::emails::EmailKind;

    #[test]
    fn every_kind_of_message_has_a_text_in_every_language() {
        for kind in EmailKind::ALL.iter().map(|kind| kind.name()).chain(["mail", "release"]) {
            assert!(Locale::ALL.iter().all(|locale| kind_text(*locale, kind) != kind), "{kind}");
        }
        assert_eq!(kind_text(Locale::ALL[0], "of_a_later_version"), "of_a_later_version");
    }

    #[test]
    fn the_reason_of_a_paused_transport_gets_a_sentence_in_every_language() {
        for (reason, key) in [
            ("127.0.0.1:25: Connection refused (os error 111)", "unreachable"),
            ("mx.test answered after the login: 535 5.7.8 Bad credentials", "login"),
            ("invalid peer certificate: UnknownIssuer", "certificate"),
            ("the connection to mx.test timed out", "silent"),
            ("moon", "other"),
        ] {
            let key = format!("outbox-cause-{key}");
            assert_eq!(cause(reason), key, "{reason}");
            assert!(Locale::ALL.iter().all(|locale| locale.has(&key)), "{key}");
        }
    }

    #[test]
    fn the_servers_reply_is_separated_from_what_gatepost_says() {
        let divided = |text: &str, code| {
            let ServerAnswer { reply, circumstances } = ServerAnswer::of(text, code);
            (circumstances, reply)
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            divided("mx.test answered while naming the recipient: 550 5.1.1 No such user", Some(550)),
            pair("mx.test answered while naming the recipient", "550 5.1.1 No such user")
        );
        assert_eq!(divided("250 2.0.0 queued as 2501", Some(250)), pair("", "250 2.0.0 queued as 2501"));
        assert_eq!(divided("id 5501 x 550-a", Some(550)), pair("id 5501 x", "550-a"));
        assert_eq!(divided("Connection refused (os error 111)", None), pair("Connection refused", ""));
        assert_eq!(divided("", None), pair("", ""));
    }
}
