//! The open message: its part of the page, and the frame that shows its HTML.

use askama::Template;
use rocket::get;

use crate::i18n::Locale;
use crate::inbox::{MessageId, PageRequest};
use crate::outbox::ReleaseError;

use super::super::api::lookup;
use super::super::api::message::mark_read;
use super::super::api::message_html::RenderOptions;
use super::super::api::paging;
use super::super::api::picture_hosts::PictureHosts;
use super::super::api::view;
use super::super::error::WebError;
use super::layout::InboxLayout;
use super::message_page::{MessagePane, MessageView, ReleaseForm};
use super::page_context::{PageContext, rendered};
use super::preview::{PreviewOptions, PreviewView};
use super::tab::{Tab, TabKind};
use super::tabs::{CheckBadge, Panel, PanelContext, PanelQuery, invitations};

/// What the page shows in addition to the message.
#[derive(Default)]
pub struct MessageRequest<'a> {
    pub tab: &'a str,
    pub preview: PreviewOptions,
    pub panel: PanelQuery,
    /// The recipients of a refused release, and the reason.
    pub refused: Option<(String, ReleaseError)>,
}

/// An open message, rendered.
pub struct OpenMessage {
    /// `None` if there is no such message.
    pub id: Option<MessageId>,
    /// For the title of the page.
    pub title: String,
    /// The message's `<article>`.
    pub html: String,
}

/// Renders a message and marks it as read.
///
/// # Errors
/// [`WebError::Unknown`] if there is no such message, or no attached message at the path in the query.
pub async fn open(
    context: &PageContext<'_>,
    id: MessageId,
    request: MessageRequest<'_>,
) -> Result<OpenMessage, WebError> {
    let (state, position) = (context.state, context.position);
    let captured = lookup::by_id(&state.inbox, id).await?;
    mark_read(state, &captured).await;
    let (newer, older) = neighbours(context, id, position.q()).await?;
    let layout = InboxLayout { start: position.start(), ..context.layout(position.q(), 0) };
    let (tab, preview) = (request.tab.to_owned(), request.preview);
    let panels = PanelContext::new(context, layout.clone(), id, request.panel);
    let read = lookup::parsed(captured, move |captured, parsed| {
        let has_html = !parsed.html.is_empty();
        let kind = TabKind::chosen(&tab, has_html);
        let is_first = kind == TabKind::chosen("", has_html);
        let badge = CheckBadge::of(&captured.bytes, parsed, captured.summary.created);
        Some(ReadMessage {
            message: MessageView::new(captured, parsed),
            tabs: Tab::all(kind, has_html, badge),
            invitations: if is_first { invitations(&panels.layout, captured, parsed) } else { String::new() },
            preview: (kind == TabKind::Preview).then(|| PreviewView::new(preview, captured, parsed)),
            panel: match kind {
                TabKind::Preview => None,
                TabKind::Panel(kind) => Some(Panel::read(kind, panels, captured, parsed)?),
            },
        })
    })
    .await?
    .ok_or(WebError::Unknown)?;
    let ReadMessage { message, tabs, invitations, preview, panel } = read;
    let panel = match panel {
        Some(panel) => panel.render(state).await?,
        None => String::new(),
    };
    let release = release_form(context, &message, layout.locale, request.refused);
    let title = match &release {
        Some(form) if form.error.is_some() => format!("{} {}", layout.t("title-error"), message.title(&layout)),
        _ => message.title(&layout),
    };
    let html = rendered(&MessagePane { layout, message, preview, panel, invitations, tabs, newer, older, release })?.0;
    Ok(OpenMessage { id: Some(id), title, html })
}

/// The pane that replaces a deleted message.
#[derive(Template)]
#[template(path = "inbox/deleted.html")]
struct DeletedPane {
    layout: InboxLayout,
}

/// Renders the pane of a message that does not exist.
///
/// # Errors
/// If the template fails.
pub fn deleted(context: &PageContext<'_>) -> Result<OpenMessage, WebError> {
    let layout = InboxLayout { start: context.position.start(), ..context.layout(context.position.q(), 0) };
    let title = layout.t("inbox-deleted-title");
    Ok(OpenMessage { id: None, title, html: rendered(&DeletedPane { layout })?.0 })
}

/// What is read from the message on the thread that parses it.
struct ReadMessage {
    message: MessageView,
    tabs: Vec<Tab>,
    /// The HTML of the calendar invitations; empty without any.
    invitations: String,
    preview: Option<PreviewView>,
    panel: Option<Panel>,
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
) -> Result<(Option<String>, Option<String>), WebError> {
    /// Number of messages to search for the newer one: the page of the list, and the one above it.
    const MAX_SEARCHED: u64 = 51;
    let inbox = &context.state.inbox;
    let query = paging::query(q, None);
    let page = async |window: PageRequest| match &query {
        Some(query) => inbox.search(query, &window).await.map(|found| found.messages),
        None => inbox.list(&window).await,
    };
    let older = page(PageRequest { limit: Some(1), older_than: Some(id), ..PageRequest::default() }).await?;
    let start = context.position.start().saturating_sub(1);
    let around = page(PageRequest { start, limit: Some(MAX_SEARCHED), ..PageRequest::default() }).await?;
    let newer = around.iter().rev().find(|summary| summary.id > id);
    let text = |id: MessageId| id.to_string();
    Ok((newer.map(|summary| text(summary.id)), older.first().map(|summary| text(summary.id))))
}

/// The HTML for the page's frame; its links open a new window and its pictures are inlined. Pictures of other hosts are
/// loaded if `img` is `1`.
#[get("/view/<id>/frame?<scheme>&<img>")]
pub async fn frame(
    context: PageContext<'_>,
    id: &str,
    scheme: Option<&str>,
    img: Option<&str>,
) -> Result<view::RenderedView, WebError> {
    if context.cross_site {
        return Err(WebError::OtherSite);
    }
    let options = RenderOptions {
        windows: true,
        pictures: true,
        hosts: if img == Some("1") { PictureHosts::All } else { PictureHosts::Loopback },
        forced_dark: scheme == Some("forced"),
        fits: true,
    };
    view::frame(context.state, context.mount, id, options).await
}
