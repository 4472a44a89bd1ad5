//! What the pages' forms do; each ends on a page again.

use rocket::form::{Form, FromForm};
use rocket::post;
use rocket::response::Redirect;

use crate::capture::{MessageId, Selection};

use super::super::api::messages::known;
use super::super::api::paging;
use super::super::api::reply::Refusal;
use super::frame::{Viewer, encoded};

/// The list's form: what was ticked, or all that is listed.
#[derive(FromForm)]
pub struct Selected {
    id: Vec<String>,
    action: String,
    q: String,
}

#[post("/selected", data = "<form>")]
pub async fn selected(viewer: Viewer<'_>, form: Form<Selected>) -> Result<Redirect, Refusal> {
    let inbox = &viewer.room.inbox;
    let ticked = || Selection::Ids(known(&form.id));
    let listed = || paging::query(&form.q, None).map_or(Selection::All, Selection::Matching);
    let mut done = "";
    match form.action.as_str() {
        "read" => drop(inbox.set_read(&ticked(), true).await?),
        "unread" => drop(inbox.set_read(&ticked(), false).await?),
        "read-all" => drop(inbox.set_read(&listed(), true).await?),
        "delete" => {
            inbox.delete(&ticked()).await?;
            done = "deleted";
        }
        "clear" => {
            let doomed = paging::query(&form.q, None).map(paging::doomed).transpose()?;
            inbox.delete(&doomed.map_or(Selection::All, Selection::Matching)).await?;
            done = "deleted";
        }
        _ => return Err(Refusal::bad("unknown action")),
    }
    let keep = form.action != "clear";
    Ok(list(&viewer, if keep { &form.q } else { "" }, done))
}

fn list(viewer: &Viewer<'_>, q: &str, done: &str) -> Redirect {
    let pairs = [("q", q), ("done", done)].into_iter().filter(|(_, value)| !value.is_empty());
    let query: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let sign = if query.is_empty() { "" } else { "?" };
    Redirect::to(format!("{}/{sign}{}", viewer.mount.base, query.join("&")))
}

fn message(viewer: &Viewer<'_>, id: MessageId, done: &str) -> Redirect {
    Redirect::to(format!("{}/view/{id}?done={done}", viewer.mount.base))
}

fn read_id(id: &str) -> Result<MessageId, Refusal> {
    id.parse().map_err(|_| Refusal::Unknown)
}

#[post("/view/<id>/delete")]
pub async fn delete(viewer: Viewer<'_>, id: &str) -> Result<Redirect, Refusal> {
    viewer.room.inbox.delete(&Selection::Ids(vec![read_id(id)?])).await?;
    Ok(list(&viewer, "", "deleted"))
}

#[post("/view/<id>/unread")]
pub async fn unread(viewer: Viewer<'_>, id: &str) -> Result<Redirect, Refusal> {
    viewer.room.inbox.set_read(&Selection::Ids(vec![read_id(id)?]), false).await?;
    Ok(list(&viewer, "", ""))
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

#[post("/view/<id>/release", data = "<form>")]
pub async fn release(viewer: Viewer<'_>, id: &str, form: Form<To>) -> Result<Redirect, Refusal> {
    let id = read_id(id)?;
    let captured = viewer.room.inbox.message(id).await?.ok_or(Refusal::Unknown)?;
    let to = form.to.split([',', ';', ' ', '\n', '\t']).map(str::trim).filter(|to| !to.is_empty());
    let to: Vec<String> = to.map(str::to_owned).collect();
    viewer.room.release.release(&captured, &to).await.map_err(|error| Refusal::bad(error.to_string()))?;
    Ok(message(&viewer, id, "released"))
}
