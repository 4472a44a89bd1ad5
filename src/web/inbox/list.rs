//! The page of the inbox: the list of messages, complete or filtered by a search, and the open message beside it.

use askama::Template;
use rocket::get;
use rocket::response::Responder;
use rocket::response::content::RawHtml;

use crate::inbox::{Counts, InboxPage, MessageId, PageRequest};

use super::super::api::message_html::RenderOptions;
use super::super::api::paging::{self, Search};
use super::super::api::reply::ApiError;
use super::super::api::view;
use super::connect::ConnectGuide;
pub use super::layout::rendered;
use super::layout::{InboxLayout, PageContext};
use super::message::{self, MessageRequest, OpenMessage};
use super::rows::ListRow;

/// Messages per page.
const PAGE: u64 = 50;

#[derive(Template)]
#[template(path = "inbox/list.html")]
struct ListPage {
    layout: InboxLayout,
    counts: Counts,
    rows: Vec<ListRow>,
    found: u64,
    /// The positions of the rows among the found messages: `1–50 / 263`.
    range: String,
    /// Terms of the search that are ignored.
    ignored: Vec<String>,
    newer: Option<String>,
    older: Option<String>,
    pane: Option<OpenMessage>,
    /// How to send the first message, while there is none.
    guide: Option<ConnectGuide>,
}

#[get("/?<q>&<start>&<m>&<tab>")]
pub async fn list(
    context: PageContext<'_>,
    q: Option<&str>,
    start: Option<u64>,
    m: Option<&str>,
    tab: Option<&str>,
) -> Result<RawHtml<String>, ApiError> {
    let open = match m.filter(|m| !m.is_empty()) {
        Some(m) => Some(m.parse().map_err(|_| ApiError::Unknown)?),
        None => None,
    };
    let request = MessageRequest { tab: tab.unwrap_or_default(), ..MessageRequest::default() };
    page(&context, q.unwrap_or_default(), start.unwrap_or(0), open.map(|id| (id, request))).await
}

/// Mailpit's URL of a search; clients print links to it.
#[get("/search?<q>&<start>")]
pub async fn search(
    context: PageContext<'_>,
    q: Option<&str>,
    start: Option<u64>,
) -> Result<RawHtml<String>, ApiError> {
    page(&context, q.unwrap_or_default(), start.unwrap_or(0), None).await
}

/// An answer below `/view/`.
#[derive(Responder)]
pub enum MessageAnswer {
    Page(RawHtml<String>),
    Rendering(view::ViewKind),
}

/// Answers `<ID>.html` and `<ID>.txt` with Mailpit's renderings, and any other name with the page that shows the
/// message; with `pane`, the script gets the message's part of the page alone.
#[get("/view/<name>?<tab>&<links>&<embed>&<pane>&<search..>", rank = 2)]
pub async fn one_message(
    context: PageContext<'_>,
    name: &str,
    tab: Option<&str>,
    links: Option<&str>,
    embed: Option<&str>,
    pane: Option<&str>,
    search: Search<'_>,
) -> Result<MessageAnswer, ApiError> {
    if view::is_rendering(name) {
        // A sandboxed page has no origin, so the browser loads its pictures without the password.
        let pictures = context.navigates && context.state.settings.password.is_some();
        let windows = matches!(embed, Some("1" | "true"));
        let options = RenderOptions { windows, pictures, ..RenderOptions::default() };
        return Ok(MessageAnswer::Rendering(view::render(context.state, context.mount, name, options, &search).await?));
    }
    let request =
        MessageRequest { tab: tab.unwrap_or_default(), check_links: links == Some("1"), ..MessageRequest::default() };
    let id: MessageId = name.parse().map_err(|_| ApiError::Unknown)?;
    if pane.is_some() {
        return Ok(MessageAnswer::Page(RawHtml(message::open(&context, id, request).await?.html)));
    }
    Ok(MessageAnswer::Page(message_page(&context, id, request).await?))
}

/// The page with a message open, beside the list that the request's position names.
pub async fn message_page(
    context: &PageContext<'_>,
    id: MessageId,
    request: MessageRequest<'_>,
) -> Result<RawHtml<String>, ApiError> {
    page(context, context.position.q(), context.position.start(), Some((id, request))).await
}

async fn page(
    context: &PageContext<'_>,
    q: &str,
    start: u64,
    open: Option<(MessageId, MessageRequest<'_>)>,
) -> Result<RawHtml<String>, ApiError> {
    let q = q.trim();
    let open_id = open.as_ref().map(|(id, _)| id.to_string());
    // First, since it marks the message as read.
    let pane = match open {
        Some((id, request)) => Some(message::open(context, id, request).await?),
        None => None,
    };
    let window = PageRequest { start, limit: Some(PAGE), ..PageRequest::default() };
    let query = paging::query(q, None);
    let InboxPage { found, counts, .. } = context.state.inbox.page(query.as_ref(), &window).await?;
    let layout = InboxLayout { start, ..context.layout(q, counts.unread) };
    let guide = match counts.messages == 0 && q.is_empty() && pane.is_none() {
        true => Some(ConnectGuide::read(context, &layout).await?),
        false => None,
    };
    let href = |start: u64| format!("{}/{}", layout.base, layout.from(start));
    let shown = start.saturating_add(found.messages.len() as u64);
    rendered(&ListPage {
        counts,
        newer: (start > 0).then(|| href(start.saturating_sub(PAGE))),
        older: (shown < found.total && !found.messages.is_empty()).then(|| href(shown)),
        rows: ListRow::all(&found.messages, open_id.as_deref()),
        found: found.total,
        range: if found.messages.is_empty() {
            String::new()
        } else {
            format!("{}–{shown} / {}", start + 1, found.total)
        },
        ignored: query.map(|query| query.ignored_terms().to_vec()).unwrap_or_default(),
        layout,
        pane,
        guide,
    })
}
