//! Response types of the API, as in Mailpit: JSON with a line end, a plain `ok`, and untrusted bytes.

use rocket::http::{ContentType, Header, Status};
use rocket::request::Request;
use rocket::response::{Responder, Response, Result as Responded};
use serde::Serialize;

/// A JSON response.
pub struct Json<T>(pub T);

impl<'r, T: Serialize> Responder<'r, 'static> for Json<T> {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        let mut body = serde_json::to_vec(&self.0).map_err(|_| Status::InternalServerError)?;
        body.push(b'\n');
        (ContentType::JSON, body).respond_to(request)
    }
}

/// The plain-text response `ok`, which clients compare.
pub struct PlainOk;

impl<'r> Responder<'r, 'static> for PlainOk {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        (ContentType::Plain, "ok").respond_to(request)
    }
}

/// Untrusted bytes with their type. The headers forbid scripts and type sniffing, and take away the origin.
pub struct Untrusted {
    pub content_type: String,
    /// The file name for Content-Disposition; `None` for no such header.
    pub file_name: Option<String>,
    pub download: bool,
    /// True if a page without an origin, such as a rendered message, may embed the bytes.
    pub embeddable: bool,
    pub bytes: Vec<u8>,
}

impl Untrusted {
    /// A text that is shown and not embedded.
    pub fn text(bytes: Vec<u8>) -> Self {
        let content_type = "text/plain; charset=utf-8".to_owned();
        Untrusted { content_type, file_name: None, download: false, embeddable: false, bytes }
    }
}

impl<'r> Responder<'r, 'static> for Untrusted {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        let mut response = Response::build_from(self.bytes.respond_to(request)?);
        response.header(Header::new("Content-Type", header_safe(&self.content_type)));
        response.raw_header("X-Content-Type-Options", "nosniff");
        response.raw_header("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'");
        let embedding = if self.embeddable { "cross-origin" } else { "same-origin" };
        response.raw_header("Cross-Origin-Resource-Policy", embedding);
        if let Some(name) = self.file_name {
            let kind = if self.download { "attachment" } else { "inline" };
            response.header(Header::new("Content-Disposition", format!("{kind}; filename=\"{}\"", file_name(&name))));
        }
        response.ok()
    }
}

/// The media type, or `application/octet-stream` if it is not printable ASCII.
fn header_safe(text: &str) -> String {
    let is_safe = !text.is_empty() && text.contains('/') && text.bytes().all(|b| (b' '..=b'~').contains(&b));
    if is_safe { text.to_owned() } else { "application/octet-stream".to_owned() }
}

/// The last segment of a path, percent-encoded except for ASCII alphanumerics and `-_.`, so that it names no other folder.
fn file_name(name: &str) -> String {
    const ENCODED: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default().trim_start_matches('.');
    let name = if last.is_empty() { "attachment" } else { last };
    percent_encoding::utf8_percent_encode(name, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_contains_no_path() {
        for (given, named) in [
            ("invoice.pdf", "invoice.pdf"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\x.exe", "x.exe"),
            ("..", "attachment"),
            ("a\"; filename=\"b", "a%22%3B%20filename%3D%22b"),
            ("a\r\nSet-Cookie: x", "a%0D%0ASet-Cookie%3A%20x"),
            ("이력서.pdf", "%EC%9D%B4%EB%A0%A5%EC%84%9C.pdf"),
        ] {
            assert_eq!(file_name(given), named, "{given}");
        }
    }

    #[test]
    fn an_invalid_media_type_becomes_octet_stream() {
        assert_eq!(header_safe("image/png"), "image/png");
        for bad in ["", "png", "image/png\r\nX: y", "image/é"] {
            assert_eq!(header_safe(bad), "application/octet-stream");
        }
    }
}
