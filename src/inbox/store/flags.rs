//! Read state and deletions as bits, so that a search counts its matches without reading the messages.

use std::collections::HashMap;

use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

/// The number of message ids in one row.
const BLOCK: i64 = 4_096;
/// Bytes of one flag in one row.
const BYTES: usize = 512;

/// One of the two flags of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    Deleted,
    Read,
}

/// The flags of all messages, loaded for one search or one merge of segments.
pub struct Flags(HashMap<i64, [Vec<u8>; 2]>);

impl Flags {
    pub async fn load(conn: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let rows = sqlx::query("select block, deleted, read from flags").fetch_all(conn).await?;
        let block = |row: &sqlx::sqlite::SqliteRow| {
            Ok((row.try_get("block")?, [row.try_get("deleted")?, row.try_get("read")?]))
        };
        rows.iter().map(block).collect::<Result<_, sqlx::Error>>().map(Flags)
    }

    pub fn has(&self, flag: Flag, id: i64) -> bool {
        let bytes = self.0.get(&id.div_euclid(BLOCK)).map(|both| match flag {
            Flag::Deleted => &both[0],
            Flag::Read => &both[1],
        });
        bytes.is_some_and(|bytes| bit(id).is_some_and(|(byte, bit)| bytes.get(byte).is_some_and(|b| b & bit != 0)))
    }

    /// True if no id from `first` to `last` has a flag. May be false although none has one, since it checks whole rows.
    pub fn is_clear(&self, first: i64, last: i64) -> bool {
        (first.div_euclid(BLOCK)..=last.div_euclid(BLOCK)).all(|block| !self.0.contains_key(&block))
    }
}

/// The byte of `id` in its row and the bit in that byte.
fn bit(id: i64) -> Option<(usize, u8)> {
    let offset = usize::try_from(id.rem_euclid(BLOCK)).ok()?;
    Some((offset / 8, 1 << (offset % 8)))
}

/// Sets or clears a flag of `ids`.
pub async fn set(conn: &mut SqliteConnection, flag: Flag, ids: &[i64], on: bool) -> Result<(), sqlx::Error> {
    let mut blocks: HashMap<i64, Vec<i64>> = HashMap::new();
    ids.iter().for_each(|id| blocks.entry(id.div_euclid(BLOCK)).or_default().push(*id));
    for (block, ids) in blocks {
        let mut bytes = read(conn, flag, block).await?;
        for (byte, bit) in ids.iter().filter_map(|id| bit(*id)) {
            if let Some(byte) = bytes.get_mut(byte) {
                if on { *byte |= bit } else { *byte &= !bit }
            }
        }
        write(conn, flag, block, &bytes).await?;
    }
    Ok(())
}

/// Sets or clears [`Flag::Read`] of all stored messages. Messages stored later are unread.
pub async fn set_all_read(conn: &mut SqliteConnection, on: bool) -> Result<(), sqlx::Error> {
    if !on {
        sqlx::query("update flags set read = zeroblob(512)").execute(conn).await?;
        return Ok(());
    }
    let (first, last): (i64, i64) = sqlx::query_as("select coalesce(min(id), 0), coalesce(max(id), -1) from messages")
        .fetch_one(&mut *conn)
        .await?;
    for block in first.div_euclid(BLOCK)..=last.div_euclid(BLOCK) {
        let start = block * BLOCK;
        if last >= start + BLOCK - 1 {
            write(conn, Flag::Read, block, &[u8::MAX; BYTES]).await?;
        } else {
            set(conn, Flag::Read, &(start..=last).collect::<Vec<_>>(), true).await?;
        }
    }
    Ok(())
}

async fn read(conn: &mut SqliteConnection, flag: Flag, block: i64) -> Result<Vec<u8>, sqlx::Error> {
    let sql = match flag {
        Flag::Deleted => "select deleted from flags where block = ?",
        Flag::Read => "select read from flags where block = ?",
    };
    Ok(sqlx::query_scalar(sql).bind(block).fetch_optional(conn).await?.unwrap_or_else(|| vec![0; BYTES]))
}

async fn write(conn: &mut SqliteConnection, flag: Flag, block: i64, bytes: &[u8]) -> Result<(), sqlx::Error> {
    let sql = match flag {
        Flag::Deleted => {
            "insert into flags (block, deleted, read) values (?1, ?2, zeroblob(512)) \
             on conflict (block) do update set deleted = ?2"
        }
        Flag::Read => {
            "insert into flags (block, deleted, read) values (?1, zeroblob(512), ?2) \
             on conflict (block) do update set read = ?2"
        }
    };
    sqlx::query(sql).bind(block).bind(bytes).execute(conn).await?;
    Ok(())
}

/// Deletes the rows below the first message and the first segment.
pub async fn trim(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query(
        "delete from flags where block < (select min(coalesce((select min(id) from messages), last + 1), \
         coalesce((select min(first) from segments), last + 1)) / 4096 from counters)",
    )
    .execute(conn)
    .await?;
    Ok(())
}
