//! Counts the messages by sender, mailbox, template and minute. The counts stay in memory, and only new messages are
//! read: all of them again only after a deletion or a restoration.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use rusqlite::{Connection, OpenFlags, Row};

use crate::clock::Time;
use crate::inbox::types::fingerprint::mailboxes;

use super::open;

/// Maximum number of different texts that are counted, for each kind. At the limit, further ones are not counted.
const MAX_DIFFERENT: usize = 1 << 17;
/// Milliseconds of a minute.
pub const MINUTE: i64 = 60_000;
/// The minutes of [`RowCounts::arrivals`].
pub const MINUTES: usize = 60;

/// The number of messages that share something, and the newest of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Group {
    pub count: u32,
    pub newest: i64,
}

/// The counts of all messages.
#[derive(Debug, Default)]
pub struct RowCounts {
    pub attachments: u64,
    pub own: u64,
    pub senders: HashMap<i64, Group>,
    pub mailboxes: HashMap<i64, Group>,
    pub templates: HashMap<i64, Group>,
    minutes: BTreeMap<i64, u32>,
    /// `counters.last` and `counters.removals` at the time of counting.
    last: i64,
    removals: i64,
}

/// The counts with a read-only connection of their own.
pub struct RowCounter {
    conn: Connection,
    counts: RowCounts,
}

impl RowCounter {
    /// Opens a file that exists and has the current schema.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> rusqlite::Result<Self> {
        let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        conn.busy_timeout(open::BUSY)?;
        conn.pragma_update(None, "cache_size", "-1000")?;
        Ok(RowCounter { conn, counts: RowCounts::default() })
    }

    /// A number that changes with each commit of another connection. This one only reads, so it counts all commits.
    ///
    /// # Errors
    /// The database fails.
    pub fn data_version(&self) -> rusqlite::Result<i64> {
        self.conn.prepare_cached("pragma data_version")?.query_row([], |row| row.get(0))
    }

    /// The counts of all messages that are stored now.
    ///
    /// # Errors
    /// The database fails.
    pub fn current(&mut self) -> rusqlite::Result<&RowCounts> {
        let tx = self.conn.transaction()?;
        let (last, removals) = tx
            .prepare_cached("select last, removals from counters")?
            .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
        if removals != self.counts.removals || last < self.counts.last {
            self.counts = RowCounts::default();
        }
        if last > self.counts.last {
            let mut statement = tx.prepare_cached(
                "select id, created, attachments, own, sender, template, mailboxes from messages where id > ? order by id",
            )?;
            let mut rows = statement.query([self.counts.last])?;
            while let Some(row) = rows.next()? {
                self.counts.add(row)?;
            }
        }
        (self.counts.last, self.counts.removals) = (last, removals);
        Ok(&self.counts)
    }
}

impl RowCounts {
    fn add(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let (id, created): (i64, i64) = (row.get(0)?, row.get(1)?);
        self.attachments += u64::from(row.get::<_, i64>(2)? > 0);
        self.own += u64::from(row.get::<_, i64>(3)? > 0);
        add_one(&mut self.senders, row.get(4)?, id);
        add_one(&mut self.templates, row.get(5)?, id);
        // A damaged value of another type is no mailbox.
        for mailbox in mailboxes(row.get_ref(6)?.as_blob().unwrap_or_default()) {
            add_one(&mut self.mailboxes, mailbox, id);
        }
        *self.minutes.entry(created.div_euclid(MINUTE)).or_default() += 1;
        while self.minutes.len() > 2 * MINUTES {
            self.minutes.pop_first();
        }
        Ok(())
    }

    /// The number of messages of each of the last minutes, oldest first; the last one is the minute of `now`.
    pub fn arrivals(&self, now: Time) -> [u32; MINUTES] {
        let end = now.millis().div_euclid(MINUTE);
        std::array::from_fn(|n| {
            let back = i64::try_from(MINUTES - 1 - n).unwrap_or_default();
            self.minutes.get(&(end - back)).copied().unwrap_or_default()
        })
    }
}

fn add_one(groups: &mut HashMap<i64, Group>, key: i64, id: i64) {
    if groups.len() >= MAX_DIFFERENT && !groups.contains_key(&key) {
        return;
    }
    let group = groups.entry(key).or_default();
    group.count = group.count.saturating_add(1);
    group.newest = id;
}

/// The `most` largest groups, largest first; of equal ones, the newest first.
pub fn largest(groups: &HashMap<i64, Group>, most: usize) -> Vec<(i64, Group)> {
    sorted(groups, most, |group| (group.count, group.newest))
}

/// The groups by their newest message, newest first: `most` of them after the first `start`.
pub fn newest(groups: &HashMap<i64, Group>, start: usize, most: usize) -> Vec<(i64, Group)> {
    let mut page = sorted(groups, start.saturating_add(most), |group| (0, group.newest));
    page.drain(..start.min(page.len()));
    page
}

fn sorted(groups: &HashMap<i64, Group>, most: usize, by: fn(&Group) -> (u32, i64)) -> Vec<(i64, Group)> {
    let mut all: Vec<(i64, Group)> = groups.iter().map(|(key, group)| (*key, *group)).collect();
    // Of groups whose newest message is the same, the order stays.
    let order = |(key, group): &(i64, Group)| std::cmp::Reverse((by(group), *key));
    if most > 0 && most < all.len() {
        all.select_nth_unstable_by_key(most - 1, order);
    }
    all.truncate(most);
    all.sort_unstable_by_key(order);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_different_texts_is_limited() {
        let mut groups = HashMap::new();
        let most = i64::try_from(MAX_DIFFERENT).unwrap();
        (0..most + 10).for_each(|key| add_one(&mut groups, key, key));
        add_one(&mut groups, 7, most + 10);
        assert_eq!((groups.len(), groups[&7]), (MAX_DIFFERENT, Group { count: 2, newest: most + 10 }));
        assert_eq!(largest(&groups, 2).into_iter().map(|(key, _)| key).collect::<Vec<_>>(), [7, most - 1]);
        assert_eq!(newest(&groups, 1, 2).into_iter().map(|(key, _)| key).collect::<Vec<_>>(), [most - 1, most - 2]);
        assert_eq!((newest(&groups, MAX_DIFFERENT, 2), largest(&groups, 0)), (vec![], vec![]));
    }

    #[test]
    fn arrivals_are_counted_by_minute() {
        let counts =
            RowCounts { minutes: BTreeMap::from([(100, 3), (101, 1), (40, 9), (41, 2)]), ..RowCounts::default() };
        let arrivals = counts.arrivals(Time::from_millis(100 * MINUTE + 59_999));
        assert_eq!((arrivals[59], arrivals[0], arrivals.iter().sum::<u32>()), (3, 2, 5));
    }
}
