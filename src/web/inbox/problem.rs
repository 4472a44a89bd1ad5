//! The error page of the inbox for browsers. Other clients get plain text (`error_response`).

use askama::Template;
use rocket::Request;
use rocket::http::{MediaType, Status};
use rocket::response::content::RawHtml;
use rocket::response::{Responder as _, Response};

use super::super::problem::PageProblem;
use super::layout::{InboxLayout, locale};
use super::page_url::is_rendering;
use super::preferences::Preferences;
use super::state::{InboxState, Mount};

#[derive(Template)]
#[template(path = "inbox/problem.html")]
struct InboxProblemPage {
    layout: InboxLayout,
    title: String,
    text: String,
}

/// The error page for `status`, or `None` if the client is not a browser or the path is not a page of the inbox.
/// `detail` replaces the text of the status.
pub fn page(request: &Request<'_>, status: Status, detail: Option<&str>) -> Option<Response<'static>> {
    let (state, mount) = (request.rocket().state::<InboxState>()?, request.rocket().state::<Mount>()?);
    let path = request.uri().path().as_str().strip_prefix(mount.base.as_str())?;
    let for_programs = path.trim_start_matches('/').starts_with("api/") || is_rendering(path);
    if for_programs || !is_browser(request) {
        return None;
    }
    let locale = locale(request, state, mount);
    let key = PageProblem::from_status(status.code).key();
    // Most missing messages were deleted after the list that links to them was loaded.
    let names_part = request.query_value::<&str>("path").is_some_and(|path| path.is_ok_and(|path| !path.is_empty()));
    let text = match (status.code, path.starts_with("/view/")) {
        (404, true) if names_part => "tabs-parts-unknown".to_owned(),
        (404, true) => "inbox-message-gone".to_owned(),
        (421, _) => "inbox-wrong-host".to_owned(),
        _ => format!("error-{key}-text"),
    };
    let page = InboxProblemPage {
        layout: InboxLayout {
            preferences: Preferences::of(request.cookies(), mount),
            ..InboxLayout::plain(locale, state, mount)
        },
        title: locale.text(&format!("error-{key}")),
        text: detail.map_or_else(|| locale.text(&text), str::to_owned),
    };
    (status, RawHtml(page.render().ok()?)).respond_to(request).ok()
}

/// True if the client accepts HTML explicitly; other clients accept any type.
pub fn is_browser(request: &Request<'_>) -> bool {
    request.accept().is_some_and(|accept| accept.media_types().any(|kind| *kind == MediaType::HTML))
}
