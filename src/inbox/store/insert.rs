//! Inserts new messages. The writer has its own synchronous connection on its own thread: a switch to another thread
//! for each statement costs more than the statement.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior, params};

use crate::clock::Time;
use crate::inbox::types::tag_name;
use crate::inbox::types::{MessageId, NewMessage, StoreError};

use super::{open, tags};

/// The writer's connection.
pub struct MessageWriter(Connection);

impl MessageWriter {
    /// Opens a file that exists and has the current schema.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> rusqlite::Result<Self> {
        let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        conn.busy_timeout(open::BUSY)?;
        for (name, value) in open::PRAGMAS {
            conn.pragma_update(None, name, value)?;
        }
        Ok(MessageWriter(conn))
    }

    /// Writes `batch` in one transaction. Returns one id per message, in order. A message whose idempotency key is
    /// known is not stored; its id is that of the first message with the key.
    ///
    /// # Errors
    /// The transaction failed; no message of the batch is stored.
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

/// The message that was stored with `key`, unless it was deleted.
fn find_by_key(tx: &Transaction<'_>, key: &str) -> rusqlite::Result<Option<MessageId>> {
    tx.prepare_cached(
        "select m.id, m.token from idempotency_keys k join messages m on m.id = k.message_id where k.key = ?",
    )?
    .query_row([key], |row| Ok(MessageId::of_columns(row.get(0)?, row.get_ref(1)?.as_blob()?)))
    .optional()
}

fn write(tx: &Transaction<'_>, id: i64, new: &NewMessage, now: Time) -> rusqlite::Result<()> {
    let created = new.created.unwrap_or(now).millis();
    tx.prepare_cached(
        "insert into messages (id, token, created, size, read, attachments, inlines, refused, own, sender, template, \
         mailboxes) values (?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        id,
        &new.token[..],
        created,
        new.size,
        new.attachments,
        new.inlines,
        new.refused,
        new.own,
        new.prints.sender,
        new.prints.template,
        new.prints.mailboxes,
    ])?;
    tx.prepare_cached("insert into contents (message_id, summary, session, raw) values (?, ?, ?, ?)")?
        .execute(params![id, new.summary, new.session, new.raw])?;
    Ok(())
}

/// Stores the key of a new message. It replaces the same key of a deleted message.
fn remember_key(tx: &Transaction<'_>, key: &str, id: i64) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "insert into idempotency_keys (key, message_id) values (?, ?) on conflict (key) do update set message_id = excluded.message_id",
    )?
    .execute(params![key, id])?;
    Ok(())
}

fn attach(tx: &Transaction<'_>, id: i64, names: &[String]) -> rusqlite::Result<()> {
    for name in names {
        let key = tag_name::key(name);
        tx.prepare_cached(tags::NAME)?.execute([name, &key])?;
        tx.prepare_cached(tags::ATTACH)?.execute(params![id, key])?;
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
    use crate::inbox::types::{IncomingMessage, StorageRules};
    use crate::random::Entropy;

    #[tokio::test]
    async fn a_full_disk_is_an_error_that_leaves_no_row_and_later_writes_succeed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inbox.db");
        open::migrated(&path).await.unwrap();
        let mut writer = MessageWriter::open(&path).unwrap();
        let write = |writer: &mut MessageWriter, body: String| {
            let message = IncomingMessage { bytes: body.into_bytes(), ..IncomingMessage::default() };
            let new =
                NewMessage::new(message, &StorageRules::default(), Time::from_millis(1), &Entropy::seeded(1), true)
                    .unwrap();
            let stored = writer.write(&[new], Time::from_millis(1));
            let number = |sql| writer.0.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
            (stored, number("select count(*) from contents"), number("select messages from counters"))
        };
        assert!(matches!(write(&mut writer, "kept".into()), (Ok(_), 1, 1)));
        let pages: i64 = writer.0.query_row("pragma page_count", [], |row| row.get(0)).unwrap();
        writer.0.pragma_update(None, "max_page_count", pages).unwrap();
        // Random text does not compress enough to fit.
        let noise = Entropy::seeded(2).bytes::<40_000>().map(|byte| char::from(b'!' + byte % 90)).iter().collect();
        assert!(matches!(write(&mut writer, noise), (Err(StoreError::DiskFull), 1, 1)));
        writer.0.pragma_update(None, "max_page_count", 1_000_000).unwrap();
        assert!(matches!(write(&mut writer, "later".into()), (Ok(_), 2, 2)));
    }
}
