//! Responses with HTML, and the headers that pages of every status share.

use std::time::Duration;

use rocket::http::{ContentType, Header, Status};
use rocket::request::Request;
use rocket::response::Response;

use super::state::App;
use super::visitor;

/// An HTML response in the request's language.
pub fn html_response(request: &Request<'_>, status: Status, html: String) -> Response<'static> {
    let mut response = Response::new();
    response.set_status(status);
    response.set_header(ContentType::HTML);
    set_language(request, &mut response);
    response.set_sized_body(html.len(), std::io::Cursor::new(html));
    response
}

/// Sets the headers for the response's language and for what it depends on.
pub fn set_language(request: &Request<'_>, response: &mut Response<'_>) {
    if let Some(app) = request.rocket().state::<App>() {
        response.set_raw_header("Content-Language", visitor::locale(request, app).tag());
    }
    response.set_raw_header("Vary", "Accept-Language, Cookie");
}

/// A Retry-After header in whole seconds, rounded up, at least 1.
pub fn retry_after(wait: Duration) -> Header<'static> {
    Header::new("Retry-After", wait.as_millis().div_ceil(1_000).max(1).to_string())
}
