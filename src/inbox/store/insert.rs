//! The writer's statements, on the writer's own connection and thread: no way to another thread and back for each of
//! them, which cost more than the rows themselves.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior, params};

use crate::clock::Time;
use crate::inbox::id::{MessageId, TOKEN};
use crate::inbox::inbox::StoreError;
use crate::inbox::incoming::NewMessage;

use super::{open, tags};

/// The writer's connection.
pub struct MessageWriter(Connection);

impl MessageWriter {
    /// The file is made and up to date already.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> rusqlite::Result<Self> {
        let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        conn.busy_timeout(open::BUSY)?;
        for (name, value) in open::PRAGMAS {
            conn.pragma_update(None, name, value)?;
        }
        Ok(MessageWriter(conn))
    }

    /// Writes `batch` in one transaction and answers with an id each, in order; an arrival whose key is known gets the
    /// first one's.
    ///
    /// # Errors
    /// When it does not reach the disk; nothing of it is kept then.
    pub fn write(&mut self, batch: &[NewMessage], now: Time) -> Result<Vec<MessageId>, StoreError> {
        Ok(write_all(&mut self.0, batch, now)?)
    }
}

fn write_all(conn: &mut Connection, batch: &[NewMessage], now: Time) -> rusqlite::Result<Vec<MessageId>> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let before: i64 = tx.prepare_cached("select last from counters")?.query_row([], |row| row.get(0))?;
    let (mut last, mut bytes) = (before, 0);
    let mut ids = Vec::with_capacity(batch.len());
    for prepared in batch {
        let key = prepared.idempotency_key.as_deref();
        if let Some(id) = key.map(|key| find_by_key(&tx, key)).transpose()?.flatten() {
            ids.push(id);
            continue;
        }
        last += 1;
        bytes += prepared.size;
        write(&tx, last, prepared, now)?;
        if let Some(key) = key {
            remember_key(&tx, key, last)?;
        }
        attach(&tx, last, &prepared.tags)?;
        ids.push(MessageId::new(last, prepared.token));
    }
    count(&tx, last, last - before, bytes)?;
    tx.commit()?;
    Ok(ids)
}

/// The message that was stored with `key`, if it is still there.
fn find_by_key(tx: &Transaction<'_>, key: &str) -> rusqlite::Result<Option<MessageId>> {
    tx.prepare_cached(
        "select m.id, m.token from idempotency_keys k join messages m on m.id = k.message_id where k.key = ?",
    )?
    .query_row([key], |row| Ok(MessageId::new(row.get(0)?, token(row.get_ref(1)?.as_blob()?))))
    .optional()
}

/// A token column's bytes; one of another length is nobody's.
pub fn token(bytes: &[u8]) -> [u8; TOKEN] {
    bytes.first_chunk().copied().unwrap_or_default()
}

fn write(tx: &Transaction<'_>, id: i64, new: &NewMessage, now: Time) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "insert into messages (id, token, created, size, read, attachments, inlines, refused) values (?, ?, ?, ?, 0, ?, ?, ?)",
    )?
    .execute(params![id, &new.token[..], now.millis(), new.size, new.attachments, new.inlines, new.refused])?;
    tx.prepare_cached("insert into contents (message_id, summary, session, trace, raw) values (?, ?, ?, ?, ?)")?
        .execute(params![id, new.summary, new.session, new.trace, new.raw])?;
    Ok(())
}

/// The key of a message that was deleted since names the new one.
fn remember_key(tx: &Transaction<'_>, key: &str, id: i64) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "insert into idempotency_keys (key, message_id) values (?, ?) on conflict (key) do update set message_id = excluded.message_id",
    )?
    .execute(params![key, id])?;
    Ok(())
}

fn attach(tx: &Transaction<'_>, id: i64, names: &[String]) -> rusqlite::Result<()> {
    for name in names {
        tx.prepare_cached(tags::NAME)?.execute([name])?;
        tx.prepare_cached(tags::ATTACH)?.execute(params![id, name])?;
    }
    Ok(())
}

fn count(tx: &Transaction<'_>, last: i64, messages: i64, bytes: i64) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "update counters set last = ?1, messages = messages + ?2, unread = unread + ?2, bytes = bytes + ?3",
    )?
    .execute(params![last, messages, bytes])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::IncomingMessage;
    use crate::secret::Entropy;

    #[tokio::test]
    async fn a_full_disk_is_an_error_leaves_no_row_and_passes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inbox.db");
        open::migrated(&path).await.unwrap();
        let mut arrivals = MessageWriter::open(&path).unwrap();
        let write = |arrivals: &mut MessageWriter, body: String| {
            let arrival = IncomingMessage { bytes: body.into_bytes(), ..IncomingMessage::default() };
            let new = NewMessage::new(arrival, Time::from_millis(1), &Entropy::seeded(1)).unwrap();
            let stored = arrivals.write(&[new], Time::from_millis(1));
            let number = |sql| arrivals.0.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
            (stored, number("select count(*) from contents"), number("select messages from counters"))
        };
        assert!(matches!(write(&mut arrivals, "kept".into()), (Ok(_), 1, 1)));
        let pages: i64 = arrivals.0.query_row("pragma page_count", [], |row| row.get(0)).unwrap();
        arrivals.0.pragma_update(None, "max_page_count", pages).unwrap();
        // Nothing that compresses.
        let noise = Entropy::seeded(2).bytes::<40_000>().map(|byte| char::from(b'!' + byte % 90)).iter().collect();
        assert!(matches!(write(&mut arrivals, noise), (Err(StoreError::DiskFull), 1, 1)));
        arrivals.0.pragma_update(None, "max_page_count", 1_000_000).unwrap();
        assert!(matches!(write(&mut arrivals, "later".into()), (Ok(_), 2, 2)));
    }
}
