//! An operation of the API, as the file of its route describes it.

use crate::i18n::Locale;

/// One operation. The locales hold its summary.
pub struct Operation {
    pub method: &'static str,
    /// Path below the base, with parameters in braces.
    pub path: &'static str,
    pub id: &'static str,
    pub tag: &'static str,
    /// Parameters of the query string: name, kind (see `description::parameter_schema`), description.
    pub query: &'static [(&'static str, &'static str, &'static str)],
    /// Name of the body's schema.
    pub body: Option<&'static str>,
    /// Media type of a successful response and, for JSON, the name of its schema.
    pub answer: (&'static str, &'static str),
    /// Statuses of other responses.
    pub other: &'static [u16],
}

impl Operation {
    /// The status of a successful response.
    pub fn success(&self) -> u16 {
        match self.id {
            "Events" => 101,
            "ViewLatest" => 302,
            _ => 200,
        }
    }

    /// The request header that the operation reads: name and description.
    pub fn header(&self) -> Option<(&'static str, &'static str)> {
        (self.id == "Stream").then_some(("Last-Event-ID", "resume after the event with this ID"))
    }

    /// True if the operation answers 400 without this query parameter.
    pub fn requires(&self, parameter: &str) -> bool {
        self.path == "/api/v1/search" && parameter == "query"
    }

    /// True if the operation answers 400 without a body.
    pub fn requires_body(&self) -> bool {
        self.body.is_some() && self.id != "DeleteMessages"
    }

    /// The description, in one or two sentences.
    pub fn summary(&self, locale: Locale) -> String {
        locale.text(&self.key())
    }

    pub fn key(&self) -> String {
        format!("api-{}", self.id.to_ascii_lowercase())
    }
}

pub const JSON: &str = "application/json";
pub const TEXT: &str = "text/plain";
pub const LATEST: (&str, &str, &str) =
    ("query", "string", "with the ID `latest`: selects the newest message that matches this search");
pub const QUERY: (&str, &str, &str) = ("query", "search", "search query");
pub const TZ: (&str, &str, &str) =
    ("tz", "string", "time zone for dates in the query, an IANA name such as Asia/Seoul");
pub const START: (&str, &str, &str) = ("start", "integer", "number of messages to skip");
pub const LIMIT: (&str, &str, &str) = ("limit", "integer", "page size, 50 by default");

/// Writes the `OPERATIONS` of a file: their tag, then each with its method, path, id, query and body, its answer, and
/// the statuses of other answers.
macro_rules! operations {
    ($tag:literal: $($method:ident $path:literal $id:literal [$($query:expr),* $(,)?], $body:expr => $answer:expr,
      [$($other:literal),*];)*) => {
        pub const OPERATIONS: &[$crate::web::api::operation::Operation] = &[$($crate::web::api::operation::Operation {
            method: stringify!($method),
            path: $path,
            id: $id,
            tag: $tag,
            query: &[$($query),*],
            body: $body,
            answer: $answer,
            other: &[$($other),*],
        }),*];
    };
}
pub(super) use operations;
