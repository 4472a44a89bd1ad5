//! One message: its page, its renderings, and the frame that shows its HTML.

use rocket::get;
use rocket::response::Responder;
use rocket::response::content::RawHtml;

use crate::capture::{MessageId, Window};
use crate::i18n::Locale;

use super::super::api::chosen;
use super::super::api::message::mark_read;
use super::super::api::paging::{self, Search};
use super::super::api::reply::Refusal;
use super::super::api::view::Showing;
use super::super::api::{checks, view};
use super::frame::{InboxFrame, Viewer};
use super::list::rendered;
use super::message_page::{Matter, MessagePage, ReleaseForm, Tab, View, Way};
use super::release::ReleaseError;

/// What stands under view/.
#[derive(Responder)]
pub enum Shown {
    Page(RawHtml<String>),
    Rendering(view::View),
}

/// `<ID>.html` and `<ID>.txt` are Mailpit's renderings, everything else is a page.
#[get("/view/<name>?<tab>&<links>&<embed>&<search..>", rank = 2)]
pub async fn message(
    viewer: Viewer<'_>,
    name: &str,
    tab: Option<&str>,
    links: Option<&str>,
    embed: Option<&str>,
    search: Search<'_>,
) -> Result<Shown, Refusal> {
    if view::is_rendering(name) {
        // A browser knows the password, but does not give it for the pictures of a page without an origin.
        let pictures = viewer.navigates && viewer.room.settings.password.is_some();
        let showing = Showing { windows: matches!(embed, Some("1" | "true")), pictures };
        return Ok(Shown::Rendering(view::render(viewer.room, viewer.mount, name, showing, &search).await?));
    }
    let asked = Asked { tab: tab.unwrap_or_default(), check_links: links == Some("1"), refused: None };
    let id: MessageId = name.parse().map_err(|_| Refusal::Unknown)?;
    Ok(Shown::Page(page(&viewer, id, asked).await?))
}

/// What the page is to show besides the message.
#[derive(Default)]
pub struct Asked<'a> {
    pub tab: &'a str,
    pub check_links: bool,
    /// Whom it was to be released to, and why not.
    pub refused: Option<(String, ReleaseError)>,
}

pub async fn page(viewer: &Viewer<'_>, id: MessageId, asked: Asked<'_>) -> Result<RawHtml<String>, Refusal> {
    let (room, spot) = (viewer.room, viewer.spot);
    let captured = room.inbox.message(id).await?.ok_or(Refusal::Unknown)?;
    mark_read(room, &captured).await?;
    let (newer, older) = neighbours(viewer, id, spot.q()).await?;
    let counts = room.inbox.counts().await?;
    let frame = InboxFrame { start: spot.start(), ..viewer.frame(spot.q(), counts.unread) };
    let (locale, tab, check_links) = (frame.locale, asked.tab.to_owned(), asked.check_links);
    let (matter, mut view, tabs, links) = chosen::parsed(captured, move |captured, parsed| {
        let has_html = !parsed.html.is_empty();
        let way = Way::chosen(&tab, has_html);
        let links = if check_links { checks::checkable(parsed) } else { Vec::new() };
        (Matter::new(captured, parsed), View::new(way, captured, parsed, locale), Tab::all(way, has_html), links)
    })
    .await?;
    if let (View::Checks(checks), true) = (&mut view, check_links) {
        checks.links = Some(room.links.check(&links, false).await);
    }
    let release = release_form(viewer, &matter, locale, asked.refused);
    rendered(&MessagePage { frame, matter, view, tabs, newer, older, release })
}

fn release_form(
    viewer: &Viewer<'_>,
    matter: &Matter,
    locale: Locale,
    refused: Option<(String, ReleaseError)>,
) -> Option<ReleaseForm> {
    let release = &viewer.room.release;
    let allowed = release.patterns();
    let (typed, error) = refused.map(|(to, error)| (to, error.words(locale, &allowed))).unzip();
    if error.is_none() && (!release.is_possible() || matter.refused.is_some()) {
        return None;
    }
    let to = typed.unwrap_or_else(|| release.proposal(matter.envelope_to.iter().map(|(to, _)| to.as_str())));
    Some(ReleaseForm { to, allowed, error })
}

/// The messages beside it in the list it was opened from.
async fn neighbours(viewer: &Viewer<'_>, id: MessageId, q: &str) -> Result<(Option<String>, Option<String>), Refusal> {
    /// How far up the newer neighbour is looked for.
    const NEAR: u64 = 200;
    let inbox = &viewer.room.inbox;
    let query = paging::query(q, None);
    let page = async |window: Window| match &query {
        Some(query) => inbox.search(query, &window).await.map(|found| found.messages),
        None => inbox.list(&window).await,
    };
    let older = page(Window { limit: Some(1), older_than: Some(id), ..Window::default() }).await?;
    let top = page(Window { limit: Some(NEAR), ..Window::default() }).await?;
    let newer = top.iter().rev().find(|summary| summary.id > id);
    let text = |id: MessageId| id.to_string();
    Ok((newer.map(|summary| text(summary.id)), older.first().map(|summary| text(summary.id))))
}

/// The HTML for the page's frame: as rendered, with links that open a window of their own.
#[get("/view/<id>/frame")]
pub async fn frame(viewer: Viewer<'_>, id: &str) -> Result<view::View, Refusal> {
    let name = format!("{id}.html");
    view::render(viewer.room, viewer.mount, &name, Showing { windows: true, pictures: true }, &Search::none()).await
}
