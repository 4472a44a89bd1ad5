//! Finds the message that a path names by its id, or by `latest` and an optional search.

use rocket::outcome::try_outcome;
use rocket::request::{FromRequest, Outcome, Request};

use crate::inbox::{CapturedMessage, Inbox, MessageId};
use crate::mail::parse::ParsedMessage;

use super::super::error::WebError;
use super::auth::{ApiAuth, Unauthorized};
use super::paging::Search;

/// Messages larger than this, in bytes, are parsed on a blocking thread.
const LARGE: usize = 128 * 1024;

/// The message that a path names behind `message/`, for a request that may read it.
pub struct NamedMessage<'r> {
    pub state: ApiAuth<'r>,
    /// An id or `latest`.
    pub name: &'r str,
    search: Search<'r>,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for NamedMessage<'r> {
    type Error = Unauthorized;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Unauthorized> {
        let state = try_outcome!(ApiAuth::from_request(request).await);
        let name = request.routed_segments(0..).skip_while(|segment| *segment != "message").nth(1).unwrap_or_default();
        Outcome::Success(NamedMessage { state, name, search: Search::of(request) })
    }
}

impl NamedMessage<'_> {
    /// # Errors
    /// See [`message`].
    pub async fn find(&self) -> Result<CapturedMessage, WebError> {
        message(&self.state.inbox, self.name, &self.search).await
    }

    /// The result of `with`; see [`parsed`].
    ///
    /// # Errors
    /// See [`message`].
    pub async fn parsed<T: Send + 'static>(
        &self,
        with: impl FnOnce(&CapturedMessage, &ParsedMessage) -> T + Send + 'static,
    ) -> Result<T, WebError> {
        parsed(self.find().await?, with).await
    }
}

/// The message that `name` refers to. `latest` refers to the newest message that can be read.
///
/// # Errors
/// 404 with Mailpit's text, or the inbox's error.
pub async fn message(inbox: &Inbox, name: &str, search: &Search<'_>) -> Result<CapturedMessage, WebError> {
    if name == "latest" {
        let query = search.query()?;
        return inbox.newest(query.as_ref()).await?.ok_or(WebError::Missing("Message not found"));
    }
    by_id(inbox, read_id(name)?).await
}

/// # Errors
/// 404 if there is no such message.
pub async fn by_id(inbox: &Inbox, id: MessageId) -> Result<CapturedMessage, WebError> {
    inbox.message(id).await?.ok_or(WebError::Unknown)
}

/// # Errors
/// 404 if no message can have this id.
pub fn read_id(text: &str) -> Result<MessageId, WebError> {
    text.parse().map_err(|_| WebError::Unknown)
}

/// Parses the message and returns the result of `with`. A large message is parsed on a blocking thread.
pub async fn parsed<T: Send + 'static>(
    captured: CapturedMessage,
    with: impl FnOnce(&CapturedMessage, &ParsedMessage) -> T + Send + 'static,
) -> Result<T, WebError> {
    let large = captured.bytes.len() > LARGE;
    let work = move || with(&captured, &ParsedMessage::read(&captured.bytes));
    if !large {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await.map_err(|_| WebError::bad("cannot read the message"))
}
