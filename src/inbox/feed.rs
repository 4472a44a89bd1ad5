//! What happened in the inbox, as it happens, whichever process did it: followers read the `events` table whenever
//! the file has changed, so there is one way for our own writes and for others'.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::Sqlite;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{broadcast, watch};

use super::id::MessageId;
use super::inbox::{Inbox, StoreError};
use super::message::{Counts, Summary};
use super::store::events::{self, EventKind, EventRow};
use super::store::read;

/// How often a file that another process may write is looked at, while somebody follows.
const LOOK: Duration = Duration::from_millis(25);
/// Events that a follower may be behind before it is told to reload.
const BEHIND: usize = 1_024;
/// Events read in one go; a longer jump is told as "reload".
const MAX_JUMP: i64 = 1_000;

/// One change and its number. Numbers grow, gaps are normal; they are kept in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub seq: i64,
    pub change: Change,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Stored(Box<Summary>),
    Read {
        id: MessageId,
        read: bool,
    },
    Tagged {
        id: MessageId,
        tags: Vec<String>,
    },
    Deleted {
        id: MessageId,
    },
    /// Everything was deleted.
    Truncated,
    /// Too much to tell, or this follower was too slow: reload.
    Pruned,
    /// After every other change.
    Counted(Counts),
}

/// Tells whoever waits in this process that a write has just been committed.
#[derive(Clone, Default)]
pub(super) struct Notification(Arc<watch::Sender<()>>);

impl Notification {
    pub(super) fn now(&self) {
        self.0.send_replace(());
    }

    pub(super) fn watch(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}

/// The process's one reader of events, running only while somebody follows.
#[derive(Default)]
pub(super) struct EventBus(Mutex<Option<broadcast::Sender<Event>>>);

impl EventBus {
    fn slot(&self) -> MutexGuard<'_, Option<broadcast::Sender<Event>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody follows any more; then nobody new can join this reader either.
    fn is_over(&self, sender: &broadcast::Sender<Event>) -> bool {
        let mut slot = self.slot();
        let over = sender.receiver_count() == 0;
        if over {
            *slot = None;
        }
        over
    }
}

/// A follower.
pub struct Subscription {
    replay: std::vec::IntoIter<Event>,
    live: broadcast::Receiver<Event>,
    /// Events up to here were replayed or came before.
    seen: i64,
}

impl Subscription {
    /// The number to go on from later, without missing what this follower has not been told yet.
    pub fn position(&self) -> i64 {
        self.replay.as_slice().first().map_or(self.seen, |event| event.seq - 1)
    }

    /// The next event; `None` when the inbox is closed. A follower that fell behind gets [`Change::Pruned`] and
    /// goes on from there. May be dropped while waiting without losing an event.
    pub async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.replay.next() {
            return Some(event);
        }
        loop {
            match self.live.recv().await {
                // Counts carry the number of the event before them.
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
    /// Follows the inbox from now on, or from the event numbered `after` on: what has happened since comes first.
    /// When that is too long ago the first event is [`Change::Pruned`].
    ///
    /// # Errors
    /// When the database fails.
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
        let mut slot = self.0.hub.slot();
        if let Some(sender) = slot.as_ref() {
            return Ok(sender.subscribe());
        }
        let (sender, live) = broadcast::channel(BEHIND);
        tokio::spawn(follow(self.clone(), sender.clone(), last));
        *slot = Some(sender);
        Ok(live)
    }
}

/// Ends with its last follower.
async fn follow(inbox: Inbox, sender: broadcast::Sender<Event>, mut seen: i64) {
    let mut writes = inbox.0.wake.watch();
    let mut conn = None;
    let mut version = None;
    while !inbox.0.hub.is_over(&sender) {
        match new_events(&inbox, &mut conn, &mut version, seen).await {
            Ok(events) => {
                for event in events {
                    seen = event.seq;
                    let _ = sender.send(event);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the inbox's events cannot be read");
                version = None;
            }
        }
        tokio::select! {
            _ = writes.changed() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn new_events(
    inbox: &Inbox,
    slot: &mut Option<PoolConnection<Sqlite>>,
    version: &mut Option<i64>,
    seen: i64,
) -> Result<Vec<Event>, StoreError> {
    // Always the same connection: the version counts the commits of all others.
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

/// What happened after `after` up to `last`, then the counts.
async fn replay(conn: &mut SqliteConnection, after: i64, last: i64) -> Result<Vec<Event>, sqlx::Error> {
    let mut told = Vec::new();
    if last - after > MAX_JUMP {
        told.push(Event { seq: last, change: Change::Pruned });
    } else {
        let entries = events::after(conn, after, MAX_JUMP).await?;
        told = notify(conn, entries).await?;
    }
    let seq = told.last().map_or(last, |e| e.seq).max(last);
    told.push(Event { seq, change: Change::Counted(read::counts(conn).await?) });
    Ok(told)
}

async fn notify(conn: &mut SqliteConnection, entries: Vec<EventRow>) -> Result<Vec<Event>, sqlx::Error> {
    let mut rows: Vec<i64> =
        entries.iter().filter(|e| e.kind != EventKind::Deleted).filter_map(|e| e.message).collect();
    rows.dedup();
    let summaries = read::summaries(conn, &rows).await?;
    let find = |row: Option<i64>| summaries.iter().find(|s| Some(s.id.row()) == row);
    let mut told = Vec::new();
    for entry in entries {
        let about = find(entry.message);
        let change = match entry.kind {
            EventKind::Stored => about.map(|s| Change::Stored(Box::new(s.clone()))),
            EventKind::Read => about.map(|s| Change::Read { id: s.id, read: true }),
            EventKind::Unread => about.map(|s| Change::Read { id: s.id, read: false }),
            EventKind::Tagged => about.map(|s| Change::Tagged { id: s.id, tags: s.tags.clone() }),
            EventKind::Deleted => entry.detail.and_then(|id| id.parse().ok()).map(|id| Change::Deleted { id }),
            EventKind::Truncated => Some(Change::Truncated),
            EventKind::Pruned => Some(Change::Pruned),
            EventKind::Counted => None,
        };
        // A message that is gone again has its own event further on.
        told.extend(change.map(|change| Event { seq: entry.seq, change }));
    }
    Ok(told)
}
