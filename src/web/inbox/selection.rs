//! The list's form: actions on the selected messages, or on all that the search finds.

use std::io::{self, Write as _};

use rocket::form::{Form, FromForm};
use rocket::http::{ContentType, Header, Status};
use rocket::post;
use rocket::response::content::RawHtml;
use rocket::response::{Redirect, Responder};

use crate::inbox::{CapturedMessage, MessageId, PageRequest, Selection, files};
use crate::outbox::{MAX_RELEASED, ReleasedMessage};

use super::super::api::messages::parse_ids;
use super::super::api::paging;
use super::super::api::release::released;
use super::super::error::WebError;
use super::actions::{Done, addresses, list, tag_names};
use super::list::message_page;
use super::message::MessageRequest;
use super::page_context::PageContext;
use super::page_url::ListPosition;

/// Messages that one form tags or exports at most.
const MAX_MESSAGES: usize = 1_000;
/// Bytes of the messages that one form releases at most; they are in memory together.
const MAX_RELEASED_BYTES: u64 = 32 * 1024 * 1024;
/// Bytes of the messages that one form exports at most; they wait in a file.
const MAX_EXPORTED_BYTES: u64 = 512 * 1024 * 1024;

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
    /// `1` if the list has the newest message of each template alone.
    group: Option<String>,
    /// Tags to add.
    #[field(default = String::new())]
    tags: String,
    /// Addresses to release to.
    #[field(default = String::new())]
    to: String,
}

impl Selected {
    /// The action; for the Enter key, that of the field which is filled.
    fn action(&self) -> &str {
        match self.action.as_str() {
            "entered" if !self.tags.trim().is_empty() => "tag",
            "entered" if !self.to.trim().is_empty() => "release",
            action => action,
        }
    }

    fn is_grouped(&self) -> bool {
        self.group.as_deref() == Some("1")
    }
}

/// The answer: the list with a notice, a file, or the page of the message that cannot be released.
#[derive(Responder)]
pub enum SelectionAnswer {
    List(Box<Redirect>),
    File(Box<MboxFile>),
    Refused((Status, RawHtml<String>)),
}

/// The selected messages as one mbox file.
#[derive(Responder)]
pub struct MboxFile {
    file: tokio::fs::File,
    kind: ContentType,
    name: Header<'static>,
}

#[post("/selected", data = "<form>")]
pub async fn selected(context: PageContext<'_>, form: Form<Selected>) -> Result<SelectionAnswer, WebError> {
    let action = form.action();
    let is_all = form.all || matches!(action, "read-all" | "clear");
    let done = match action {
        "entered" => Done::default(),
        // An ignored term widens the result. The list names the ignored terms.
        _ if is_all && ignores_terms(&form.q) => Done::code("not-done"),
        "read" | "unread" | "delete" | "tag" | "release" | "export" if !is_all && form.id.is_empty() => {
            Done::code("nothing-selected")
        }
        "tag" => tag(&context, &form).await?,
        "release" => return release(&context, &form).await,
        "export" => match export(&context, &form).await? {
            Some(file) => return Ok(SelectionAnswer::File(Box::new(file))),
            None => Done::code("too-many"),
        },
        _ if is_all => on_search(&context, &form).await?,
        _ => on_selected(&context, &form).await?,
    };
    let group = form.is_grouped();
    let start = if is_all && done.code == "deleted" { None } else { form.start };
    let position = ListPosition { q: Some(&form.q), start, group };
    Ok(SelectionAnswer::List(Box::new(list(&context, position, done))))
}

async fn on_selected(context: &PageContext<'_>, form: &Selected) -> Result<Done, WebError> {
    let inbox = &context.state.inbox;
    let selected = Selection::Ids(parse_ids(&form.id));
    match form.action.as_str() {
        "read" => drop(inbox.set_read(&selected, true).await?),
        "unread" => drop(inbox.set_read(&selected, false).await?),
        "delete" => return Ok(Done::deleted(inbox.delete_for_now(&selected).await?)),
        _ => return Err(WebError::bad("unknown action")),
    }
    Ok(Done::default())
}

async fn on_search(context: &PageContext<'_>, form: &Selected) -> Result<Done, WebError> {
    let inbox = &context.state.inbox;
    let found = paging::query(&form.q, None).map_or(Selection::All, Selection::Matching);
    match form.action.as_str() {
        "read" | "read-all" => drop(inbox.set_read(&found, true).await?),
        "unread" => drop(inbox.set_read(&found, false).await?),
        "delete" | "clear" => return Ok(Done::deleted(inbox.delete_for_now(&found).await?)),
        _ => return Err(WebError::bad("unknown action")),
    }
    Ok(Done::default())
}

fn ignores_terms(q: &str) -> bool {
    paging::query(q, None).is_some_and(|query| !query.ignored_terms().is_empty())
}

/// The selected messages, newest first; `None` if there are more than `most`.
async fn ids(context: &PageContext<'_>, form: &Selected, most: usize) -> Result<Option<Vec<MessageId>>, WebError> {
    let inbox = &context.state.inbox;
    if !form.all {
        let ids = parse_ids(&form.id);
        return Ok((ids.len() <= most).then_some(ids));
    }
    let window = PageRequest { limit: u64::try_from(most + 1).ok(), ..PageRequest::default() };
    let found = match paging::query(&form.q, None) {
        Some(query) => inbox.search(&query, &window).await?.messages,
        None => inbox.list(&window).await?,
    };
    Ok((found.len() <= most).then(|| found.iter().map(|summary| summary.id).collect()))
}

async fn tag(context: &PageContext<'_>, form: &Selected) -> Result<Done, WebError> {
    let Some(ids) = ids(context, form, MAX_MESSAGES).await? else { return Ok(Done::code("too-many")) };
    let names = tag_names(&form.tags);
    Ok(Done::tagged(&names, &context.state.inbox.add_tags(&ids, &names).await?))
}

/// Releases all messages, or none.
async fn release(context: &PageContext<'_>, form: &Selected) -> Result<SelectionAnswer, WebError> {
    let ids = ids(context, form, MAX_RELEASED).await?;
    let messages = match ids {
        Some(ids) => read_all(context, ids).await?,
        None => None,
    };
    let position = ListPosition { q: Some(&form.q), start: form.start, group: form.is_grouped() };
    let done = |code| SelectionAnswer::List(Box::new(list(context, position, Done::code(code))));
    let Some(messages) = messages else { return Ok(done("too-many")) };
    let all: Vec<ReleasedMessage<'_>> = messages.iter().map(released).collect();
    let Err((index, error)) = context.state.release.release_all(&all, &addresses(&form.to)).await else {
        return Ok(done("released"));
    };
    let Some(message) = messages.get(index) else { return Ok(done("nothing-selected")) };
    let request = MessageRequest { refused: Some((form.to.clone(), error)), ..MessageRequest::default() };
    let page = message_page(context, message.summary.id, request).await?;
    Ok(SelectionAnswer::Refused((Status::UnprocessableEntity, page)))
}

/// The messages with their bytes; `None` if they are too large together.
async fn read_all(context: &PageContext<'_>, ids: Vec<MessageId>) -> Result<Option<Vec<CapturedMessage>>, WebError> {
    let (mut messages, mut bytes) = (Vec::new(), 0);
    for id in ids {
        let Some(message) = context.state.inbox.message(id).await? else { continue };
        bytes += message.bytes.len() as u64;
        messages.push(message);
        if bytes > MAX_RELEASED_BYTES {
            return Ok(None);
        }
    }
    Ok(Some(messages))
}

/// Writes the messages to a file, oldest first as in an export of the command line; `None` if there are too many.
async fn export(context: &PageContext<'_>, form: &Selected) -> Result<Option<MboxFile>, WebError> {
    let Some(mut ids) = ids(context, form, MAX_MESSAGES).await? else { return Ok(None) };
    ids.sort_unstable();
    let answers = &context.state.limits.large_answers;
    let failed = |error: io::Error| {
        tracing::warn!(%error, "cannot write an export to a temporary file");
        WebError::Task("write the export to a temporary file")
    };
    let mut out = io::BufWriter::new(answers.file().map_err(failed)?);
    let mut bytes = 0;
    for id in ids {
        let Some(summary) = context.state.inbox.summary(id).await? else { continue };
        bytes += summary.size;
        if bytes > MAX_EXPORTED_BYTES {
            return Ok(None);
        }
        let _memory = answers.permit(summary.size).await.ok_or(WebError::Busy)?;
        let Some(message) = context.state.inbox.message(id).await? else { continue };
        out = tokio::task::spawn_blocking(move || files::append_to_mbox(&mut out, &message).map(|()| out))
            .await
            .map_err(|_| WebError::Stopping)?
            .map_err(failed)?;
    }
    out.flush().map_err(failed)?;
    let mut file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    io::Seek::rewind(&mut file).map_err(failed)?;
    Ok(Some(MboxFile {
        file: tokio::fs::File::from_std(file),
        kind: ContentType::new("application", "mbox"),
        name: Header::new("Content-Disposition", "attachment; filename=\"messages.mbox\""),
    }))
}
