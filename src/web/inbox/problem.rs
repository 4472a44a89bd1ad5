//! What a person sees when something of the inbox's pages does not work. Programs get plain words (`api::reply`).

use askama::Template;
use rocket::Request;
use rocket::http::{ContentType, MediaType, Status};
use rocket::response::Response;

use super::super::app::App;
use super::super::problem::Problem;
use super::super::{api, visitor};
use super::frame::{InboxFrame, locale};
use super::postroom::{Mount, Postroom};

#[derive(Template)]
#[template(path = "inbox/problem.html")]
struct ProblemPage {
    frame: InboxFrame,
    title: String,
    text: String,
}

/// The page for `status`, when a browser asked for one of the inbox's pages; `detail` says more than the status.
pub fn page(request: &Request<'_>, status: Status, detail: Option<&str>) -> Option<Response<'static>> {
    let (room, mount) = (request.rocket().state::<Postroom>()?, request.rocket().state::<Mount>()?);
    let path = request.uri().path().as_str().strip_prefix(mount.base.as_str())?;
    let for_programs = path.trim_start_matches('/').starts_with("api/") || api::view::is_rendering(path);
    if for_programs || !is_browser(request) {
        return None;
    }
    let locale = match request.rocket().state::<App>() {
        Some(app) => visitor::locale(request, app),
        None => locale(request, room, mount),
    };
    let key = Problem::from_status(status.code).key();
    // Most who find no message had it in a list that has gone on.
    let text = match (status.code, path.starts_with("/view/")) {
        (404, true) => "inbox-message-gone".to_owned(),
        _ => format!("error-{key}-text"),
    };
    let page = ProblemPage {
        frame: InboxFrame::plain(locale, room, mount),
        title: locale.text(&format!("error-{key}")),
        text: detail.map_or_else(|| locale.text(&text), str::to_owned),
    };
    let html = page.render().ok()?;
    let mut response = Response::new();
    response.set_status(status);
    response.set_header(ContentType::HTML);
    response.set_sized_body(html.len(), std::io::Cursor::new(html));
    Some(response)
}

/// Whether pages are what it asks for; programs ask for anything.
fn is_browser(request: &Request<'_>) -> bool {
    request.accept().is_some_and(|accept| accept.media_types().any(|kind| *kind == MediaType::HTML))
}
