//! Which message a path names: an id, or `latest`, narrowed by a search.

use crate::capture::{Captured, Inbox, MessageId};
use crate::mail::parsed::Parsed;

use super::paging::Search;
use super::reply::Refusal;

/// Messages larger than this are read on a thread of their own.
const LARGE: usize = 128 * 1024;

/// The message that `name` means. `latest` means the newest one that can be read.
///
/// # Errors
/// 404 in the words clients know, or the inbox's failure.
pub async fn message(inbox: &Inbox, name: &str, search: &Search<'_>) -> Result<Captured, Refusal> {
    if name == "latest" {
        let query = search.query();
        return inbox.newest(query.as_ref()).await?.ok_or(Refusal::Missing("Message not found"));
    }
    let id: MessageId = name.parse().map_err(|_| Refusal::Unknown)?;
    inbox.message(id).await?.ok_or(Refusal::Unknown)
}

/// What its bytes say, and whatever `with` makes of it, off the async threads when that may take long.
pub async fn parsed<T: Send + 'static>(
    captured: Captured,
    with: impl FnOnce(&Captured, &Parsed) -> T + Send + 'static,
) -> Result<T, Refusal> {
    let large = captured.bytes.len() > LARGE;
    let work = move || with(&captured, &Parsed::read(&captured.bytes));
    if !large {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::bad("the message could not be read"))
}
