//! `gatepost mail list` and `show`: prints the outbox as lines or JSON.

use std::io::Write;

use clap::Args;
use serde::Serialize;

use crate::clock::Time;
use crate::outbox::{AttemptEntry, JobState, Outbox, OutboxEntry, RequeueError};

use super::error::MailError;

#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only messages in this state: queued, leased, sent, dead, expired or cancelled
    #[arg(long, value_parser = state)]
    pub state: Option<JobState>,
    /// The most messages to list; 0 for all
    #[arg(long, default_value_t = 50)]
    pub limit: usize,
    /// Print a JSON array
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    pub id: String,
    /// Print a JSON object
    #[arg(long)]
    pub json: bool,
}

fn state(text: &str) -> Result<JobState, String> {
    let names: Vec<_> = JobState::ALL.into_iter().map(JobState::name).collect();
    JobState::parse(text).ok_or_else(|| format!("expected one of {}", names.join(", ")))
}

/// The number of rows per query.
const PAGE: usize = 500;

type OutboxResult<'a> = &'a mut (dyn Write + Send);

pub(super) async fn list(list: &ListArgs, outbox: &Outbox, out: OutboxResult<'_>) -> Result<(), MailError> {
    let limit = if list.limit == 0 { usize::MAX } else { list.limit };
    let mut entries: Vec<OutboxEntry> = Vec::new();
    let mut before: Option<String> = None;
    while entries.len() < limit {
        let page = outbox.page(list.state, before.as_deref(), PAGE.min(limit - entries.len())).await?;
        entries.extend(page.entries);
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    if list.json {
        return json(out, &entries);
    }
    for entry in &entries {
        writeln!(out, "{}", line(entry))?;
    }
    Ok(())
}

fn line(entry: &OutboxEntry) -> String {
    let to: Vec<_> = entry.to.iter().map(ToString::to_string).collect();
    let transport = entry.transport.as_deref().unwrap_or("-");
    let mut line = format!(
        "{}  {:<9}  {}  {}  {transport}  {}×",
        entry.id,
        entry.state.name(),
        entry.kind,
        to.join(", "),
        entry.attempts
    );
    if entry.state == JobState::Queued {
        line.push_str(&format!("  next {}", entry.next_at.rfc3339()));
    }
    if let Some(text) = entry.last_error.as_deref().or(entry.reply.as_deref()) {
        line.push_str(&format!("  {text}"));
    }
    line
}

#[derive(Serialize)]
struct ShownMessage<'a> {
    #[serde(flatten)]
    entry: &'a OutboxEntry,
    timeline: &'a [AttemptEntry],
}

pub(super) async fn show(show: &ShowArgs, outbox: &Outbox, out: OutboxResult<'_>) -> Result<(), MailError> {
    let Some((entry, timeline)) = outbox.show(&show.id).await? else { return Err(RequeueError::Unknown.into()) };
    if show.json {
        return json(out, &ShownMessage { entry: &entry, timeline: &timeline });
    }
    let to: Vec<_> = entry.to.iter().map(ToString::to_string).collect();
    let when = |at: Option<Time>| at.map_or_else(|| "-".to_owned(), Time::rfc3339);
    let none = || "-".to_owned();
    for (name, value) in [
        ("id", entry.id.clone()),
        ("kind", entry.kind.clone()),
        ("to", to.join(", ")),
        ("state", entry.state.name().to_owned()),
        ("transport", entry.transport.clone().unwrap_or_else(none)),
        ("attempts", entry.attempts.to_string()),
        ("created_at", entry.created_at.rfc3339()),
        ("next_at", entry.next_at.rfc3339()),
        ("expires_at", entry.expires_at.rfc3339()),
        ("settled_at", when(entry.settled_at)),
        ("message_id", entry.message_id.clone().unwrap_or_else(none)),
        ("reply", entry.reply.clone().unwrap_or_else(none)),
        ("remote_id", entry.remote_id.clone().unwrap_or_else(none)),
        ("last_error", entry.last_error.clone().unwrap_or_else(none)),
    ] {
        writeln!(out, "{name:<11} {value}")?;
    }
    for attempt in &timeline {
        let AttemptEntry { number, transport, outcome, reply: words, .. } = attempt;
        writeln!(out, "attempt {number}   {}  {transport}  {outcome}  {words}", attempt.started_at.rfc3339())?;
    }
    Ok(())
}

fn json<T: Serialize + ?Sized>(out: OutboxResult<'_>, value: &T) -> Result<(), MailError> {
    let text = serde_json::to_string(value).map_err(std::io::Error::from)?;
    Ok(writeln!(out, "{text}")?)
}
