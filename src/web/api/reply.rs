//! Answers in Mailpit's manner: JSON with a line end, plain `ok`, plain text for what went wrong.

use rocket::http::{ContentType, Header, Status};
use rocket::request::Request;
use rocket::response::{Responder, Response, Result as Responded};
use serde::Serialize;

use crate::capture::{StoreError, TagError};

use super::super::inbox::problem;
use super::fields::BadBody;

/// One JSON value.
pub struct Json<T>(pub T);

impl<'r, T: Serialize> Responder<'r, 'static> for Json<T> {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        let mut body = serde_json::to_vec(&self.0).map_err(|_| Status::InternalServerError)?;
        body.push(b'\n');
        (ContentType::JSON, body).respond_to(request)
    }
}

/// The plain `ok` that clients compare.
pub struct Done;

impl<'r> Responder<'r, 'static> for Done {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        (ContentType::Plain, "ok").respond_to(request)
    }
}

/// Why a request was not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// 400 with the message as it is.
    #[error("{0}")]
    Bad(String),
    #[error(transparent)]
    Body(#[from] BadBody),
    /// An id that nothing has.
    #[error("404 page not found")]
    Unknown,
    /// `latest` of nothing, or a view without its part.
    #[error("{0}")]
    Missing(&'static str),
    /// The account database is away.
    #[error("the outbox cannot be read at the moment; try again")]
    Away,
    /// Too many long answers are open.
    #[error("too many connections are waiting; try again")]
    Busy,
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl Refusal {
    pub fn bad(text: impl Into<String>) -> Self {
        Refusal::Bad(text.into())
    }

    fn status(&self) -> Status {
        match self {
            Refusal::Bad(_) | Refusal::Body(_) => Status::BadRequest,
            Refusal::Unknown | Refusal::Missing(_) => Status::NotFound,
            Refusal::Busy | Refusal::Away => Status::ServiceUnavailable,
            Refusal::Store(StoreError::DiskFull) => Status::InsufficientStorage,
            Refusal::Store(_) => Status::InternalServerError,
        }
    }

    /// The text of the answer. Of the inbox's failures it names those that the client can do something about.
    fn detail(&self) -> String {
        match self {
            Refusal::Store(StoreError::DiskFull) => StoreError::DiskFull.to_string(),
            Refusal::Store(StoreError::Damaged(_)) => {
                "the stored bytes of this message are damaged: it cannot be read, only deleted".to_owned()
            }
            Refusal::Store(_) => "the inbox failed; the log says why".to_owned(),
            refusal => refusal.to_string(),
        }
    }
}

impl From<TagError> for Refusal {
    fn from(error: TagError) -> Self {
        match error {
            TagError::Store(error) => Refusal::Store(error),
            error => Refusal::Bad(error.to_string()),
        }
    }
}

impl<'r> Responder<'r, 'static> for Refusal {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        if let Refusal::Store(error) = &self {
            tracing::error!(%error, "the inbox failed a request");
        }
        let text = match &self {
            Refusal::Unknown => "404 page not found\n".to_owned(),
            refusal => refusal.detail(),
        };
        let detail = (!matches!(self, Refusal::Unknown | Refusal::Missing(_))).then_some(text.as_str());
        let mut response = match problem::page(request, self.status(), detail) {
            Some(page) => page,
            None => (ContentType::Plain, text).respond_to(request)?,
        };
        response.set_status(self.status());
        if self.status() == Status::ServiceUnavailable {
            response.set_raw_header("Retry-After", "5");
        }
        Ok(response)
    }
}

/// Ours: RFC 9457 problem details, for routes that Mailpit does not have.
#[derive(Debug)]
pub struct Problem {
    pub status: Status,
    pub detail: String,
}

impl Problem {
    pub fn bad(detail: impl Into<String>) -> Self {
        Problem { status: Status::BadRequest, detail: detail.into() }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        if let Refusal::Store(error) = &refusal {
            tracing::error!(%error, "the inbox failed a request");
        }
        Problem { status: refusal.status(), detail: refusal.detail() }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Refusal::Store(error).into()
    }
}

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        let body = serde_json::json!({
            "type": "about:blank",
            "title": self.status.reason_lossy(),
            "status": self.status.code,
            "detail": self.detail,
        });
        let mut response = Response::build_from(
            (ContentType::new("application", "problem+json"), body.to_string()).respond_to(request)?,
        );
        response.status(self.status);
        if self.status == Status::ServiceUnavailable {
            response.raw_header("Retry-After", "5");
        }
        response.ok()
    }
}

/// Bytes that a stranger wrote, with their type: never run, never guessed at, never mistaken for a page of ours.
pub struct Foreign {
    pub content_type: String,
    /// Put into Content-Disposition, percent-encoded; `None` without such a header.
    pub file_name: Option<String>,
    pub download: bool,
    /// Whether a page without an origin, as the rendered mail is, may show it.
    pub shown_in_mail: bool,
    pub bytes: Vec<u8>,
}

impl<'r> Responder<'r, 'static> for Foreign {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        let mut response = Response::build_from(self.bytes.respond_to(request)?);
        response.header(Header::new("Content-Type", header_safe(&self.content_type)));
        response.raw_header("X-Content-Type-Options", "nosniff");
        response.raw_header("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'");
        let embedding = if self.shown_in_mail { "cross-origin" } else { "same-origin" };
        response.raw_header("Cross-Origin-Resource-Policy", embedding);
        if let Some(name) = self.file_name {
            let kind = if self.download { "attachment" } else { "inline" };
            response.header(Header::new("Content-Disposition", format!("{kind}; filename=\"{}\"", file_name(&name))));
        }
        response.ok()
    }
}

/// Printable ASCII; a type that is not gets the one for bytes.
fn header_safe(text: &str) -> String {
    let fine = !text.is_empty() && text.contains('/') && text.bytes().all(|b| (b' '..=b'~').contains(&b));
    if fine { text.to_owned() } else { "application/octet-stream".to_owned() }
}

/// The last part of a path, percent-encoded but for letters, digits and `-_.`, so that no name leaves its folder.
fn file_name(name: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default().trim_start_matches('.');
    let name = if last.is_empty() { "attachment" } else { last };
    percent_encoding::utf8_percent_encode(name, KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named_and_other_failures_are_left_to_the_log() {
        let full = Problem::from(StoreError::DiskFull);
        assert_eq!((full.status.code, full.detail.as_str()), (507, "the disk is full"));
        let other = Problem::from(StoreError::Closed);
        assert_eq!((other.status.code, other.detail.as_str()), (500, "the inbox failed; the log says why"));
    }

    #[test]
    fn a_file_name_stays_a_name() {
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
    fn a_type_that_would_break_the_header_becomes_bytes() {
        assert_eq!(header_safe("image/png"), "image/png");
        for bad in ["", "png", "image/png\r\nX: y", "image/é"] {
            assert_eq!(header_safe(bad), "application/octet-stream");
        }
    }
}
