//! The form actions of the inbox pages. Each answers with a redirect to a page.

use rocket::form::{Form, FromForm};
use rocket::http::Status;
use rocket::post;
use rocket::response::content::RawHtml;
use rocket::response::{Redirect, Responder};
use unicode_normalization::UnicodeNormalization as _;

use crate::inbox::{MessageId, Selection, UndoBatch};

use super::super::api::messages::parse_ids;
use super::super::api::paging;
use super::super::api::reply::ApiError;
use super::layout::{ListPosition, PageContext, list_query};
use super::list::message_page;
use super::message::MessageRequest;

/// The list's form: an action on the selected messages, or on all that the search finds.
#[derive(FromForm)]
pub struct Selected {
    id: Vec<String>,
    action: String,
    /// Everything that the search finds is selected, also what is on other pages.
    #[field(default = false)]
    all: bool,
    #[field(default = String::new())]
    q: String,
    start: Option<u64>,
}

/// What an action did: the code of a notice, and the deletion that can be undone.
#[derive(Default)]
struct Done {
    code: &'static str,
    batch: Option<i64>,
}

impl Done {
    fn code(code: &'static str) -> Self {
        Done { code, batch: None }
    }

    /// The notice after a deletion; empty if another request had already deleted the messages.
    fn deleted(batch: UndoBatch) -> Self {
        if batch.messages > 0 { Done { code: "deleted", batch: Some(batch.id) } } else { Done::default() }
    }
}

#[post("/selected", data = "<form>")]
pub async fn selected(context: PageContext<'_>, form: Form<Selected>) -> Result<Redirect, ApiError> {
    let is_all = form.all || matches!(form.action.as_str(), "read-all" | "clear");
    let done = if is_all {
        on_search(&context, &form).await?
    } else if form.id.is_empty() && matches!(form.action.as_str(), "read" | "unread" | "delete") {
        Done::code("nothing-selected")
    } else {
        on_selected(&context, &form).await?
    };
    let is_cleared = is_all && done.code == "deleted";
    let position = if is_cleared {
        ListPosition { q: None, start: None }
    } else {
        ListPosition { q: Some(&form.q), start: form.start }
    };
    Ok(list(&context, position, done))
}

async fn on_selected(context: &PageContext<'_>, form: &Selected) -> Result<Done, ApiError> {
    let inbox = &context.state.inbox;
    let selected = Selection::Ids(parse_ids(&form.id));
    match form.action.as_str() {
        "read" => drop(inbox.set_read(&selected, true).await?),
        "unread" => drop(inbox.set_read(&selected, false).await?),
        "delete" => return Ok(Done::deleted(inbox.delete_for_now(&selected).await?)),
        _ => return Err(ApiError::bad("unknown action")),
    }
    Ok(Done::default())
}

async fn on_search(context: &PageContext<'_>, form: &Selected) -> Result<Done, ApiError> {
    let inbox = &context.state.inbox;
    let query = paging::query(&form.q, None);
    let is_vague = query.as_ref().is_some_and(|query| !query.ignored_terms().is_empty());
    let found = query.map_or(Selection::All, Selection::Matching);
    match form.action.as_str() {
        "read" | "read-all" => drop(inbox.set_read(&found, true).await?),
        "unread" => drop(inbox.set_read(&found, false).await?),
        // An ignored term widens the result, so nothing is deleted. The list names the ignored terms.
        "delete" | "clear" if is_vague => return Ok(Done::code("not-deleted")),
        "delete" | "clear" => return Ok(Done::deleted(inbox.delete_for_now(&found).await?)),
        _ => return Err(ApiError::bad("unknown action")),
    }
    Ok(Done::default())
}

/// Restores the messages of a deletion.
#[post("/undo/<batch>")]
pub async fn undo(context: PageContext<'_>, batch: &str) -> Result<Redirect, ApiError> {
    let batch: i64 = batch.parse().map_err(|_| ApiError::Unknown)?;
    let restored = context.state.inbox.undo(batch).await?;
    let code = if restored > 0 { "restored" } else { "not-restored" };
    Ok(list(&context, context.position, Done::code(code)))
}

fn list(context: &PageContext<'_>, position: ListPosition<'_>, done: Done) -> Redirect {
    let batch = done.batch.map(|batch| batch.to_string()).unwrap_or_default();
    let query = list_query(position.q(), position.start(), &[("done", done.code), ("undo", &batch)]);
    Redirect::to(format!("{}/{query}", context.mount.base))
}

fn message(context: &PageContext<'_>, id: MessageId, done: Done) -> Redirect {
    let position = context.position;
    let batch = done.batch.map(|batch| batch.to_string()).unwrap_or_default();
    let query = list_query(position.q(), position.start(), &[("done", done.code), ("undo", &batch)]);
    Redirect::to(format!("{}/view/{id}{query}", context.mount.base))
}

fn read_id(id: &str) -> Result<MessageId, ApiError> {
    id.parse().map_err(|_| ApiError::Unknown)
}

/// Deletes one message. `next` names the message to show afterwards.
#[post("/view/<id>/delete?<next>")]
pub async fn delete(context: PageContext<'_>, id: &str, next: Option<&str>) -> Result<Redirect, ApiError> {
    let done = Done::deleted(context.state.inbox.delete_for_now(&Selection::Ids(vec![read_id(id)?])).await?);
    Ok(match next.and_then(|next| next.parse().ok()) {
        Some(next) => message(&context, next, done),
        None => list(&context, context.position, done),
    })
}

#[post("/view/<id>/unread")]
pub async fn unread(context: PageContext<'_>, id: &str) -> Result<Redirect, ApiError> {
    context.state.inbox.set_read(&Selection::Ids(vec![read_id(id)?]), false).await?;
    Ok(list(&context, context.position, Done::default()))
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
    Ok(message(&context, id, Done::code(if is_complete { "tagged" } else { "tagged-in-part" })))
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
        return Ok(ReleaseAnswer::Queued(Box::new(message(&context, id, Done::code("released")))));
    };
    let request = MessageRequest { refused: Some((form.into_inner().to, error)), ..MessageRequest::default() };
    Ok(ReleaseAnswer::Refused((Status::UnprocessableEntity, message_page(&context, id, request).await?)))
}
