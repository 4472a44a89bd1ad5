//! The page of the inbox: the list of messages, complete or filtered by a search, and the open message beside it.

use askama::Template;
use rocket::get;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::Responder;
use rocket::response::content::RawHtml;

use crate::inbox::{Counts, Inbox, InboxPage, MessageId, PageRequest, Query, Summary, UndoBatch};

use super::super::api::lookup::{by_id, read_id};
use super::super::api::message_html::RenderOptions;
use super::super::api::paging::{self, Search};
use super::super::api::view;
use super::super::error::WebError;
use super::connect::ConnectGuide;
use super::format::list_query;
use super::layout::InboxLayout;
use super::message::{self, MessageRequest, OpenMessage};
use super::page_context::{PageContext, rendered};
use super::page_url::is_rendering;
use super::preview::PreviewOptions;
use super::rows::ListRow;
use super::search_hints::{SearchHint, search_hints};
use super::tabs::PanelQuery;
use super::visible_text::visible;

/// Messages per page.
const PAGE: u64 = 50;

#[derive(Template)]
#[template(path = "inbox/list.html")]
struct ListPage {
    layout: InboxLayout,
    counts: Counts,
    /// True if each row stands for the messages of one template.
    group: bool,
    rows: Vec<ListRow>,
    found: u64,
    /// The query string of this page of the list.
    position: String,
    /// The positions of the rows among the found messages: `1–50 / 263`.
    range: String,
    /// Terms of the search that are ignored.
    ignored: Vec<String>,
    /// Words of the search that look like a filter and are none.
    hints: Vec<SearchHint>,
    newer: Option<String>,
    older: Option<String>,
    /// The latest deletion that can be undone.
    deletion: Option<UndoBatch>,
    pane: Option<OpenMessage>,
    /// The allowed address patterns, if messages can be released.
    release: Option<String>,
    /// How to send the first message, while there is none.
    guide: Option<ConnectGuide>,
}

impl ListPage {
    /// The number of messages on which the actions on all of them act.
    fn all(&self) -> u64 {
        if self.group { self.counts.messages } else { self.found }
    }
}

/// The parameters of the open message and of the next rows in the query string.
pub struct OpenParameters<'r> {
    /// The message above the first row: the script asks for the rows that follow, whatever has arrived meanwhile.
    before: Option<MessageId>,
    tab: Option<&'r str>,
    w: Option<&'r str>,
    scheme: Option<&'r str>,
    img: Option<&'r str>,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for OpenParameters<'r> {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let value = |name| request.query_value::<&str>(name).and_then(Result::ok);
        Outcome::Success(OpenParameters {
            before: value("before").and_then(|id| id.parse().ok()),
            tab: value("tab"),
            w: value("w"),
            scheme: value("scheme"),
            img: value("img"),
        })
    }
}

impl<'r> OpenParameters<'r> {
    fn request(&self, context: &PageContext<'_>, panel: PanelQuery) -> MessageRequest<'r> {
        let pictures = self.img == Some("1") || context.preferences.pictures;
        let preview = PreviewOptions::new(self.w, self.scheme, pictures);
        MessageRequest { tab: self.tab.unwrap_or_default(), preview, panel, refused: None }
    }
}

#[get("/?<m>")]
pub async fn list(
    context: PageContext<'_>,
    m: Option<&str>,
    open: OpenParameters<'_>,
    panel: PanelQuery,
) -> Result<RawHtml<String>, WebError> {
    let request = open.request(&context, panel);
    // First, since it marks the message as read.
    let opened = match m.filter(|m| !m.is_empty()) {
        Some(m) => Some(message::open(&context, m.parse().map_err(|_| WebError::Unknown)?, request).await?),
        None => None,
    };
    page(&context, open.before, opened).await
}

/// Mailpit's URL of a search; clients print links to it.
#[get("/search")]
pub async fn search(context: PageContext<'_>) -> Result<RawHtml<String>, WebError> {
    page(&context, None, None).await
}

/// An answer below `/view/`.
#[derive(Responder)]
pub enum MessageAnswer {
    Page(RawHtml<String>),
    Deleted((Status, RawHtml<String>)),
    Rendering(view::ViewKind),
}

/// Answers `<ID>.html` and `<ID>.txt` with Mailpit's renderings, and any other name with the page that shows the
/// message; with `pane`, the script gets the message's part of the page alone.
#[get("/view/<name>?<embed>&<pane>&<search..>", rank = 2)]
pub async fn one_message(
    context: PageContext<'_>,
    name: &str,
    embed: Option<&str>,
    pane: Option<&str>,
    open: OpenParameters<'_>,
    panel: PanelQuery,
    search: Search<'_>,
) -> Result<MessageAnswer, WebError> {
    // Another site may link to a page, but not embed one, start its check, or load a rendering.
    if context.cross_site && (!context.is_page || panel.starts_check() || is_rendering(name)) {
        return Err(WebError::OtherSite);
    }
    if is_rendering(name) {
        // A sandboxed page has no origin, so the browser loads its pictures without the password.
        let pictures = context.navigates && !context.state.settings.logins.is_empty();
        let windows = matches!(embed, Some("1" | "true"));
        let options = RenderOptions { windows, pictures, ..RenderOptions::default() };
        return Ok(MessageAnswer::Rendering(view::render(context.state, context.mount, name, options, &search).await?));
    }
    let request = open.request(&context, panel);
    let id = read_id(name)?;
    let opened = match pane {
        Some(_) => message::open(&context, id, request).await.map(|pane| RawHtml(pane.html)),
        None => message_page(&context, id, request).await,
    };
    // Most missing messages were deleted after the list that links to them was loaded.
    let is_missing = matches!(opened, Err(WebError::Unknown))
        && context.is_browser
        && matches!(by_id(&context.state.inbox, id).await, Err(WebError::Unknown));
    if !is_missing {
        return Ok(MessageAnswer::Page(opened?));
    }
    let deleted = message::deleted(&context)?;
    let page = match pane {
        Some(_) => RawHtml(deleted.html),
        None => page(&context, None, Some(deleted)).await?,
    };
    Ok(MessageAnswer::Deleted((Status::NotFound, page)))
}

/// The page with a message open, beside the list that the request's position names.
pub async fn message_page(
    context: &PageContext<'_>,
    id: MessageId,
    request: MessageRequest<'_>,
) -> Result<RawHtml<String>, WebError> {
    let pane = message::open(context, id, request).await?;
    page(context, None, Some(pane)).await
}

/// The rows of one page of the list.
struct FoundRows {
    messages: Vec<Summary>,
    /// The number of messages of the same template for each message.
    alike: Vec<u64>,
    /// The number of rows on all pages.
    total: u64,
    counts: Counts,
}

/// The newest message of each template.
async fn templates(inbox: &Inbox, start: u64) -> Result<FoundRows, WebError> {
    let (newest, total) = inbox.newest_of_each_template(start, PAGE).await?;
    let (messages, alike): (Vec<Summary>, Vec<u64>) = newest.into_iter().unzip();
    Ok(FoundRows { messages, alike, total, counts: inbox.counts().await? })
}

async fn messages(inbox: &Inbox, query: Option<&Query>, window: &PageRequest) -> Result<FoundRows, WebError> {
    let InboxPage { found, counts, .. } = inbox.page(query, window).await?;
    let alike = inbox.alike(found.messages.iter().map(|summary| summary.template).collect()).await?;
    Ok(FoundRows { messages: found.messages, alike, total: found.total, counts })
}

/// The list at the request's position. With `before` the rows follow that message, and `start` only counts those above.
async fn page(
    context: &PageContext<'_>,
    before: Option<MessageId>,
    pane: Option<OpenMessage>,
) -> Result<RawHtml<String>, WebError> {
    let (position, inbox) = (context.position, &context.state.inbox);
    let (q, start) = (position.q(), position.start());
    let open_id = pane.as_ref().and_then(|pane| pane.id).map(|id| id.to_string());
    let query = paging::query(q, None);
    let group = position.group && query.is_none();
    let FoundRows { messages, alike, total, counts } = match group {
        true => templates(inbox, start).await?,
        false => {
            let start = if before.is_some() { 0 } else { start };
            let window = PageRequest { start, limit: Some(PAGE), older_than: before, ..PageRequest::default() };
            messages(inbox, query.as_ref(), &window).await?
        }
    };
    let layout = InboxLayout { start, group, ..context.layout(q, counts.unread) };
    let guide = match counts.messages == 0 && q.is_empty() && pane.is_none() {
        true => Some(ConnectGuide::read(context, &layout).await?),
        false => None,
    };
    let href = |start: u64| format!("{}/{}", layout.base, list_query(q, start, group, &[]));
    let shown = start.saturating_add(messages.len() as u64);
    rendered(&ListPage {
        counts,
        group,
        newer: (start > 0).then(|| href(start.saturating_sub(PAGE))),
        older: (shown < total && !messages.is_empty()).then(|| href(shown)),
        deletion: inbox.latest_undo().await?,
        rows: ListRow::all(&messages, &alike, open_id.as_deref()),
        found: total,
        position: list_query(q, start, group, &[]),
        range: if messages.is_empty() { String::new() } else { format!("{}–{shown} / {total}", start + 1) },
        release: context.state.release.is_possible().then(|| context.state.release.patterns()),
        hints: search_hints(q),
        ignored: query
            .map(|query| query.ignored_terms().iter().map(|term| visible(term)).collect())
            .unwrap_or_default(),
        layout,
        pane,
        guide,
    })
}
