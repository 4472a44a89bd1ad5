//! The live feed of inbox changes. Subscriptions read the `events` table whenever the file has changed, so writes of
//! this process and of other processes are reported the same way.

use std::time::Duration;

use sqlx::Sqlite;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::broadcast;

use super::event_bus::{Change, Event};
use super::handle::Inbox;
use super::store::events::{self, EventKind, EventRow};
use super::store::read;
use super::types::StoreError;

/// Interval at which the file is checked for writes of other processes, while there is a subscription.
const POLL_INTERVAL: Duration = Duration::from_millis(25);
/// Number of unread events after which a subscription loses events and receives [`Change::Pruned`].
const CHANNEL_CAPACITY: usize = 1_024;
/// Maximum number of events in one read. If there are more, [`Change::Pruned`] is sent instead.
const MAX_JUMP: i64 = 1_000;

/// A stream of inbox events; see [`Inbox::feed`].
pub struct Subscription {
    replay: std::vec::IntoIter<Event>,
    live: broadcast::Receiver<Event>,
    /// Sequence number up to which events were replayed or are older than the subscription.
    seen: i64,
}

impl Subscription {
    /// Sequence number to pass to [`Inbox::feed`] later in order to resume without missing an event.
    pub fn position(&self) -> i64 {
        self.replay.as_slice().first().map_or(self.seen, |event| event.seq - 1)
    }

    /// Waits for the next event; `None` if the inbox is closed. A subscription that is too slow receives
    /// [`Change::Pruned`] and continues with later events. Cancel-safe: dropping the future loses no event.
    pub async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.replay.next() {
            return Some(event);
        }
        loop {
            match self.live.recv().await {
                // Counts have the sequence number of the preceding event.
                Ok(event) if event.seq < self.seen => {}
                Ok(event) if event.seq == self.seen && !matches!(event.change, Change::Counted(_)) => {}
                Ok(event) => {
                    self.seen = event.seq;
                    return Some(event);
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    return Some(Event { seq: self.seen, change: Change::Pruned });
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

impl Inbox {
    /// Subscribes to the events after `after`, or to new events only if it is `None`. If too many events followed
    /// `after`, the first event is [`Change::Pruned`].
    ///
    /// # Errors
    /// The database fails.
    pub async fn feed(&self, after: Option<i64>) -> Result<Subscription, StoreError> {
        let live = self.subscribe().await?;
        let mut conn = self.reader().await?;
        let last = events::last(&mut conn).await?;
        let Some(after) = after.filter(|seq| *seq < last) else {
            return Ok(Subscription { replay: vec![].into_iter(), live, seen: last });
        };
        let replay = replay(&mut conn, after, last).await?;
        Ok(Subscription { replay: replay.into_iter(), live, seen: last })
    }

    async fn subscribe(&self) -> Result<broadcast::Receiver<Event>, StoreError> {
        let last = events::last(&mut *self.reader().await?).await?;
        let mut slot = self.0.event_bus.slot();
        if let Some(sender) = slot.as_ref() {
            return Ok(sender.subscribe());
        }
        let (sender, live) = broadcast::channel(CHANNEL_CAPACITY);
        tokio::spawn(publish_events(self.clone(), sender.clone(), last));
        *slot = Some(sender);
        Ok(live)
    }
}

/// Publishes events until there is no subscription left.
async fn publish_events(inbox: Inbox, sender: broadcast::Sender<Event>, mut seen: i64) {
    let mut writes = inbox.0.wake.watch();
    let mut conn = None;
    let mut version = None;
    while !inbox.0.event_bus.close_if_unused(&sender) {
        match new_events(&inbox, &mut conn, &mut version, seen).await {
            Ok(events) => {
                for event in events {
                    seen = event.seq;
                    let _ = sender.send(event);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "cannot read inbox events");
                version = None;
            }
        }
        tokio::select! {
            _ = writes.changed() => {}
            () = tokio::time::sleep(POLL_INTERVAL) => {}
        }
    }
}

async fn new_events(
    inbox: &Inbox,
    slot: &mut Option<PoolConnection<Sqlite>>,
    version: &mut Option<i64>,
    seen: i64,
) -> Result<Vec<Event>, StoreError> {
    // `data_version` changes with commits of other connections only, so the same connection is always used.
    let conn = match slot {
        Some(conn) => conn,
        None => slot.insert(inbox.reader().await?),
    };
    let now = events::data_version(conn).await?;
    if version.replace(now) == Some(now) {
        return Ok(vec![]);
    }
    let last = events::last(conn).await?;
    if last == seen { Ok(vec![]) } else { Ok(replay(conn, seen, last).await?) }
}

/// Reads the events after `after` up to `last`, followed by the counts.
async fn replay(conn: &mut SqliteConnection, after: i64, last: i64) -> Result<Vec<Event>, sqlx::Error> {
    let mut events = Vec::new();
    if last - after > MAX_JUMP {
        events.push(Event { seq: last, change: Change::Pruned });
    } else {
        let rows = events::after(conn, after, MAX_JUMP).await?;
        events = load_changes(conn, rows).await?;
    }
    let seq = events.last().map_or(last, |e| e.seq).max(last);
    events.push(Event { seq, change: Change::Counted(read::counts(conn).await?) });
    Ok(events)
}

/// Adds the message data to the rows of `events`.
async fn load_changes(conn: &mut SqliteConnection, entries: Vec<EventRow>) -> Result<Vec<Event>, sqlx::Error> {
    let mut rows: Vec<i64> =
        entries.iter().filter(|e| e.kind != EventKind::Deleted).filter_map(|e| e.message).collect();
    rows.dedup();
    let summaries = read::summaries(conn, &rows).await?;
    let find = |row: Option<i64>| summaries.iter().find(|s| Some(s.id.row()) == row);
    let mut events = Vec::new();
    for entry in entries {
        let summary = find(entry.message);
        let change = match entry.kind {
            EventKind::Stored => summary.map(|s| Change::Stored(Box::new(s.clone()))),
            EventKind::Restored => summary.map(|s| Change::Restored(Box::new(s.clone()))),
            EventKind::Read => summary.map(|s| Change::Read { id: s.id, read: true }),
            EventKind::Unread => summary.map(|s| Change::Read { id: s.id, read: false }),
            EventKind::Tagged => summary.map(|s| Change::Tagged { id: s.id, tags: s.tags.clone() }),
            EventKind::Deleted => entry.detail.and_then(|id| id.parse().ok()).map(|id| Change::Deleted { id }),
            EventKind::Truncated => Some(Change::Truncated),
            EventKind::Pruned => Some(Change::Pruned),
            EventKind::Counted => None,
        };
        // A message that has been deleted since has a `Deleted` event later on.
        events.extend(change.map(|change| Event { seq: entry.seq, change }));
    }
    Ok(events)
}
