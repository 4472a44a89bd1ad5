//! What the pages' forms do; each ends on a page again.

use rocket::form::{Form, FromForm};
use rocket::http::Status;
use rocket::post;
use rocket::response::content::RawHtml;
use rocket::response::{Redirect, Responder};

use crate::capture::{MessageId, Selection};

use super::super::api::messages::known;
use super::super::api::paging;
use super::super::api::reply::Refusal;
use super::frame::{Spot, Viewer, place};
use super::message::{Asked, page};

/// The list's form: what was ticked, or all that is listed.
#[derive(FromForm)]
pub struct Selected {
    id: Vec<String>,
    action: String,
    q: String,
    start: Option<u64>,
}

#[post("/selected", data = "<form>")]
pub async fn selected(viewer: Viewer<'_>, form: Form<Selected>) -> Result<Redirect, Refusal> {
    let done = match form.action.as_str() {
        "read" | "unread" | "delete" if form.id.is_empty() => "nothing-selected",
        "read-all" | "clear" => on_listed(&viewer, &form).await?,
        _ => on_ticked(&viewer, &form).await?,
    };
    let cleared = form.action == "clear" && done == "deleted";
    let spot = if cleared { Spot { q: None, start: None } } else { Spot { q: Some(&form.q), start: form.start } };
    Ok(list(&viewer, spot, done))
}

async fn on_ticked(viewer: &Viewer<'_>, form: &Selected) -> Result<&'static str, Refusal> {
    let inbox = &viewer.room.inbox;
    let ticked = Selection::Ids(known(&form.id));
    match form.action.as_str() {
        "read" => drop(inbox.set_read(&ticked, true).await?),
        "unread" => drop(inbox.set_read(&ticked, false).await?),
        "delete" => return Ok(deleted(inbox.delete(&ticked).await?)),
        _ => return Err(Refusal::bad("unknown action")),
    }
    Ok("")
}

async fn on_listed(viewer: &Viewer<'_>, form: &Selected) -> Result<&'static str, Refusal> {
    let inbox = &viewer.room.inbox;
    let query = paging::query(&form.q, None);
    if form.action == "read-all" {
        inbox.set_read(&query.map_or(Selection::All, Selection::Matching), true).await?;
        return Ok("");
    }
    // What was passed over finds more than was meant; the list says which words.
    let Ok(doomed) = query.map(paging::doomed).transpose() else { return Ok("not-deleted") };
    Ok(deleted(inbox.delete(&doomed.map_or(Selection::All, Selection::Matching)).await?))
}

/// Nothing is claimed that somebody else had done before.
fn deleted(count: u64) -> &'static str {
    if count > 0 { "deleted" } else { "" }
}

fn list(viewer: &Viewer<'_>, spot: Spot<'_>, done: &str) -> Redirect {
    Redirect::to(format!("{}/{}", viewer.mount.base, place(spot.q(), spot.start(), &[("done", done)])))
}

fn message(viewer: &Viewer<'_>, id: MessageId, done: &str) -> Redirect {
    let spot = viewer.spot;
    Redirect::to(format!("{}/view/{id}{}", viewer.mount.base, place(spot.q(), spot.start(), &[("done", done)])))
}

fn read_id(id: &str) -> Result<MessageId, Refusal> {
    id.parse().map_err(|_| Refusal::Unknown)
}

#[post("/view/<id>/delete")]
pub async fn delete(viewer: Viewer<'_>, id: &str) -> Result<Redirect, Refusal> {
    let count = viewer.room.inbox.delete(&Selection::Ids(vec![read_id(id)?])).await?;
    Ok(list(&viewer, viewer.spot, deleted(count)))
}

#[post("/view/<id>/unread")]
pub async fn unread(viewer: Viewer<'_>, id: &str) -> Result<Redirect, Refusal> {
    viewer.room.inbox.set_read(&Selection::Ids(vec![read_id(id)?]), false).await?;
    Ok(list(&viewer, viewer.spot, ""))
}

#[derive(FromForm)]
pub struct Tags {
    /// Separated by commas.
    tags: String,
}

#[post("/view/<id>/tags", data = "<form>")]
pub async fn tags(viewer: Viewer<'_>, id: &str, form: Form<Tags>) -> Result<Redirect, Refusal> {
    let id = read_id(id)?;
    let blanks = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ");
    let names: Vec<String> = form.tags.split(',').map(blanks).filter(|name| !name.is_empty()).collect();
    let kept = viewer.room.inbox.set_tags(&[id], &names).await?;
    let whole = names.iter().all(|name| kept.iter().any(|kept| kept.eq_ignore_ascii_case(name)));
    Ok(message(&viewer, id, if whole { "tagged" } else { "tagged-in-part" }))
}

#[derive(FromForm)]
pub struct To {
    /// Separated by commas or blanks.
    to: String,
}

/// Let go, or the page again with the reason.
#[derive(Responder)]
pub enum Released {
    Gone(Box<Redirect>),
    Kept((Status, RawHtml<String>)),
}

#[post("/view/<id>/release", data = "<form>")]
pub async fn release(viewer: Viewer<'_>, id: &str, form: Form<To>) -> Result<Released, Refusal> {
    let id = read_id(id)?;
    let captured = viewer.room.inbox.message(id).await?.ok_or(Refusal::Unknown)?;
    let to = form.to.split([',', ';', ' ', '\n', '\t']).map(str::trim).filter(|to| !to.is_empty());
    let to: Vec<String> = to.map(str::to_owned).collect();
    let Err(error) = viewer.room.release.release(&captured, &to).await else {
        return Ok(Released::Gone(Box::new(message(&viewer, id, "released"))));
    };
    let asked = Asked { refused: Some((form.into_inner().to, error)), ..Asked::default() };
    Ok(Released::Kept((Status::UnprocessableEntity, page(&viewer, id, asked).await?)))
}
