//! Routes of tags: list, set, rename, delete.

use rocket::State;
use rocket::{delete, get, put};

use super::super::inbox::InboxState;
use super::auth::ApiAuth;
use super::json_body::JsonBody;
use super::messages::parse_ids;
use super::reply::{ApiError, Json, PlainOk};

#[get("/api/v1/tags")]
pub async fn list(_client: ApiAuth, state: &State<InboxState>) -> Result<Json<Vec<String>>, ApiError> {
    Ok(Json(state.inbox.tags().await?))
}

/// Replaces the tags of the given messages.
#[put("/api/v1/tags", data = "<body>")]
pub async fn set(_client: ApiAuth, state: &State<InboxState>, body: JsonBody) -> Result<PlainOk, ApiError> {
    let fields = body.fields()?;
    state.inbox.set_tags(&parse_ids(&fields.texts("ids")?), &fields.texts("tags")?).await?;
    Ok(PlainOk)
}

#[put("/api/v1/tags/<tag>", data = "<body>")]
pub async fn rename(
    _client: ApiAuth,
    state: &State<InboxState>,
    tag: &str,
    body: JsonBody,
) -> Result<PlainOk, ApiError> {
    let name = body.fields()?.text("name")?;
    state.inbox.rename_tag(tag, &name).await?;
    Ok(PlainOk)
}

#[delete("/api/v1/tags/<tag>")]
pub async fn delete(_client: ApiAuth, state: &State<InboxState>, tag: &str) -> Result<PlainOk, ApiError> {
    state.inbox.delete_tag(tag).await?;
    Ok(PlainOk)
}
