//! The pages of outgoing mail: messages, their attempts with the server's replies, transports; requeue and cancel.

use askama::Template;
use rocket::response::Redirect;
use rocket::response::content::RawHtml;
use rocket::{get, post};

use crate::clock::Time;
use crate::outbox::{
    AttemptEntry, HealthStatus, JobState as Stage, Outbox, OutboxEntry, RequeueError, TransportHealth,
};

use super::super::api::reply::ApiError;
use super::super::path_id::Id;
use super::layout::{InboxLayout, PageContext};
use super::list::rendered;

/// Rows per page.
const PAGE: usize = 50;
/// Recipients shown in a row.
const MAX_RECIPIENTS: usize = 3;

#[derive(Template)]
#[template(path = "inbox/outbox.html")]
struct OutboxPage {
    layout: InboxLayout,
    transports: Vec<TransportRow>,
    /// True if the list is not filtered by a state.
    all: bool,
    states: Vec<Filter>,
    rows: Vec<OutgoingRow>,
    older: Option<String>,
}

#[derive(Template)]
#[template(path = "inbox/outgoing.html")]
struct OutgoingPage {
    layout: InboxLayout,
    row: OutgoingRow,
    message_id: String,
    next: Option<Time>,
    expires: Time,
    attempts: Vec<AttemptRow>,
    may_requeue: bool,
    may_cancel: bool,
}

/// A state that the list can be filtered by.
struct Filter {
    name: &'static str,
    label: String,
    chosen: bool,
}

struct TransportRow {
    name: &'static str,
    well: bool,
    reason: Option<String>,
    since: Option<Time>,
}

struct OutgoingRow {
    id: String,
    kind: String,
    /// The first recipients, and the number of the others.
    to: String,
    /// All recipients, if `to` does not name them all.
    everybody: Option<String>,
    label: String,
    bad: bool,
    transport: String,
    attempts: i64,
    created: Time,
    words: String,
}

struct AttemptRow {
    number: i64,
    started: Time,
    ended: Time,
    transport: String,
    outcome: String,
    bad: bool,
    words: String,
}

#[get("/outbox?<state>&<before>")]
pub async fn outbox(
    context: PageContext<'_>,
    state: Option<&str>,
    before: Option<&str>,
) -> Result<RawHtml<String>, ApiError> {
    let state = state.and_then(Stage::parse);
    let before = before.map(|id| Id::read(id).ok_or(ApiError::Unknown)).transpose()?.map(|Id(id)| id);
    let page = outbox_of(&context)?.page(state, before, PAGE).await.map_err(unreadable)?;
    let health = outbox_of(&context)?.health().await.map_err(unreadable)?;
    let layout = layout(&context).await?;
    let name = state.map(Stage::name).unwrap_or_default();
    let older = page.next.map(|next| format!("{}/outbox?state={name}&before={next}", layout.base));
    rendered(&OutboxPage {
        transports: health.transports.into_iter().map(TransportRow::from).collect(),
        all: state.is_none(),
        states: Stage::ALL
            .into_iter()
            .map(|each| Filter { name: each.name(), label: label(&layout, each), chosen: state == Some(each) })
            .collect(),
        rows: page.entries.iter().map(|entry| OutgoingRow::new(&layout, entry)).collect(),
        older,
        layout,
    })
}

#[get("/outbox/<id>")]
pub async fn outgoing(context: PageContext<'_>, id: Id<'_>) -> Result<RawHtml<String>, ApiError> {
    let (entry, attempts) = outbox_of(&context)?.show(id.0).await.map_err(unreadable)?.ok_or(ApiError::Unknown)?;
    let layout = layout(&context).await?;
    rendered(&OutgoingPage {
        message_id: entry.message_id.clone().unwrap_or_default(),
        next: (entry.state == Stage::Queued).then_some(entry.next_at),
        expires: entry.expires_at,
        attempts: attempts.iter().map(|attempt| AttemptRow::new(&layout, attempt)).collect(),
        may_requeue: !matches!(entry.state, Stage::Sent | Stage::Leased),
        may_cancel: entry.state == Stage::Queued,
        row: OutgoingRow::new(&layout, &entry),
        layout,
    })
}

#[post("/outbox/<id>/requeue")]
pub async fn requeue(context: PageContext<'_>, id: Id<'_>) -> Result<Redirect, ApiError> {
    answer(&context, id.0, outbox_of(&context)?.requeue(id.0).await)
}

#[post("/outbox/<id>/cancel")]
pub async fn cancel(context: PageContext<'_>, id: Id<'_>) -> Result<Redirect, ApiError> {
    answer(&context, id.0, outbox_of(&context)?.cancel(id.0).await)
}

fn outbox_of<'a>(context: &PageContext<'a>) -> Result<&'a Outbox, ApiError> {
    context.state.release.queue.as_ref().map(|queue| &queue.outbox).ok_or(ApiError::Unknown)
}

/// A redirect to the message's page. An action that came too late is not an error, since the page shows the new state.
fn answer(context: &PageContext<'_>, id: &str, done: Result<(), RequeueError>) -> Result<Redirect, ApiError> {
    match done {
        Ok(()) | Err(RequeueError::NotRequeueable(_) | RequeueError::NotCancellable(_)) => {
            Ok(Redirect::to(format!("{}/outbox/{}", context.mount.base, super::layout::encoded(id))))
        }
        Err(RequeueError::Unknown) => Err(ApiError::Unknown),
        Err(RequeueError::Storage(error)) => Err(unreadable(error)),
    }
}

async fn layout(context: &PageContext<'_>) -> Result<InboxLayout, ApiError> {
    Ok(context.layout("", context.state.inbox.counts().await?.unread))
}

fn unreadable(error: sqlx::Error) -> ApiError {
    tracing::error!(%error, "cannot read the outbox");
    ApiError::Away
}

impl From<TransportHealth> for TransportRow {
    fn from(health: TransportHealth) -> Self {
        TransportRow {
            name: health.name,
            well: health.status == HealthStatus::Ready,
            reason: health.reason,
            since: health.since,
        }
    }
}

/// The name of a state in the reader's language.
fn label(layout: &InboxLayout, state: Stage) -> String {
    layout.t(&format!("outbox-state-{}", state.name()))
}

impl OutgoingRow {
    fn new(layout: &InboxLayout, entry: &OutboxEntry) -> Self {
        let to: Vec<_> = entry.to.iter().map(ToString::to_string).collect();
        let (named, more) = to.split_at(to.len().min(MAX_RECIPIENTS));
        let count = if more.is_empty() { String::new() } else { format!(" +{}", more.len()) };
        OutgoingRow {
            id: entry.id.clone(),
            kind: entry.kind.clone(),
            to: named.join(", ") + &count,
            everybody: (!more.is_empty()).then(|| to.join(", ")),
            label: label(layout, entry.state),
            bad: matches!(entry.state, Stage::Dead | Stage::Expired),
            transport: entry.transport.clone().unwrap_or_default(),
            attempts: entry.attempts,
            created: entry.created_at,
            words: entry.last_error.clone().or_else(|| entry.reply.clone()).unwrap_or_default(),
        }
    }
}

impl AttemptRow {
    fn new(layout: &InboxLayout, attempt: &AttemptEntry) -> Self {
        AttemptRow {
            number: attempt.number,
            started: attempt.started_at,
            ended: attempt.ended_at,
            transport: attempt.transport.clone(),
            outcome: layout.t(&format!("outbox-outcome-{}", attempt.outcome)),
            bad: attempt.outcome != "sent" && attempt.outcome != "skipped",
            words: attempt.reply.clone(),
        }
    }
}
