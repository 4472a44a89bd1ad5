//! The page of all letters, and each letter's HTML for its frame.

use rocket::get;
use rocket::http::Header;
use rocket::request::Request;
use rocket::response::content::RawHtml;
use rocket::response::{Responder, Response, Result as Responded};

use super::super::api::reply::Refusal;
use super::super::letters::{LETTER_CSP, Letters};
use super::super::visitor::Visitor;
use super::frame::Viewer;
use super::list::rendered;

/// A letter of ours, as its recipient sees it.
pub struct Sheet(String);

impl<'r> Responder<'r, 'static> for Sheet {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        let mut response = Response::build_from(RawHtml(self.0).respond_to(request)?);
        response.header(Header::new("Content-Security-Policy", LETTER_CSP));
        response.raw_header("X-Frame-Options", "SAMEORIGIN");
        response.ok()
    }
}

#[get("/letters")]
pub fn letters(viewer: Viewer<'_>, visitor: Visitor<'_>) -> Result<RawHtml<String>, Refusal> {
    rendered(&page(&viewer, &visitor)?)
}

#[get("/letters/<file>")]
pub fn letter(viewer: Viewer<'_>, visitor: Visitor<'_>, file: &str) -> Result<Sheet, Refusal> {
    page(&viewer, &visitor)?.html(file).map(|html| Sheet(html.to_owned())).ok_or(Refusal::Unknown)
}

fn page(viewer: &Viewer<'_>, visitor: &Visitor<'_>) -> Result<Letters, Refusal> {
    let url = visitor.app.site.public_url.to_string();
    Letters::new(visitor.frame(), viewer.mount.base.clone(), &url)
        .map_err(|_| Refusal::bad("the letters could not be rendered"))
}
