//! POST release: enqueues a captured message for real delivery. The answer `ok` means queued, not sent.

use rocket::{State, post};

use super::super::inbox::InboxState;
use super::chosen;
use super::client::Client;
use super::fields::Body;
use super::paging::Search;
use super::reply::{Done, Refusal};

#[post("/api/v1/message/<id>/release?<search..>", data = "<body>")]
pub async fn release(
    _client: Client,
    state: &State<InboxState>,
    id: &str,
    search: Search<'_>,
    body: Body,
) -> Result<Done, Refusal> {
    let captured = chosen::message(&state.inbox, id, &search).await?;
    let to = body.fields()?.texts("to")?;
    state.release.release(&captured, &to).await.map_err(|error| Refusal::bad(error.to_string()))?;
    Ok(Done)
}
