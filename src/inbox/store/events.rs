//! The events of the inbox in order. They are the rows of `events` and of `messages`: a message's id is the number of
//! its arrival event.

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// Not in the table `events`: the row of the message stands for it.
    Stored = 1,
    Read = 2,
    Unread = 3,
    Tagged = 4,
    Deleted = 5,
    /// All messages were deleted.
    Truncated = 6,
    /// Too many changes to list: clients must reload.
    Pruned = 7,
    /// Only the counts and the read states of many messages changed.
    Counted = 8,
    /// A deletion was undone.
    Restored = 9,
}

impl EventKind {
    fn of(number: i64) -> Self {
        match number {
            1 => EventKind::Stored,
            2 => EventKind::Read,
            3 => EventKind::Unread,
            4 => EventKind::Tagged,
            5 => EventKind::Deleted,
            6 => EventKind::Truncated,
            8 => EventKind::Counted,
            9 => EventKind::Restored,
            _ => EventKind::Pruned,
        }
    }
}

#[derive(Clone, Debug)]
pub struct EventRow {
    pub seq: i64,
    pub kind: EventKind,
    pub message: Option<i64>,
    pub detail: Option<String>,
}

/// Appends one event.
pub async fn append(
    conn: &mut SqliteConnection,
    kind: EventKind,
    message: Option<i64>,
    detail: Option<String>,
) -> Result<(), sqlx::Error> {
    let seq: i64 =
        sqlx::query_scalar("update counters set last = last + 1 returning last").fetch_one(&mut *conn).await?;
    sqlx::query("insert into events (seq, kind, message_id, detail) values (?, ?, ?, ?)")
        .bind(seq)
        .bind(kind as i64)
        .bind(message)
        .bind(detail)
        .execute(&mut *conn)
        .await?;
    Ok(())
}

/// The highest number that an event or a message has.
pub async fn last(conn: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select last from counters").fetch_one(conn).await
}

/// The first `limit` events after `seq`, in order.
pub async fn after(conn: &mut SqliteConnection, seq: i64, limit: i64) -> Result<Vec<EventRow>, sqlx::Error> {
    let rows = sqlx::query(
        "select seq, kind, message_id, detail from events where seq > ?1 \
         union all select id, ?2, id, null from messages where id > ?1 order by seq limit ?3",
    )
    .bind(seq)
    .bind(EventKind::Stored as i64)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &SqliteRow) -> Result<EventRow, sqlx::Error> {
    Ok(EventRow {
        seq: row.try_get("seq")?,
        kind: EventKind::of(row.try_get("kind")?),
        message: row.try_get("message_id")?,
        detail: row.try_get("detail")?,
    })
}

/// Deletes the events older than the newest `keep` numbers.
pub async fn trim(conn: &mut SqliteConnection, keep: i64) -> Result<(), sqlx::Error> {
    sqlx::query("delete from events where seq <= (select last from counters) - ?").bind(keep).execute(conn).await?;
    Ok(())
}

/// A number that changes with every commit of another connection.
pub async fn data_version(conn: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("pragma data_version").fetch_one(conn).await
}
