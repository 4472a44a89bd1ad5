//! Import of messages from files.

use std::path::PathBuf;

use futures::{StreamExt as _, TryStreamExt as _};
use tokio::sync::mpsc;

use crate::inbox::handle::Inbox;
use crate::inbox::types::{IncomingMessage, MessageId, MessageSource, Selection, StoreError};

use super::scan::{FileScanner, FileSelection};

/// Maximum number of messages that are read before they are stored.
const AHEAD: usize = 16;
/// Maximum number of messages parsed and compressed concurrently.
const PREPARED_AT_ONCE: usize = 8;
/// Maximum number of messages stored concurrently, so that they share commits.
const AT_ONCE: usize = 64;
/// Maximum number of messages marked as read in one transaction.
const MARKED_AT_ONCE: usize = 500;

type StoreResult<T> = Result<T, StoreError>;

/// The result of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Number of messages stored.
    pub stored: u64,
    /// One line of text for each file or message that was skipped: its path and the reason.
    pub skipped: Vec<String>,
}

/// Stores every message of `paths` in the order of the files: eml, emlx and mbox files, Maildirs, MH folders, and
/// folders of these. What is no mail, cannot be read or is too large is skipped and reported. With `use_dates`, the
/// Date of a message is its time of receipt. `progress` gets the bytes of each message that is stored. After `stop` no
/// further message is taken; those that were taken before are stored and counted.
///
/// # Errors
/// The inbox cannot store a message. Messages that were stored before stay.
pub async fn import(
    inbox: &Inbox,
    paths: Vec<PathBuf>,
    use_dates: bool,
    stop: impl Future<Output = ()>,
    mut progress: impl FnMut(u64),
) -> Result<Imported, StoreError> {
    let limit = usize::try_from(inbox.settings().max_message_size).unwrap_or(usize::MAX);
    let selection = FileSelection { paths, limit, modified_after: None };
    let (sender, receiver) = mpsc::channel(AHEAD);
    let scanning = tokio::task::spawn_blocking(move || FileScanner::scan(&selection, sender));
    let incoming = |bytes| IncomingMessage {
        bytes,
        source: MessageSource::Import,
        dated: use_dates,
        ..IncomingMessage::default()
    };
    // Only parsing and the wait for the commit run concurrently, so that messages reach the writer in order.
    let messages = futures::stream::unfold(receiver, async |mut r| r.recv().await.map(|message| (message, r)));
    let messages = messages.take_until(stop);
    let reserved = messages.then(async |m| {
        let info = (m.read, m.bytes.len() as u64);
        StoreResult::Ok((inbox.reserve(incoming(m.bytes)).await?, info))
    });
    let prepared = reserved.map_ok(async |(message, info)| StoreResult::Ok((inbox.prepare(message).await?, info)));
    let queued = prepared
        .try_buffered(PREPARED_AT_ONCE)
        .and_then(async |(message, info)| StoreResult::Ok((inbox.enqueue(message).await?, info)));
    let stored = queued.map_ok(async |(message, info)| StoreResult::Ok((inbox.stored(message).await?, info)));
    let (stored, seen) = stored
        .try_buffered(AT_ONCE)
        .try_fold((0, Vec::new()), |(stored, mut seen), (id, (read, size))| {
            progress(size);
            seen.extend(read.then_some(id));
            std::future::ready(Ok((stored + 1, seen)))
        })
        .await?;
    mark_read(inbox, &seen).await?;
    // The task fails only if it panics. Then some messages may be missing, which must be reported.
    let failed = || vec!["internal error while reading; not all messages were imported".to_owned()];
    Ok(Imported { stored, skipped: scanning.await.unwrap_or_else(|_| failed()) })
}

async fn mark_read(inbox: &Inbox, ids: &[MessageId]) -> Result<(), StoreError> {
    for chunk in ids.chunks(MARKED_AT_ONCE) {
        inbox.set_read(&Selection::Ids(chunk.to_vec()), true).await?;
    }
    Ok(())
}
