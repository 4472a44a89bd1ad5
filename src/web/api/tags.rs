//! Routes of tags: list, set, rename, delete.

use rocket::State;
use rocket::{delete, get, put};

use super::super::inbox::InboxState;
use super::client::Client;
use super::fields::Body;
use super::messages::parse_ids;
use super::reply::{Done, Json, Refusal};

#[get("/api/v1/tags")]
pub async fn list(_client: Client, state: &State<InboxState>) -> Result<Json<Vec<String>>, Refusal> {
    Ok(Json(state.inbox.tags().await?))
}

/// Replaces the tags of the given messages.
#[put("/api/v1/tags", data = "<body>")]
pub async fn set(_client: Client, state: &State<InboxState>, body: Body) -> Result<Done, Refusal> {
    let fields = body.fields()?;
    state.inbox.set_tags(&parse_ids(&fields.texts("ids")?), &fields.texts("tags")?).await?;
    Ok(Done)
}

#[put("/api/v1/tags/<tag>", data = "<body>")]
pub async fn rename(_client: Client, state: &State<InboxState>, tag: &str, body: Body) -> Result<Done, Refusal> {
    let name = body.fields()?.text("name")?;
    state.inbox.rename_tag(tag, &name).await?;
    Ok(Done)
}

#[delete("/api/v1/tags/<tag>")]
pub async fn delete(_client: Client, state: &State<InboxState>, tag: &str) -> Result<Done, Refusal> {
    state.inbox.delete_tag(tag).await?;
    Ok(Done)
}
