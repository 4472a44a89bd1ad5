//! The page of one outgoing message: its attempts as a timeline; requeue and cancel.

use askama::Template;
use rocket::response::Redirect;
use rocket::response::content::RawHtml;
use rocket::{get, post};

use crate::clock::Time;
use crate::inbox::MessageId;
use crate::outbox::{AttemptEntry, JobState as Stage, OutboxEntry, RequeueError};

use super::super::error::WebError;
use super::super::path_id::Id;
use super::format::encoded;
use super::layout::InboxLayout;
use super::outbox::{OutgoingRow, ServerAnswer, outbox_of};
use super::page_context::{PageContext, rendered};

#[derive(Template)]
#[template(path = "inbox/outgoing.html")]
struct OutgoingPage {
    layout: InboxLayout,
    row: OutgoingRow,
    message_id: String,
    next: Option<Time>,
    expires: Time,
    settled: Option<Time>,
    attempts: Vec<AttemptRow>,
    /// The captured message.
    captured: Option<String>,
    may_requeue: bool,
    may_cancel: bool,
}

struct AttemptRow {
    number: i64,
    started: Time,
    transport: String,
    /// How long it took, with its unit.
    took: String,
    outcome: String,
    /// What the outcome means, in the reader's language.
    meaning: String,
    bad: bool,
    answer: ServerAnswer,
    /// How long the message waited afterwards, in the reader's language; empty after the last attempt.
    waited: String,
}

#[get("/outbox/<id>")]
pub async fn outgoing(context: PageContext<'_>, id: Id<'_>) -> Result<RawHtml<String>, WebError> {
    let (entry, attempts) = outbox_of(&context)?.show(id.0).await?.ok_or(WebError::Unknown)?;
    let layout = context.plain_layout().await?;
    let next = (entry.state == Stage::Queued).then_some(entry.next_at);
    let following = attempts.iter().skip(1).map(|attempt| Some(attempt.started_at)).chain([next]);
    let row = |(attempt, next): (&AttemptEntry, Option<Time>)| AttemptRow::new(&layout, attempt, next);
    rendered(&OutgoingPage {
        message_id: entry.message_id.clone().unwrap_or_default(),
        next,
        expires: entry.expires_at,
        settled: entry.settled_at,
        attempts: attempts.iter().zip(following).map(row).collect(),
        captured: captured(&context, &entry).await?,
        may_requeue: !matches!(entry.state, Stage::Sent | Stage::Leased),
        may_cancel: entry.state == Stage::Queued,
        row: OutgoingRow::new(&layout, &entry, context.state.clock.now()),
        layout,
    })
}

/// The id of the message in the inbox, if the transport `capture` took it and it still exists.
async fn captured(context: &PageContext<'_>, entry: &OutboxEntry) -> Result<Option<String>, WebError> {
    let is_capture = entry.transport.as_deref() == Some("capture");
    let id = entry.remote_id.as_deref().filter(|_| is_capture).and_then(|id| id.parse::<MessageId>().ok());
    let Some(id) = id else { return Ok(None) };
    Ok(context.state.inbox.summary(id).await?.map(|summary| summary.id.to_string()))
}

#[post("/outbox/<id>/requeue")]
pub async fn requeue(context: PageContext<'_>, id: Id<'_>) -> Result<Redirect, WebError> {
    answer(&context, id.0, outbox_of(&context)?.requeue(id.0).await)
}

#[post("/outbox/<id>/cancel")]
pub async fn cancel(context: PageContext<'_>, id: Id<'_>) -> Result<Redirect, WebError> {
    answer(&context, id.0, outbox_of(&context)?.cancel(id.0).await)
}

/// A redirect to the message's page. An action that came too late is not an error, since the page shows the new state.
fn answer(context: &PageContext<'_>, id: &str, done: Result<(), RequeueError>) -> Result<Redirect, WebError> {
    match done {
        Ok(()) | Err(RequeueError::NotRequeueable(_) | RequeueError::NotCancellable(_)) => {
            Ok(Redirect::to(format!("{}/outbox/{}", context.mount.base, encoded(id))))
        }
        Err(RequeueError::Unknown) => Err(WebError::Unknown),
        Err(RequeueError::Storage(error)) => Err(error.into()),
    }
}

impl AttemptRow {
    /// `next` is the time of the following attempt.
    fn new(layout: &InboxLayout, attempt: &AttemptEntry, next: Option<Time>) -> Self {
        let millis = attempt.ended_at.since(attempt.started_at).as_millis();
        AttemptRow {
            number: attempt.number,
            started: attempt.started_at,
            transport: attempt.transport.clone(),
            took: if millis < 1_000 { format!("{millis} ms") } else { format!("{:.1} s", millis as f64 / 1e3) },
            outcome: layout.t(format!("outbox-outcome-{}", attempt.outcome)),
            meaning: layout.t(format!("outbox-meaning-{}", attempt.outcome)),
            bad: attempt.outcome != "sent" && attempt.outcome != "skipped",
            answer: ServerAnswer::of(&attempt.reply, attempt.code),
            waited: next.map(|next| layout.locale.wait(next.since(attempt.ended_at))).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::i18n::Locale;

    #[test]
    fn every_outcome_has_a_meaning() {
        let outcomes = [
            "sent",
            "skipped",
            "not_composed",
            "interrupted",
            "transient",
            "permanent",
            "unsupported",
            "configuration",
            "ambiguous",
            "rate",
        ];
        for outcome in outcomes {
            for key in [format!("outbox-outcome-{outcome}"), format!("outbox-meaning-{outcome}")] {
                assert!(Locale::ALL.iter().all(|locale| locale.has(&key)), "{key}");
            }
        }
    }
}
