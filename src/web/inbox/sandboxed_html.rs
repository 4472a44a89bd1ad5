//! HTML by outsiders or operators for a frame of this origin: no scripts, no forms, no network.

use rocket::http::Header;
use rocket::request::Request;
use rocket::response::content::RawHtml;
use rocket::response::{Responder, Response, Result as Responded};

/// Inline styles, the operator's logo and inlined pictures only, in a frame of this origin only.
const POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// HTML that runs no scripts.
pub struct SandboxedHtml(pub String);

impl<'r> Responder<'r, 'static> for SandboxedHtml {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        let mut response = Response::build_from(RawHtml(self.0).respond_to(request)?);
        response.header(Header::new("Content-Security-Policy", POLICY));
        response.raw_header("X-Content-Type-Options", "nosniff");
        response.raw_header("X-Frame-Options", "SAMEORIGIN");
        response.raw_header("Referrer-Policy", "no-referrer");
        response.ok()
    }
}
