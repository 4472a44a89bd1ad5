//! The messages that one session sees: those that were there at the login, with the marks of DELE.

use crate::inbox::{Inbox, MessageId, PageRequest, Selection, StoreError, Summary};

/// Messages read at once.
const PAGE: u64 = 500;

/// The state of the inbox at the login (RFC 1939 §4).
#[derive(Debug, Default)]
pub(super) struct Maildrop {
    /// Oldest first.
    entries: Vec<MaildropEntry>,
}

#[derive(Clone, Debug)]
pub(super) struct MaildropEntry {
    pub id: MessageId,
    /// The octets that RETR sends, before dots are doubled (RFC 1939 §11).
    pub size: u64,
    deleted: bool,
}

impl MaildropEntry {
    fn of(summary: &Summary) -> Self {
        MaildropEntry { id: summary.id, size: summary.size + summary.line_end_bytes, deleted: false }
    }
}

impl Maildrop {
    /// Reads the accepted messages of the inbox, at most the newest `limit`.
    ///
    /// # Errors
    /// The database fails.
    pub(super) async fn open(inbox: &Inbox, limit: usize) -> Result<Self, StoreError> {
        let mut window = PageRequest { limit: Some(PAGE), arrived: true, ..PageRequest::default() };
        let mut entries = Vec::new();
        while entries.len() < limit {
            let page = inbox.list(&window).await?;
            let Some(last) = page.last() else { break };
            window.older_than = Some(last.id);
            entries.extend(page.iter().map(MaildropEntry::of));
        }
        entries.truncate(limit);
        entries.reverse();
        Ok(Maildrop { entries })
    }

    /// Number and total size of the messages that are not marked as deleted.
    pub(super) fn totals(&self) -> (usize, u64) {
        self.visible().fold((0, 0), |(count, size), (_, entry)| (count + 1, size + entry.size))
    }

    /// The messages that are not marked as deleted, with their numbers.
    pub(super) fn visible(&self) -> impl Iterator<Item = (usize, &MaildropEntry)> {
        (1..).zip(&self.entries).filter(|(_, entry)| !entry.deleted)
    }

    /// The message with a number; `None` if there is none, or it is marked as deleted.
    pub(super) fn get(&self, number: usize) -> Option<&MaildropEntry> {
        self.entries.get(number.checked_sub(1)?).filter(|entry| !entry.deleted)
    }

    /// Marks a message as deleted. Returns false if there is no such message.
    pub(super) fn mark(&mut self, number: usize) -> bool {
        let entry = number.checked_sub(1).and_then(|at| self.entries.get_mut(at)).filter(|entry| !entry.deleted);
        entry.is_some_and(|entry| {
            entry.deleted = true;
            true
        })
    }

    pub(super) fn unmark_all(&mut self) {
        self.entries.iter_mut().for_each(|entry| entry.deleted = false);
    }

    /// Deletes the marked messages; returns their number.
    ///
    /// # Errors
    /// The database fails.
    pub(super) async fn delete_marked(&self, inbox: &Inbox) -> Result<u64, StoreError> {
        let marked: Vec<MessageId> = self.entries.iter().filter(|e| e.deleted).map(|e| e.id).collect();
        if marked.is_empty() { Ok(0) } else { inbox.delete(&Selection::Ids(marked)).await }
    }
}
