//! The form actions on one message. Each answers with a redirect to a page.

use rocket::form::{Form, FromForm};
use rocket::http::Status;
use rocket::post;
use rocket::response::content::RawHtml;
use rocket::response::{Redirect, Responder};
use unicode_normalization::UnicodeNormalization as _;

use crate::inbox::{MessageId, Selection, UndoBatch};

use super::super::api::lookup::{by_id, read_id};
use super::super::api::release::released;
use super::super::error::WebError;
use super::list::message_page;
use super::message::MessageRequest;
use super::page_context::PageContext;
use super::page_url::ListPosition;

/// What an action did: the code of a notice, and the deletion that can be undone.
#[derive(Default)]
pub struct Done {
    pub code: &'static str,
    batch: Option<i64>,
}

impl Done {
    pub fn code(code: &'static str) -> Self {
        Done { code, batch: None }
    }

    /// The notice after a deletion; empty if another request had already deleted the messages.
    pub fn deleted(batch: UndoBatch) -> Self {
        if batch.messages > 0 { Done { code: "deleted", batch: Some(batch.id) } } else { Done::default() }
    }

    /// The notice after tags were stored as `stored`, which `names` asked for. Existing tags keep their spelling.
    pub fn tagged(names: &[String], stored: &[String]) -> Self {
        let folded = |name: &str| name.nfc().collect::<String>().to_lowercase();
        let is_complete = names.iter().all(|name| stored.iter().any(|tag| folded(tag) == folded(name)));
        Done::code(if is_complete { "tagged" } else { "tagged-in-part" })
    }
}

/// Restores the messages of a deletion.
#[post("/undo/<batch>")]
pub async fn undo(context: PageContext<'_>, batch: &str) -> Result<Redirect, WebError> {
    let batch: i64 = batch.parse().map_err(|_| WebError::Unknown)?;
    let restored = context.state.inbox.undo(batch).await?;
    let code = if restored > 0 { "restored" } else { "not-restored" };
    Ok(list(&context, context.position, Done::code(code)))
}

pub fn list(context: &PageContext<'_>, position: ListPosition<'_>, done: Done) -> Redirect {
    let batch = done.batch.map(|batch| batch.to_string()).unwrap_or_default();
    let query = position.query_string(&[("done", done.code), ("undo", &batch)]);
    Redirect::to(format!("{}/{query}", context.mount.base))
}

fn message(context: &PageContext<'_>, id: MessageId, done: Done) -> Redirect {
    let position = context.position;
    let batch = done.batch.map(|batch| batch.to_string()).unwrap_or_default();
    let query = position.query_string(&[("done", done.code), ("undo", &batch)]);
    Redirect::to(format!("{}/view/{id}{query}", context.mount.base))
}

/// Deletes one message. `next` names the message to show afterwards.
#[post("/view/<id>/delete?<next>")]
pub async fn delete(context: PageContext<'_>, id: &str, next: Option<&str>) -> Result<Redirect, WebError> {
    let done = Done::deleted(context.state.inbox.delete_for_now(&Selection::Ids(vec![read_id(id)?])).await?);
    Ok(match next.and_then(|next| next.parse().ok()) {
        Some(next) => message(&context, next, done),
        None => list(&context, context.position, done),
    })
}

#[post("/view/<id>/unread")]
pub async fn unread(context: PageContext<'_>, id: &str) -> Result<Redirect, WebError> {
    context.state.inbox.set_read(&Selection::Ids(vec![read_id(id)?]), false).await?;
    Ok(list(&context, context.position, Done::default()))
}

#[derive(FromForm)]
pub struct Tags {
    /// Tag names, separated by commas.
    tags: String,
}

#[post("/view/<id>/tags", data = "<form>")]
pub async fn tags(context: PageContext<'_>, id: &str, form: Form<Tags>) -> Result<Redirect, WebError> {
    let id = read_id(id)?;
    let names = tag_names(&form.tags);
    let stored = context.state.inbox.set_tags(&[id], &names).await?;
    Ok(message(&context, id, Done::tagged(&names, &stored)))
}

/// The names of a text that separates them by commas.
pub fn tag_names(text: &str) -> Vec<String> {
    let single_spaced = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ");
    text.split(',').map(single_spaced).filter(|name| !name.is_empty()).collect()
}

/// The addresses of a text that separates them by commas, semicolons or white space.
pub fn addresses(text: &str) -> Vec<String> {
    let to = text.split([',', ';', ' ', '\n', '\t']).map(str::trim).filter(|to| !to.is_empty());
    to.map(str::to_owned).collect()
}

#[derive(FromForm)]
pub struct To {
    /// Addresses, separated by commas, semicolons or white space.
    to: String,
}

/// The answer to a release: a redirect, or the message's page with the reason for the refusal.
#[derive(Responder)]
pub enum ReleaseAnswer {
    Queued(Box<Redirect>),
    Refused((Status, RawHtml<String>)),
}

#[post("/view/<id>/release", data = "<form>")]
pub async fn release(context: PageContext<'_>, id: &str, form: Form<To>) -> Result<ReleaseAnswer, WebError> {
    let id = read_id(id)?;
    let captured = by_id(&context.state.inbox, id).await?;
    let Err(error) = context.state.release.release(released(&captured), &addresses(&form.to)).await else {
        return Ok(ReleaseAnswer::Queued(Box::new(message(&context, id, Done::code("released")))));
    };
    let request = MessageRequest { refused: Some((form.into_inner().to, error)), ..MessageRequest::default() };
    Ok(ReleaseAnswer::Refused((Status::UnprocessableEntity, message_page(&context, id, request).await?)))
}
