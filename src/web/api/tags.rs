//! Routes of tags: list, set, rename, delete.

use rocket::{Route, delete, get, put, routes};

use crate::inbox::{TagError, clean_tag};

use super::super::error::WebError;
use super::auth::ApiAuth;
use super::json_body::JsonBody;
use super::messages::parse_ids;
use super::operation::{JSON, TEXT, operations};
use super::reply::{Json, PlainOk};

operations! { "tags":
    get "/api/v1/tags" "GetTags" [], None => (JSON, "Strings"), [];
    put "/api/v1/tags" "SetTags" [], Some("SetTags") => (TEXT, ""), [400];
    put "/api/v1/tags/{Tag}" "RenameTag" [], Some("RenameTag") => (TEXT, ""), [400];
    delete "/api/v1/tags/{Tag}" "DeleteTag" [], None => (TEXT, ""), [400];
}

pub fn routes() -> Vec<Route> {
    routes![list, set, rename, delete]
}

#[get("/api/v1/tags")]
pub async fn list(state: ApiAuth<'_>) -> Result<Json<Vec<String>>, WebError> {
    Ok(Json(state.inbox.tags().await?))
}

/// Replaces the tags of the given messages. Blank names are ignored, as in Mailpit.
#[put("/api/v1/tags", data = "<body>")]
pub async fn set(state: ApiAuth<'_>, body: JsonBody) -> Result<PlainOk, WebError> {
    let fields = body.fields()?;
    let names = fields.texts("tags")?;
    if let Some(invalid) = invalid_tag(&names) {
        return Err(TagError::Invalid(invalid.to_owned()).into());
    }
    state.inbox.set_tags(&parse_ids(&fields.texts("ids")?), &names).await?;
    Ok(PlainOk)
}

/// The first name that has no character of a tag.
pub fn invalid_tag(names: &[String]) -> Option<&str> {
    names.iter().map(String::as_str).find(|name| !name.trim().is_empty() && clean_tag(name).is_none())
}

#[put("/api/v1/tags/<tag>", data = "<body>")]
pub async fn rename(state: ApiAuth<'_>, tag: &str, body: JsonBody) -> Result<PlainOk, WebError> {
    let name = body.fields()?.text("name")?;
    state.inbox.rename_tag(tag, &name).await?;
    Ok(PlainOk)
}

#[delete("/api/v1/tags/<tag>")]
pub async fn delete(state: ApiAuth<'_>, tag: &str) -> Result<PlainOk, WebError> {
    state.inbox.delete_tag(tag).await?;
    Ok(PlainOk)
}
