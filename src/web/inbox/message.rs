//! The open message: its part of the page, and the frame that shows its HTML.

use rocket::get;

use crate::i18n::Locale;
use crate::inbox::{MessageId, PageRequest};

use super::super::api::lookup;
use super::super::api::message::mark_read;
use super::super::api::message_html::RenderOptions;
use super::super::api::paging::{self, Search};
use super::super::api::reply::ApiError;
use super::super::api::{checks, view};
use super::layout::{InboxLayout, PageContext, rendered};
use super::message_page::{MessagePane, MessageView, ReleaseForm};
use super::release::ReleaseError;
use super::tab::{Tab, TabContents, TabKind};

/// What the page shows in addition to the message.
#[derive(Default)]
pub struct MessageRequest<'a> {
    pub tab: &'a str,
    pub check_links: bool,
    /// The recipients of a refused release, and the reason.
    pub refused: Option<(String, ReleaseError)>,
}

/// An open message, rendered.
pub struct OpenMessage {
    /// For the title of the page.
    pub title: String,
    /// The message's `<article>`.
    pub html: String,
}

/// Renders a message and marks it as read.
///
/// # Errors
/// [`ApiError::Unknown`] if there is no such message.
pub async fn open(
    context: &PageContext<'_>,
    id: MessageId,
    request: MessageRequest<'_>,
) -> Result<OpenMessage, ApiError> {
    let (state, position) = (context.state, context.position);
    let captured = state.inbox.message(id).await?.ok_or(ApiError::Unknown)?;
    mark_read(state, &captured).await?;
    let (newer, older) = neighbours(context, id, position.q()).await?;
    let layout = InboxLayout { start: position.start(), ..context.layout(position.q(), 0) };
    let (locale, tab, check_links) = (layout.locale, request.tab.to_owned(), request.check_links);
    let (message, mut view, tabs, links) = lookup::parsed(captured, move |captured, parsed| {
        let has_html = !parsed.html.is_empty();
        let way = TabKind::chosen(&tab, has_html);
        let links = if check_links { checks::collect_links(parsed) } else { Vec::new() };
        (
            MessageView::new(captured, parsed),
            TabContents::new(way, captured, parsed, locale),
            Tab::all(way, has_html),
            links,
        )
    })
    .await?;
    if let (TabContents::Checks(checks), true) = (&mut view, check_links) {
        checks.links = Some(state.links.check(&links, false).await);
    }
    let release = release_form(context, &message, locale, request.refused);
    let title = match &release {
        Some(form) if form.error.is_some() => format!("{} {}", layout.t("title-error"), message.title(&layout)),
        _ => message.title(&layout),
    };
    let html = rendered(&MessagePane { layout, message, view, tabs, newer, older, release })?.0;
    Ok(OpenMessage { title, html })
}

fn release_form(
    context: &PageContext<'_>,
    message: &MessageView,
    locale: Locale,
    refused: Option<(String, ReleaseError)>,
) -> Option<ReleaseForm> {
    let release = &context.state.release;
    let allowed = release.patterns();
    let (typed, error) = refused.map(|(to, error)| (to, error.localized(locale, &allowed))).unzip();
    if error.is_none() && (!release.is_possible() || message.refused.is_some()) {
        return None;
    }
    let to = typed.unwrap_or_else(|| release.proposal(message.envelope_to.iter().map(|(to, _)| to.as_str())));
    Some(ReleaseForm { to, allowed, error })
}

/// Ids of the next newer and the next older message in the list that the page was opened from.
async fn neighbours(
    context: &PageContext<'_>,
    id: MessageId,
    q: &str,
) -> Result<(Option<String>, Option<String>), ApiError> {
    /// Number of messages to search for the newer one, from the top of the list.
    const MAX_SEARCHED: u64 = 200;
    let inbox = &context.state.inbox;
    let query = paging::query(q, None);
    let page = async |window: PageRequest| match &query {
        Some(query) => inbox.search(query, &window).await.map(|found| found.messages),
        None => inbox.list(&window).await,
    };
    let older = page(PageRequest { limit: Some(1), older_than: Some(id), ..PageRequest::default() }).await?;
    let top = page(PageRequest { limit: Some(MAX_SEARCHED), ..PageRequest::default() }).await?;
    let newer = top.iter().rev().find(|summary| summary.id > id);
    let text = |id: MessageId| id.to_string();
    Ok((newer.map(|summary| text(summary.id)), older.first().map(|summary| text(summary.id))))
}

/// The HTML for the page's frame; its links open a new window and its pictures are inlined.
#[get("/view/<id>/frame")]
pub async fn frame(context: PageContext<'_>, id: &str) -> Result<view::ViewKind, ApiError> {
    let name = format!("{id}.html");
    view::render(context.state, context.mount, &name, RenderOptions { windows: true, pictures: true, ..RenderOptions::default() }, &Search::none())
        .await
}
