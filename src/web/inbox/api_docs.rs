//! The page that documents the API.

use askama::Template;
use rocket::get;
use rocket::response::content::RawHtml;

use super::super::api::operations::{OPERATIONS, Operation};
use super::super::api::reply::ApiError;
use super::layout::{InboxLayout, PageContext};
use super::list::rendered;

#[derive(Template)]
#[template(path = "inbox/reference.html")]
struct ReferencePage {
    layout: InboxLayout,
    operations: &'static [Operation],
}

#[get("/api/v1")]
pub async fn reference(context: PageContext<'_>) -> Result<RawHtml<String>, ApiError> {
    let unread = context.state.inbox.counts().await?.unread;
    rendered(&ReferencePage { layout: context.layout("", unread), operations: OPERATIONS })
}
