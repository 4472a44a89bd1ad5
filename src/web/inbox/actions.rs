//! The form actions of the inbox pages. Each answers with a redirect to a page.

use rocket::form::{Form, FromForm};
use rocket::http::Status;
use rocket::post;
use rocket::response::content::RawHtml;
use rocket::response::{Redirect, Responder};
use unicode_normalization::UnicodeNormalization as _;

use crate::inbox::{MessageId, Selection};

use super::super::api::messages::parse_ids;
use super::super::api::paging;
use super::super::api::reply::ApiError;
use super::layout::{ListPosition, PageContext, list_query};
use super::list::message_page;
use super::message::MessageRequest;

/// The list's form: an action on the selected messages or on all listed ones.
#[derive(FromForm)]
pub struct Selected {
    id: Vec<String>,
    action: String,
    q: String,
    start: Option<u64>,
}

#[post("/selected", data = "<form>")]
pub async fn selected(context: PageContext<'_>, form: Form<Selected>) -> Result<Redirect, ApiError> {
    let done = match form.action.as_str() {
        "read" | "unread" | "delete" if form.id.is_empty() => "nothing-selected",
        "read-all" | "clear" => on_search(&context, &form).await?,
        _ => on_selected(&context, &form).await?,
    };
    let is_cleared = form.action == "clear" && done == "deleted";
    let position = if is_cleared {
        ListPosition { q: None, start: None }
    } else {
        ListPosition { q: Some(&form.q), start: form.start }
    };
    Ok(list(&context, position, done))
}

async fn on_selected(context: &PageContext<'_>, form: &Selected) -> Result<&'static str, ApiError> {
    let inbox = &context.state.inbox;
    let selected = Selection::Ids(parse_ids(&form.id));
    match form.action.as_str() {
        "read" => drop(inbox.set_read(&selected, true).await?),
        "unread" => drop(inbox.set_read(&selected, false).await?),
        "delete" => return Ok(deleted(inbox.delete(&selected).await?)),
        _ => return Err(ApiError::bad("unknown action")),
    }
    Ok("")
}

async fn on_search(context: &PageContext<'_>, form: &Selected) -> Result<&'static str, ApiError> {
    let inbox = &context.state.inbox;
    let query = paging::query(&form.q, None);
    if form.action == "read-all" {
        inbox.set_read(&query.map_or(Selection::All, Selection::Matching), true).await?;
        return Ok("");
    }
    // An ignored term widens the result, so nothing is deleted. The list names the ignored terms.
    if query.as_ref().is_some_and(|query| !query.ignored_terms().is_empty()) {
        return Ok("not-deleted");
    }
    Ok(deleted(inbox.delete(&query.map_or(Selection::All, Selection::Matching)).await?))
}

/// The notice after a deletion; empty if another request had already deleted the messages.
fn deleted(count: u64) -> &'static str {
    if count > 0 { "deleted" } else { "" }
}

fn list(context: &PageContext<'_>, position: ListPosition<'_>, done: &str) -> Redirect {
    Redirect::to(format!("{}/{}", context.mount.base, list_query(position.q(), position.start(), &[("done", done)])))
}

fn message(context: &PageContext<'_>, id: MessageId, done: &str) -> Redirect {
    let position = context.position;
    Redirect::to(format!(
        "{}/view/{id}{}",
        context.mount.base,
        list_query(position.q(), position.start(), &[("done", done)])
    ))
}

fn read_id(id: &str) -> Result<MessageId, ApiError> {
    id.parse().map_err(|_| ApiError::Unknown)
}

#[post("/view/<id>/delete")]
pub async fn delete(context: PageContext<'_>, id: &str) -> Result<Redirect, ApiError> {
    let count = context.state.inbox.delete(&Selection::Ids(vec![read_id(id)?])).await?;
    Ok(list(&context, context.position, deleted(count)))
}

#[post("/view/<id>/unread")]
pub async fn unread(context: PageContext<'_>, id: &str) -> Result<Redirect, ApiError> {
    context.state.inbox.set_read(&Selection::Ids(vec![read_id(id)?]), false).await?;
    Ok(list(&context, context.position, ""))
}

#[derive(FromForm)]
pub struct Tags {
    /// Tag names, separated by commas.
    tags: String,
}

#[post("/view/<id>/tags", data = "<form>")]
pub async fn tags(context: PageContext<'_>, id: &str, form: Form<Tags>) -> Result<Redirect, ApiError> {
    let id = read_id(id)?;
    let single_spaced = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ");
    let names: Vec<String> = form.tags.split(',').map(single_spaced).filter(|name| !name.is_empty()).collect();
    let stored = context.state.inbox.set_tags(&[id], &names).await?;
    // Existing tags keep their spelling.
    let folded = |name: &str| name.nfc().collect::<String>().to_lowercase();
    let is_complete = names.iter().all(|name| stored.iter().any(|tag| folded(tag) == folded(name)));
    Ok(message(&context, id, if is_complete { "tagged" } else { "tagged-in-part" }))
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
pub async fn release(context: PageContext<'_>, id: &str, form: Form<To>) -> Result<ReleaseAnswer, ApiError> {
    let id = read_id(id)?;
    let captured = context.state.inbox.message(id).await?.ok_or(ApiError::Unknown)?;
    let to = form.to.split([',', ';', ' ', '\n', '\t']).map(str::trim).filter(|to| !to.is_empty());
    let to: Vec<String> = to.map(str::to_owned).collect();
    let Err(error) = context.state.release.release(&captured, &to).await else {
        return Ok(ReleaseAnswer::Queued(Box::new(message(&context, id, "released"))));
    };
    let request = MessageRequest { refused: Some((form.into_inner().to, error)), ..MessageRequest::default() };
    Ok(ReleaseAnswer::Refused((Status::UnprocessableEntity, message_page(&context, id, request).await?)))
}
