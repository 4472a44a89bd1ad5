//! Renderings of a message's HTML and text. Both are untrusted content on the site's origin, so their policy gives them
//! an opaque origin, forbids scripts and allows only the message's own pictures.

use rocket::State;
use rocket::http::Header;
use rocket::request::Request;
use rocket::response::{Redirect, Responder, Response, Result as Responded};
use rocket::{Route, get, routes};

use crate::inbox::CapturedMessage;

use super::super::error::WebError;
use super::super::inbox::page_url::is_plain_host;
use super::super::inbox::state::{InboxState, Mount};
use super::auth::ApiAuth;
use super::lookup;
use super::message::mark_read;
use super::message_html::{RenderOptions, message_html};
use super::operation::{LATEST, TZ, operations};
use super::paging::Search;
use super::picture_hosts::PictureHosts;
use super::reply::Untrusted;

operations! { "view":
    get "/view/latest" "ViewLatest" [LATEST, TZ], None => ("text/html", ""), [400];
    get "/view/{Name}" "View" [
        ("embed", "string", "1: open links in a new window"),
        LATEST,
        TZ,
    ], None => ("text/html", ""), [400, 404];
}

pub fn routes() -> Vec<Route> {
    routes![latest]
}

/// The HTML of a message.
pub struct RenderedView {
    html: String,
    /// Path of the message's parts, with a slash at the end.
    parts: String,
    hosts: PictureHosts,
}

impl<'r> Responder<'r, 'static> for RenderedView {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        // A sandboxed page has no origin, so 'self' would match nothing. The policy names the host instead.
        let host = request.headers().get_one("Host").filter(|host| is_plain_host(host)).unwrap_or("localhost");
        let policy = format!(
            "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; \
             img-src data: http://{host}{parts} https://{host}{parts}{hosts}; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'self'",
            parts = self.parts,
            hosts = self.hosts.sources()
        );
        let mut response = Response::build_from(self.html.respond_to(request)?);
        response.raw_header("Content-Type", "text/html; charset=utf-8");
        response.header(Header::new("Content-Security-Policy", policy));
        response.raw_header("X-Content-Type-Options", "nosniff");
        response.raw_header("X-Frame-Options", "SAMEORIGIN");
        response.raw_header("Referrer-Policy", "no-referrer");
        // Browsers else look up the names of links in advance.
        response.raw_header("X-DNS-Prefetch-Control", "off");
        response.ok()
    }
}

/// The answer of a rendering.
#[derive(Responder)]
pub enum ViewKind {
    Html(RenderedView),
    Text(Untrusted),
}

/// The rendering `<id>.html` or `<id>.txt`.
///
/// # Errors
/// 404 with Mailpit's text.
pub async fn render(
    state: &InboxState,
    mount: &Mount,
    name: &str,
    options: RenderOptions,
    search: &Search<'_>,
) -> Result<ViewKind, WebError> {
    let (id, kind) = name.rsplit_once('.').ok_or(WebError::Unknown)?;
    let missing = |refusal| match refusal {
        WebError::Unknown => WebError::Missing("Message not found"),
        refusal => refusal,
    };
    let captured = lookup::message(&state.inbox, id, search).await.map_err(missing)?;
    mark_read(state, &captured).await;
    if kind == "txt" {
        let bytes = lookup::parsed(captured, |_, parsed| parsed.text_or_rendering()).await?.into_bytes();
        return Ok(ViewKind::Text(Untrusted::text(bytes)));
    }
    let view = html_view(mount, captured, options).await?;
    match view.html.is_empty() {
        true => Err(WebError::Missing("This message does not contain a HTML part")),
        false => Ok(ViewKind::Html(view)),
    }
}

/// The HTML of a message; empty if it has none.
async fn html_view(mount: &Mount, captured: CapturedMessage, options: RenderOptions) -> Result<RenderedView, WebError> {
    let parts = format!("{}/api/v1/message/{}/part/", mount.base, captured.summary.id);
    let at = parts.clone();
    let html =
        lookup::parsed(captured, move |captured, parsed| message_html(parsed, &captured.bytes, &at, options)).await?;
    Ok(RenderedView { html: html.unwrap_or_default(), parts, hosts: options.hosts })
}

/// The contents of the page's frame. It marks nothing as read, and is empty for a message without HTML: the script asks
/// while the pointer is pressed on a row, before it knows what the message is.
///
/// # Errors
/// [`WebError::Unknown`] if there is no such message.
pub async fn frame(
    state: &InboxState,
    mount: &Mount,
    id: &str,
    options: RenderOptions,
) -> Result<RenderedView, WebError> {
    html_view(mount, lookup::message(&state.inbox, id, &Search::none()).await?, options).await
}

/// Redirects to the page of the newest message, or to the list without one.
#[get("/view/latest?<search..>")]
pub async fn latest(state: ApiAuth<'_>, mount: &State<Mount>, search: Search<'_>) -> Result<Redirect, WebError> {
    let newest = state.inbox.latest(search.query()?.as_ref()).await?;
    let base = &mount.base;
    Ok(Redirect::found(newest.map_or_else(|| format!("{base}/"), |id| format!("{base}/view/{id}"))))
}
