//! A long poll that answers as soon as enough messages match a search, with their links and codes. Mailpit does not
//! have this route.

use std::collections::HashSet;
use std::time::Duration;

use rocket::{Route, Shutdown, get, routes};
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use crate::clock::Time;
use crate::inbox::{Change, MessageId, PageRequest, Query, StoreError, Subscription, Summary};

use super::super::error::WebError;
use super::super::inbox::state::InboxState;
use super::super::problem_json::ApiProblem;
use super::auth::ApiAuth;
use super::lookup;
use super::operation::{JSON, QUERY, TZ, operations};
use super::paging;
use super::reply::Json;
use super::schema::WaitResult;

/// Default time to wait.
const TIMEOUT: Duration = Duration::from_secs(30);
const MAX_TIMEOUT: Duration = Duration::from_secs(120);
/// Most messages of one answer.
const MAX_COUNT: u64 = 100;

operations! { "messages":
    get "/api/v1/wait" "Wait" [
        QUERY,
        ("timeout", "timeout", "how long to wait, such as 500ms, 10s or 2m; 30s by default, at most 120s"),
        ("count", "count", "number of messages to wait for, 1 to 100; 1 by default"),
        ("since", "since", "only messages after this ID, or received at or after this RFC 3339 time"),
        TZ,
    ], None => (JSON, "Awaited"), [400, 408, 503];
}

pub fn routes() -> Vec<Route> {
    routes![wait]
}

#[derive(Serialize)]
pub struct FoundMessage {
    /// Oldest first.
    messages: Vec<WaitResult>,
}

/// The first message that counts.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Since {
    Ever,
    /// Messages newer than this one.
    Message(MessageId),
    /// Messages received at this time or later.
    Time(Time),
}

impl Since {
    fn parse(text: &str) -> Option<Self> {
        // An offset's `+` that is not percent-encoded is decoded as a blank.
        let time = || Time::parse_rfc3339(&text.replace(' ', "+")).map(Since::Time);
        text.parse().ok().map(Since::Message).or_else(time)
    }

    fn includes(self, summary: &Summary) -> bool {
        match self {
            Since::Ever => true,
            Since::Message(id) => summary.id > id,
            Since::Time(at) => summary.created >= at,
        }
    }
}

#[get("/api/v1/wait?<query>&<timeout>&<count>&<since>&<tz>")]
pub async fn wait(
    state: ApiAuth<'_>,
    shutdown: Shutdown,
    query: Option<&str>,
    timeout: Option<&str>,
    count: Option<&str>,
    since: Option<&str>,
    tz: Option<&str>,
) -> Result<Json<FoundMessage>, ApiProblem> {
    let timeout = timeout
        .map_or(Ok(TIMEOUT), |text| read_timeout(text).ok_or_else(|| invalid("timeout", "10s, at most 120s")))?;
    let count = count.map_or(Some(1), |text| text.parse().ok().filter(|count| (1..=MAX_COUNT).contains(count)));
    let count = count.ok_or_else(|| invalid("count", "1 to 100"))?;
    let since = since.filter(|text| !text.is_empty());
    let since = since.map_or(Some(Since::Ever), Since::parse);
    let since = since.ok_or_else(|| invalid("since", "a message's ID or an RFC 3339 time"))?;
    let query = paging::accepted_query(query.unwrap_or_default(), tz)?;
    let slot = state.limits.long_polls.acquire();
    let found = tokio::select! {
        found = poll_until_found(&state, query.as_ref(), since, count, timeout) => found?,
        () = slot.evicted() => return Err(WebError::Busy.into()),
        () = shutdown => return Err(WebError::Stopping.into()),
    };
    match found {
        Some(messages) => Ok(Json(FoundMessage { messages })),
        None => {
            let seconds = timeout.as_secs_f32();
            Err(WebError::Timeout(format!("fewer than {count} messages matched within {seconds} s")).into())
        }
    }
}

fn invalid(name: &str, expected: &str) -> ApiProblem {
    ApiProblem::bad(format!("invalid {name}: expected {expected}"))
}

/// Parses `500ms`, `10s`, `2m` or a number of seconds; `None` if it is invalid or too long.
fn read_timeout(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    let span = match text.get(digits.len()..)? {
        "ms" => Duration::from_millis(number),
        "" | "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(number.checked_mul(60)?),
        _ => return None,
    };
    (span <= MAX_TIMEOUT).then_some(span)
}

/// Searches now and after each change; `None` after the timeout. The subscription starts before the first search, so
/// that no change is missed. The timeout does not interrupt a search, so that existing messages are always found.
/// Messages that cannot be read do not count.
async fn poll_until_found(
    state: &InboxState,
    query: Option<&Query>,
    since: Since,
    count: u64,
    timeout: Duration,
) -> Result<Option<Vec<WaitResult>>, WebError> {
    let deadline = Instant::now() + timeout;
    let mut feed = state.inbox.feed(None).await?;
    let mut damaged = HashSet::new();
    loop {
        let found = matching(state, query, since, &damaged).await?;
        if found.len() as u64 >= count {
            let known = damaged.len();
            let readable = read(state, found, &mut damaged).await?;
            if readable.len() as u64 >= count {
                return Ok(Some(readable));
            }
            // Older messages take the places of the damaged ones.
            if damaged.len() > known {
                continue;
            }
        }
        match timeout_at(deadline, wait_for_change(&mut feed)).await {
            Ok(true) => {}
            Ok(false) => return Err(WebError::Stopping),
            Err(_) => return Ok(None),
        }
    }
}

/// Waits for a change after which more messages can match; `false` if the subscription has ended.
async fn wait_for_change(feed: &mut Subscription) -> bool {
    while let Some(event) = feed.next().await {
        match event.change {
            Change::Deleted { .. } | Change::Truncated => {}
            Change::Stored(_)
            | Change::Restored(_)
            | Change::Tagged { .. }
            | Change::Read { .. }
            | Change::Pruned
            | Change::Counted(_) => return true,
        }
    }
    false
}

/// The newest matching messages, newest first, without those known to be damaged.
async fn matching(
    state: &InboxState,
    query: Option<&Query>,
    since: Since,
    damaged: &HashSet<MessageId>,
) -> Result<Vec<Summary>, WebError> {
    let limit = MAX_COUNT.saturating_add(damaged.len() as u64);
    let window = PageRequest { limit: Some(limit), arrived: true, ..PageRequest::default() };
    let mut found = match query {
        Some(query) => state.inbox.search(query, &window).await?.messages,
        None => state.inbox.list(&window).await?,
    };
    found.retain(|summary| since.includes(summary) && !damaged.contains(&summary.id));
    Ok(found)
}

/// The messages, oldest first. Messages deleted since the search are left out, and so are messages whose bytes cannot
/// be read; these are added to `damaged`.
async fn read(
    state: &InboxState,
    found: Vec<Summary>,
    damaged: &mut HashSet<MessageId>,
) -> Result<Vec<WaitResult>, WebError> {
    let mut messages = Vec::with_capacity(found.len());
    for Summary { id, .. } in found.into_iter().rev() {
        match state.inbox.message(id).await {
            Ok(Some(captured)) => messages.push(lookup::parsed(captured, WaitResult::new).await?),
            Ok(None) => {}
            Err(error @ StoreError::Damaged(_)) => {
                tracing::warn!(%id, %error, "skipped a damaged message");
                damaged.insert(id);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_has_a_unit_and_a_limit() {
        assert_eq!(read_timeout("10s"), Some(Duration::from_secs(10)));
        assert_eq!(read_timeout("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(read_timeout("2m"), Some(MAX_TIMEOUT));
        assert_eq!(read_timeout("5"), Some(Duration::from_secs(5)));
        for invalid in ["", "s", "-1s", "1h", "121s", "3m", "1.5s", "999999999999999999999s"] {
            assert_eq!(read_timeout(invalid), None, "{invalid}");
        }
    }

    #[test]
    fn since_is_an_id_or_a_time() {
        assert!(matches!(Since::parse("0000000000000000000001"), Some(Since::Message(_))));
        assert!(matches!(Since::parse("2026-11-21T03:34:00Z"), Some(Since::Time(_))));
        assert!(matches!(Since::parse("2026-11-21T03:34:00 09:00"), Some(Since::Time(_))));
        assert_eq!(Since::parse("yesterday"), None);
    }
}
