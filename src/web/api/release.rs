//! POST release: enqueues a captured message for real delivery. The answer `ok` means queued, not sent.

use rocket::{State, post};

use super::super::inbox::state::InboxState;
use super::auth::ApiAuth;
use super::json_body::JsonBody;
use super::lookup;
use super::paging::Search;
use super::reply::{ApiError, PlainOk};

#[post("/api/v1/message/<id>/release?<search..>", data = "<body>")]
pub async fn release(
    _client: ApiAuth,
    state: &State<InboxState>,
    id: &str,
    search: Search<'_>,
    body: JsonBody,
) -> Result<PlainOk, ApiError> {
    let captured = lookup::message(&state.inbox, id, &search).await?;
    let to = body.fields()?.texts("to")?;
    state.release.release(&captured, &to).await.map_err(|error| ApiError::bad(error.to_string()))?;
    Ok(PlainOk)
}
