//! Ours: a long poll that answers as soon as the messages a test waits for are there, with what it wants of them.

use std::collections::HashSet;
use std::time::Duration;

use rocket::http::Status;
use rocket::{Shutdown, State, get};
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use crate::capture::{Change, Feed, MessageId, Query, StoreError, Summary, Window};
use crate::clock::Time;

use super::super::inbox::Postroom;
use super::chosen;
use super::client::Client;
use super::paging;
use super::reply::{Json, Problem, Refusal};
use super::shapes::Awaited;

/// When nothing is said.
const TIMEOUT: Duration = Duration::from_secs(30);
const MAX_TIMEOUT: Duration = Duration::from_secs(120);
/// Messages of one answer.
const MAX_COUNT: u64 = 100;

#[derive(Serialize)]
pub struct Arrived {
    /// Oldest first.
    messages: Vec<Awaited>,
}

/// From where on messages count.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Since {
    Ever,
    /// Those after it.
    Message(MessageId),
    /// Those received then or later.
    Time(Time),
}

impl Since {
    fn parse(text: &str) -> Option<Self> {
        // A `+` of an offset that was not percent-encoded arrives as a blank.
        let time = || Time::parse_rfc3339(&text.replace(' ', "+")).map(Since::Time);
        text.parse().ok().map(Since::Message).or_else(time)
    }

    fn counts(self, summary: &Summary) -> bool {
        match self {
            Since::Ever => true,
            Since::Message(id) => summary.id > id,
            Since::Time(at) => summary.created >= at,
        }
    }
}

#[get("/api/v1/wait?<query>&<timeout>&<count>&<since>&<tz>")]
#[expect(clippy::too_many_arguments, reason = "one for each parameter of the query")]
pub async fn wait(
    _client: Client,
    room: &State<Postroom>,
    shutdown: Shutdown,
    query: Option<&str>,
    timeout: Option<&str>,
    count: Option<&str>,
    since: Option<&str>,
    tz: Option<&str>,
) -> Result<Json<Arrived>, Problem> {
    let timeout =
        timeout.map_or(Ok(TIMEOUT), |text| read_timeout(text).ok_or_else(|| bad("timeout", "10s, at most 120s")))?;
    let count = count.map_or(Some(1), |text| text.parse().ok().filter(|count| (1..=MAX_COUNT).contains(count)));
    let count = count.ok_or_else(|| bad("count", "1 to 100"))?;
    let since = since.filter(|text| !text.is_empty());
    let since = since.map_or(Some(Since::Ever), Since::parse);
    let since = since.ok_or_else(|| bad("since", "a message's ID or an RFC 3339 time"))?;
    let query = paging::arrived(query.unwrap_or_default(), tz);
    let place = room.waiting.take();
    let found = tokio::select! {
        found = until(room, query.as_ref(), since, count, timeout) => found?,
        () = place.lost() => return Err(Problem::from(Refusal::Busy)),
        () = shutdown => return Err(Problem::from(Refusal::Busy)),
    };
    match found {
        Some(messages) => Ok(Json(Arrived { messages })),
        None => Err(Problem {
            status: Status::RequestTimeout,
            detail: format!("fewer than {count} messages matched within {} s", timeout.as_secs_f32()),
        }),
    }
}

fn bad(name: &str, expected: &str) -> Problem {
    Problem::bad(format!("{name} is not understood; expected {expected}"))
}

/// `500ms`, `10s`, `2m` or bare seconds.
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

/// Looks, then looks again after each change; `None` when the time is up. The feed is opened before the first look, so
/// that nothing falls between the two; a look is never cut short, so that what is there already is always found.
/// Messages that cannot be read do not count.
async fn until(
    room: &Postroom,
    query: Option<&Query>,
    since: Since,
    count: u64,
    patience: Duration,
) -> Result<Option<Vec<Awaited>>, Refusal> {
    let deadline = Instant::now() + patience;
    let mut feed = room.inbox.feed(None).await?;
    let mut damaged = HashSet::new();
    loop {
        let found = matching(room, query, since, &damaged).await?;
        if found.len() as u64 >= count {
            let known = damaged.len();
            let readable = read(room, found, &mut damaged).await?;
            if readable.len() as u64 >= count {
                return Ok(Some(readable));
            }
            // Older messages take the places of the damaged ones.
            if damaged.len() > known {
                continue;
            }
        }
        match timeout_at(deadline, promising(&mut feed)).await {
            Ok(true) => {}
            Ok(false) => return Err(Refusal::Busy),
            Err(_) => return Ok(None),
        }
    }
}

/// Waits for a change after which more messages may match; `false` when the feed has ended.
async fn promising(feed: &mut Feed) -> bool {
    while let Some(event) = feed.next().await {
        match event.change {
            Change::Deleted { .. } | Change::Truncated => {}
            Change::Stored(_) | Change::Tagged { .. } | Change::Read { .. } | Change::Pruned | Change::Counted(_) => {
                return true;
            }
        }
    }
    false
}

/// The newest that match, newest first, without those known to be damaged.
async fn matching(
    room: &Postroom,
    query: Option<&Query>,
    since: Since,
    damaged: &HashSet<MessageId>,
) -> Result<Vec<Summary>, Refusal> {
    let limit = MAX_COUNT.saturating_add(damaged.len() as u64);
    let window = Window { limit: Some(limit), arrived: true, ..Window::default() };
    let mut found = match query {
        Some(query) => room.inbox.search(query, &window).await?.messages,
        None => room.inbox.list(&window).await?,
    };
    found.retain(|summary| since.counts(summary) && !damaged.contains(&summary.id));
    Ok(found)
}

/// The messages themselves, oldest first. Those deleted in between are left out, and those whose bytes cannot be read,
/// which are remembered in `damaged`.
async fn read(room: &Postroom, found: Vec<Summary>, damaged: &mut HashSet<MessageId>) -> Result<Vec<Awaited>, Refusal> {
    let mut messages = Vec::with_capacity(found.len());
    for Summary { id, .. } in found.into_iter().rev() {
        match room.inbox.message(id).await {
            Ok(Some(captured)) => messages.push(chosen::parsed(captured, Awaited::new).await?),
            Ok(None) => {}
            Err(error @ StoreError::Damaged(_)) => {
                tracing::warn!(%id, %error, "a damaged message is passed over");
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
    fn time_outs_have_units_and_a_limit() {
        assert_eq!(read_timeout("10s"), Some(Duration::from_secs(10)));
        assert_eq!(read_timeout("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(read_timeout("2m"), Some(MAX_TIMEOUT));
        assert_eq!(read_timeout("5"), Some(Duration::from_secs(5)));
        for bad in ["", "s", "-1s", "1h", "121s", "3m", "1.5s", "999999999999999999999s"] {
            assert_eq!(read_timeout(bad), None, "{bad}");
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
