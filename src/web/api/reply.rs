//! Response types of the API, as in Mailpit: JSON with a line end, a plain `ok`, and errors as plain text.

use rocket::http::{ContentType, Header, Status};
use rocket::request::Request;
use rocket::response::{Responder, Response, Result as Responded};
use serde::Serialize;

use crate::inbox::{StoreError, TagError};

use super::super::inbox::problem;
use super::json_body::BadBody;

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

/// The error of a request.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// 400 with this text.
    #[error("{0}")]
    Bad(String),
    #[error(transparent)]
    Body(#[from] BadBody),
    /// 404 for an unknown id.
    #[error("404 page not found")]
    Unknown,
    /// 404 for `latest` without a message, or for a view whose part is missing.
    #[error("{0}")]
    Missing(&'static str),
    /// 503 if the account database is unavailable.
    #[error("cannot read the outbox; try again later")]
    Away,
    /// 503 if too many streams, sockets or long polls are open.
    #[error("too many open connections; try again later")]
    Busy,
    /// 503 if the server stops.
    #[error("the server is stopping; try again later")]
    Stopping,
    /// 403 if a page of another site caused a request that marks a message read or starts a check.
    #[error("this request was caused by a page of another site")]
    OtherSite,
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl ApiError {
    pub fn bad(text: impl Into<String>) -> Self {
        ApiError::Bad(text.into())
    }

    fn status(&self) -> Status {
        match self {
            ApiError::Bad(_) | ApiError::Body(_) => Status::BadRequest,
            ApiError::Unknown | ApiError::Missing(_) => Status::NotFound,
            ApiError::OtherSite => Status::Forbidden,
            ApiError::Busy | ApiError::Away | ApiError::Stopping => Status::ServiceUnavailable,
            ApiError::Store(StoreError::DiskFull) => Status::InsufficientStorage,
            ApiError::Store(_) => Status::InternalServerError,
        }
    }

    /// The text for the client. Of the inbox's failures it names those that a client can do something about.
    fn detail(&self) -> String {
        match self {
            ApiError::Store(StoreError::DiskFull) => StoreError::DiskFull.to_string(),
            ApiError::Store(StoreError::Damaged(_)) => {
                "the stored bytes of this message are damaged: it cannot be read, only deleted".to_owned()
            }
            ApiError::Store(_) => "internal error of the inbox; see the log".to_owned(),
            refusal => refusal.to_string(),
        }
    }
}

impl From<TagError> for ApiError {
    fn from(error: TagError) -> Self {
        match error {
            TagError::Store(error) => ApiError::Store(error),
            error => ApiError::Bad(error.to_string()),
        }
    }
}

impl<'r> Responder<'r, 'static> for ApiError {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        if let ApiError::Store(error) = &self {
            tracing::error!(%error, "inbox request failed");
        }
        let text = match &self {
            ApiError::Unknown => "404 page not found\n".to_owned(),
            refusal => refusal.detail(),
        };
        let detail = (!matches!(self, ApiError::Unknown | ApiError::Missing(_))).then_some(text.as_str());
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

/// RFC 9457 problem details, for routes that Mailpit does not have.
#[derive(Debug)]
pub struct ApiProblem {
    pub status: Status,
    pub detail: String,
}

impl ApiProblem {
    pub fn bad(detail: impl Into<String>) -> Self {
        ApiProblem { status: Status::BadRequest, detail: detail.into() }
    }
}

impl From<ApiError> for ApiProblem {
    fn from(refusal: ApiError) -> Self {
        if let ApiError::Store(error) = &refusal {
            tracing::error!(%error, "inbox request failed");
        }
        ApiProblem { status: refusal.status(), detail: refusal.detail() }
    }
}

impl From<StoreError> for ApiProblem {
    fn from(error: StoreError) -> Self {
        ApiError::Store(error).into()
    }
}

impl<'r> Responder<'r, 'static> for ApiProblem {
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
    fn a_full_disk_is_named_and_other_failures_are_only_logged() {
        let full = ApiProblem::from(StoreError::DiskFull);
        assert_eq!((full.status.code, full.detail.as_str()), (507, "the disk is full"));
        let other = ApiProblem::from(StoreError::Closed);
        assert_eq!((other.status.code, other.detail.as_str()), (500, "internal error of the inbox; see the log"));
    }

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
