//! The list of the API's operations. The OpenAPI 3 and Swagger 2 descriptions and the API page are built from it, and a
//! test compares it with the routes.

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

    fn key(&self) -> String {
        format!("api-{}", self.id.to_ascii_lowercase())
    }
}

const JSON: &str = "application/json";
const TEXT: &str = "text/plain";
const LATEST: (&str, &str, &str) =
    ("query", "string", "with the ID `latest`: selects the newest message that matches this search");
const QUERY: (&str, &str, &str) = ("query", "search", "search query");
const TZ: (&str, &str, &str) = ("tz", "string", "time zone for dates in the query, an IANA name such as Asia/Seoul");
const START: (&str, &str, &str) = ("start", "integer", "number of messages to skip");
const LIMIT: (&str, &str, &str) = ("limit", "integer", "page size, 50 by default");

macro_rules! operations {
    ($(($method:literal, $path:literal, $id:literal, $tag:literal, [$($query:expr),*], $body:expr, $answer:expr, [$($other:literal),*])),* $(,)?) => {
        /// All operations, in the order of the API page.
        pub const OPERATIONS: &[Operation] = &[$(Operation {
            method: $method, path: $path, id: $id, tag: $tag,
            query: &[$($query),*], body: $body, answer: $answer, other: &[$($other),*],
        }),*];
    };
}

operations![
    ("get", "/api/v1/messages", "ListMessages", "messages", [START, LIMIT], None, (JSON, "MessagesSummary"), []),
    ("put", "/api/v1/messages", "SetReadStatus", "messages", [TZ], Some("SetReadStatus"), (TEXT, ""), [400]),
    ("delete", "/api/v1/messages", "DeleteMessages", "messages", [], Some("DeleteMessages"), (TEXT, ""), [400]),
    (
        "get",
        "/api/v1/search",
        "SearchMessages",
        "messages",
        [QUERY, START, LIMIT, TZ],
        None,
        (JSON, "MessagesSummary"),
        [400]
    ),
    ("delete", "/api/v1/search", "DeleteSearch", "messages", [QUERY, TZ], None, (TEXT, ""), [400]),
    (
        "get",
        "/api/v1/wait",
        "Wait",
        "messages",
        [
            QUERY,
            ("timeout", "timeout", "how long to wait, such as 500ms, 10s or 2m; 30s by default, at most 120s"),
            ("count", "count", "number of messages to wait for, 1 to 100; 1 by default"),
            ("since", "since", "only messages after this ID, or received at or after this RFC 3339 time"),
            TZ
        ],
        None,
        (JSON, "Awaited"),
        [400, 408, 503]
    ),
    ("get", "/api/v1/stream", "Stream", "messages", [], None, ("text/event-stream", ""), [503]),
    ("get", "/api/v1/message/{ID}", "GetMessage", "message", [LATEST, TZ], None, (JSON, "Message"), [400, 404]),
    (
        "get",
        "/api/v1/message/{ID}/headers",
        "GetHeaders",
        "message",
        [LATEST, TZ],
        None,
        (JSON, "MessageHeaders"),
        [400, 404]
    ),
    (
        "get",
        "/api/v1/message/{ID}/raw",
        "GetRaw",
        "message",
        [("dl", "string", "1: download as a file"), LATEST, TZ],
        None,
        (TEXT, ""),
        [400, 404]
    ),
    ("get", "/api/v1/message/{ID}/received", "GetReceived", "message", [LATEST, TZ], None, (TEXT, ""), [400, 404]),
    ("get", "/api/v1/message/{ID}/part/{PartID}", "GetPart", "message", [LATEST, TZ], None, ("*/*", ""), [400, 404]),
    (
        "get",
        "/api/v1/message/{ID}/part/{PartID}/thumb",
        "GetThumbnail",
        "message",
        [LATEST, TZ],
        None,
        ("image/jpeg", ""),
        [400]
    ),
    (
        "post",
        "/api/v1/message/{ID}/release",
        "Release",
        "message",
        [LATEST, TZ],
        Some("Release"),
        (TEXT, ""),
        [400, 404]
    ),
    (
        "get",
        "/api/v1/message/{ID}/html-check",
        "HTMLCheck",
        "checks",
        [LATEST, TZ],
        None,
        (JSON, "HTMLCheck"),
        [400, 404]
    ),
    (
        "get",
        "/api/v1/message/{ID}/link-check",
        "LinkCheck",
        "checks",
        [("follow", "string", "true or 1: follow redirects"), LATEST, TZ],
        None,
        (JSON, "LinkCheck"),
        [400, 404]
    ),
    ("get", "/api/v1/message/{ID}/lint", "Lint", "checks", [LATEST, TZ], None, (JSON, "Lint"), [400, 404]),
    ("post", "/api/v1/send", "Send", "send", [], Some("Send"), (JSON, "Sent"), [400, 413, 503]),
    ("get", "/api/v1/tags", "GetTags", "tags", [], None, (JSON, "Strings"), []),
    ("put", "/api/v1/tags", "SetTags", "tags", [], Some("SetTags"), (TEXT, ""), [400]),
    ("put", "/api/v1/tags/{Tag}", "RenameTag", "tags", [], Some("RenameTag"), (TEXT, ""), [400]),
    ("delete", "/api/v1/tags/{Tag}", "DeleteTag", "tags", [], None, (TEXT, ""), [400]),
    ("get", "/api/v1/chaos", "GetChaos", "faults", [], None, (JSON, "Chaos"), [400]),
    ("put", "/api/v1/chaos", "SetChaos", "faults", [], Some("Chaos"), (JSON, "Chaos"), [400]),
    ("get", "/api/v1/faults", "GetFaults", "faults", [], None, (JSON, "Faults"), []),
    ("put", "/api/v1/faults", "SetFaults", "faults", [], Some("Faults"), (JSON, "Faults"), [400]),
    (
        "get",
        "/api/v1/sessions",
        "GetSessions",
        "server",
        [
            ("delivered", "flag", "true: only sessions that delivered all their messages; false: only the others"),
            START,
            LIMIT
        ],
        None,
        (JSON, "Sessions"),
        [400]
    ),
    ("get", "/api/v1/info", "Info", "server", [], None, (JSON, "Info"), []),
    ("get", "/api/v1/webui", "WebUI", "server", [], None, (JSON, "WebUI"), []),
    ("get", "/api/v1/swagger.json", "Swagger", "server", [], None, (JSON, "Any"), []),
    ("get", "/api/v1/openapi.json", "OpenAPI", "server", [], None, (JSON, "Any"), []),
    ("get", "/api/v1/", "Reference", "server", [], None, ("text/html", ""), []),
    ("get", "/api/events", "Events", "server", [], None, (JSON, "Any"), [400, 403]),
    ("get", "/view/latest", "ViewLatest", "view", [LATEST, TZ], None, ("text/html", ""), [400]),
    (
        "get",
        "/view/{Name}",
        "View",
        "view",
        [("embed", "string", "1: open links in a new window"), LATEST, TZ],
        None,
        ("text/html", ""),
        [400, 404]
    ),
    ("get", "/livez", "Live", "server", [], None, (TEXT, ""), []),
    ("get", "/metrics", "Metrics", "server", [], None, (TEXT, ""), []),
    ("get", "/readyz", "Ready", "server", [], None, (TEXT, ""), [503]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_description_in_both_languages() {
        for operation in OPERATIONS {
            assert!(Locale::ALL.iter().all(|locale| locale.has(&operation.key())), "{}", operation.key());
            assert_ne!(operation.summary(Locale::En), operation.summary(Locale::Ko), "{}", operation.id);
        }
    }
}
