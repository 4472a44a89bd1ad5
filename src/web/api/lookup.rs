//! Finds the message that a path names by its id, or by `latest` and an optional search.

use crate::inbox::{CapturedMessage, Inbox, MessageId};
use crate::mail::parse::ParsedMessage;

use super::paging::Search;
use super::reply::ApiError;

/// Messages larger than this, in bytes, are parsed on a blocking thread.
const LARGE: usize = 128 * 1024;

/// The message that `name` refers to. `latest` refers to the newest message that can be read.
///
/// # Errors
/// 404 with Mailpit's text, or the inbox's error.
pub async fn message(inbox: &Inbox, name: &str, search: &Search<'_>) -> Result<CapturedMessage, ApiError> {
    if name == "latest" {
        let query = search.query()?;
        return inbox.newest(query.as_ref()).await?.ok_or(ApiError::Missing("Message not found"));
    }
    let id: MessageId = name.parse().map_err(|_| ApiError::Unknown)?;
    inbox.message(id).await?.ok_or(ApiError::Unknown)
}

/// Parses the message and returns the result of `with`. A large message is parsed on a blocking thread.
pub async fn parsed<T: Send + 'static>(
    captured: CapturedMessage,
    with: impl FnOnce(&CapturedMessage, &ParsedMessage) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let large = captured.bytes.len() > LARGE;
    let work = move || with(&captured, &ParsedMessage::read(&captured.bytes));
    if !large {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await.map_err(|_| ApiError::bad("cannot read the message"))
}
