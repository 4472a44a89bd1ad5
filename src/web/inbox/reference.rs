//! The API as a page.

use askama::Template;
use rocket::get;
use rocket::response::content::RawHtml;

use super::super::api::operations::{OPERATIONS, Operation};
use super::super::api::reply::Refusal;
use super::frame::{InboxFrame, Viewer};
use super::list::rendered;

#[derive(Template)]
#[template(path = "inbox/reference.html")]
struct ReferencePage {
    frame: InboxFrame,
    operations: &'static [Operation],
}

#[get("/api/v1")]
pub async fn reference(viewer: Viewer<'_>) -> Result<RawHtml<String>, Refusal> {
    let unread = viewer.room.inbox.counts().await?.unread;
    rendered(&ReferencePage { frame: viewer.frame("", unread), operations: OPERATIONS })
}
