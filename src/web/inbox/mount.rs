//! The fairings and catchers of the inbox's pages and API.

use rocket::fairing::AdHoc;
use rocket::http::{ContentType, Header, Status};
use rocket::response::{self, Responder};
use rocket::{Build, Request, Response, Rocket, Route, catch, catchers};

use super::super::headers;
use super::super::request_span::traced;
use super::super::visitor::original_uri;
use super::state::{InboxState, Mount};
use super::{compression, duplicate_params, page_url, problem};

/// Mounts the routes of the pages and the API with their state, fairings and catchers.
pub fn attach(rocket: Rocket<Build>, routes: Vec<Route>, mount: Mount, state: InboxState) -> Rocket<Build> {
    let base = if mount.base.is_empty() { "/".to_owned() } else { mount.base.clone() };
    let api = format!("{}/api", mount.base);
    let (response_base, request_base) = (mount.base.clone(), mount.base.clone());
    let (requests, responses) = (state.clone(), state.clone());
    // Below the site, unknown paths get the inbox's error page. On a listener of its own, the inbox has no other.
    let rocket = if mount.base.is_empty() { rocket } else { rocket.register(base.clone(), catchers()) };
    rocket
        .mount(base.clone(), traced(routes))
        .register(base, catchers![unauthorized, forbidden, too_many_failures])
        .register(api.clone(), catchers![unauthorized, forbidden, too_many_failures, not_found, bad_request])
        .attach(AdHoc::on_request("inbox requests", move |request, _| {
            request.local_cache(|| SeenByFairings(true));
            let path = request.uri().path();
            let below = path.as_str().strip_prefix(&*request_base).map(str::to_owned);
            let (state, below) = (requests.clone(), below);
            Box::pin(async move {
                let Some(below) = below else { return };
                duplicate_params::first_of_each(request);
                state.limits.large_answers.reserve(&state.inbox, &below, request).await;
            })
        }))
        .attach(AdHoc::on_response("inbox headers", move |request, response| {
            let (api, base, state) = (api.clone(), response_base.clone(), responses.clone());
            Box::pin(async move {
                replace_html_error(&api, request, response);
                mark_as_inbox(&api, request, response);
                if !state.settings.is_uncompressed {
                    compression::compress(&base, request, response).await;
                }
                state.limits.large_answers.spool(request, response).await;
            })
        }))
        .manage(mount)
        .manage(state)
}

/// The catchers of a listener without the site's error pages.
pub fn catchers() -> Vec<rocket::Catcher> {
    catchers![default_error]
}

/// Sets the headers of Mailpit on responses of the API and on renderings. The request's origin may read them, since
/// requests from other origins have been rejected before. No referrer is sent with links.
fn mark_as_inbox(api: &str, request: &Request<'_>, response: &mut Response<'_>) {
    let path = requested_path(request);
    let rendering = api.strip_suffix("/api").and_then(|base| path.strip_prefix(base)).is_some_and(is_rendering);
    if !path.starts_with(api) && !rendering {
        return;
    }
    response.set_header(Header::new("Referrer-Policy", "no-referrer"));
    if !response.headers().contains("Cross-Origin-Resource-Policy") {
        response.set_header(Header::new("Cross-Origin-Resource-Policy", "same-origin"));
    }
    if matches!(response.status().code, 403 | 421) {
        return;
    }
    if let Some(origin) = request.headers().get_one("Origin") {
        response.set_header(Header::new("Access-Control-Allow-Origin", origin.to_owned()));
    }
    response.set_header(Header::new("Access-Control-Allow-Methods", "GET, POST, DELETE, PUT, OPTIONS"));
    response.set_header(Header::new("Access-Control-Allow-Headers", "*"));
    response.adjoin_header(Header::new("Vary", "Origin"));
}

fn is_rendering(path: &str) -> bool {
    path.starts_with("/view/") && page_url::is_rendering(path)
}

/// The path as the client sent it, before the request guard rewrote it, without repeated slashes.
fn requested_path(request: &Request<'_>) -> String {
    let path = match original_uri(request).split('?').next().unwrap_or_default() {
        "" => request.uri().path().as_str(),
        path => path,
    };
    let clean: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    format!("/{}", clean.join("/"))
}

/// Replaces the site's error page with plain text on paths of the API.
fn replace_html_error(api: &str, request: &Request<'_>, response: &mut Response<'_>) {
    let page = response.content_type().is_some_and(|kind| kind.0 == ContentType::HTML.0);
    if response.status().code < 400 || !page || !requested_path(request).starts_with(api) {
        return;
    }
    let text = status_text(response.status());
    response.set_header(ContentType::Plain);
    response.remove_header("Content-Language");
    response.set_sized_body(text.len(), std::io::Cursor::new(text));
}

fn status_text(status: Status) -> String {
    match status.code {
        403 => forbidden().to_owned(),
        404 => not_found().to_owned(),
        405 => "Method Not Allowed\n".to_owned(),
        421 => "421 Misdirected Request: the inbox has no such name; GATEPOST_HOSTS can add it\n".to_owned(),
        _ => format!("{status}\n"),
    }
}

/// A plain text with a header field.
#[derive(Responder)]
struct TextWithHeader {
    text: &'static str,
    header: Header<'static>,
}

/// An error as a page for browsers, or as plain text.
struct ErrorAnswer {
    status: Status,
    page: Option<Response<'static>>,
}

impl<'r> Responder<'r, 'static> for ErrorAnswer {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = match self.page {
            Some(page) => page,
            None => status_text(self.status).respond_to(request)?,
        };
        response.set_status(self.status);
        // Rocket runs no fairing for a request with a malformed target.
        if !seen_by_fairings(request)
            && let Some(mount) = request.rocket().state::<Mount>()
        {
            mark_as_inbox(&format!("{}/api", mount.base), request, &mut response);
            headers::secure(request, &mount.origin, &mut response);
        }
        Ok(response)
    }
}

#[catch(default)]
fn default_error(status: Status, request: &Request<'_>) -> ErrorAnswer {
    ErrorAnswer { status, page: problem::page(request, status, None) }
}

#[catch(400)]
fn bad_request(status: Status, _: &Request<'_>) -> ErrorAnswer {
    ErrorAnswer { status, page: None }
}

/// True if the request fairings have run. Rocket skips them for a malformed target, and answers 400.
struct SeenByFairings(bool);

fn seen_by_fairings(request: &Request<'_>) -> bool {
    request.local_cache(|| SeenByFairings(false)).0
}

/// Makes a browser ask for the password.
#[catch(401)]
fn unauthorized() -> TextWithHeader {
    let header = Header::new("WWW-Authenticate", "Basic realm=\"Login\", charset=\"UTF-8\"");
    TextWithHeader { text: "Unauthorized.\n", header }
}

/// The answer to a client that sent too many wrong passwords; see `FailedLogins`.
#[catch(429)]
fn too_many_failures() -> TextWithHeader {
    let text = "Too many wrong passwords; try again in a minute.\n";
    TextWithHeader { text, header: Header::new("Retry-After", "60") }
}

#[catch(403)]
fn forbidden() -> &'static str {
    "Blocked due to CORS violation\n"
}

#[catch(404)]
fn not_found() -> &'static str {
    "404 page not found\n"
}
