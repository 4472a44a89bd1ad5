//! Serves the embedded static files, and the operator's logo and colours.

use rocket::http::{ContentType, Header, Status};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::{Responder, Response};
use rocket::{Route, get, routes};

use crate::accounts::Site;

use super::inbox::state::InboxState;
use super::state::App;
use super::static_files::{StaticFile, find, find_site_file};

/// The policy of a picture: a browser that opens it as a page runs no script of it.
const PICTURE_CSP: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'";

pub fn routes() -> Vec<Route> {
    let mut routes = routes![file];
    routes.extend(super::inbox::pane_routes());
    routes
}

/// The `If-None-Match` header: the version in the browser's cache.
struct Unchanged<'r>(Option<&'r str>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Unchanged<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        Outcome::Success(Unchanged(request.headers().get_one("If-None-Match")))
    }
}

/// The site, whose folder may hold a logo and colours. The inbox's own listener has no [`App`], and Rocket refuses to
/// start with a guard for a state that is not managed.
struct SiteOfListener<'r>(Option<&'r Site>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SiteOfListener<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let (app, inbox) = (request.rocket().state::<App>(), request.rocket().state::<InboxState>());
        Outcome::Success(SiteOfListener(app.map(|app| &app.site).or(inbox.map(|inbox| &inbox.site))))
    }
}

struct AssetResponse {
    file: StaticFile,
    unchanged: bool,
}

#[get("/static/<name>?<v>")]
fn file(name: &str, v: Option<&str>, cached: Unchanged<'_>, site: SiteOfListener<'_>) -> Option<AssetResponse> {
    let file = find(name, v).or_else(|| find_site_file(&site.0?.folder.current(), name, v))?;
    let unchanged = cached.0.is_some_and(|tags| contains_tag(tags, &file.etag));
    Some(AssetResponse { file, unchanged })
}

/// Weak comparison (RFC 9110 §13.1.2): a proxy that compresses makes tags weak.
fn contains_tag(tags: &str, etag: &str) -> bool {
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

impl<'r> Responder<'r, 'static> for AssetResponse {
    fn respond_to(self, _: &'r Request<'_>) -> rocket::response::Result<'static> {
        let mut response = Response::new();
        response.set_header(Header::new("ETag", self.file.etag));
        response.set_header(Header::new("Cache-Control", self.file.cache_control));
        if self.file.content_type.starts_with("image/") {
            response.set_header(Header::new("Content-Security-Policy", PICTURE_CSP));
        }
        if self.unchanged {
            response.set_status(Status::NotModified);
            return Ok(response);
        }
        response.set_header(ContentType::parse_flexible(self.file.content_type).unwrap_or(ContentType::Binary));
        response.set_sized_body(self.file.bytes.len(), std::io::Cursor::new(self.file.bytes));
        Ok(response)
    }
}
