//! Every operation of the API, once: the descriptions (OpenAPI 3 and Swagger 2) and the reference page are made of
//! this list, and a test holds it against the route table.

/// One operation.
pub struct Operation {
    pub method: &'static str,
    /// Below the base; parameters in braces.
    pub path: &'static str,
    pub id: &'static str,
    pub tag: &'static str,
    pub summary: &'static str,
    /// Parameters of the query string: name, type, what it does.
    pub query: &'static [(&'static str, &'static str, &'static str)],
    /// Name of the body's schema.
    pub body: Option<&'static str>,
    /// Media type of a 200 and, for JSON, the schema's name.
    pub answer: (&'static str, &'static str),
    /// Statuses besides 200.
    pub other: &'static [u16],
}

const JSON: &str = "application/json";
const TEXT: &str = "text/plain";
const LATEST: (&str, &str, &str) = ("query", "string", "with the ID `latest`: the newest message that matches");
const QUERY: (&str, &str, &str) = ("query", "string", "search query");
const TZ: (&str, &str, &str) = ("tz", "string", "time zone of dates in the query, as in the IANA database");
const START: (&str, &str, &str) = ("start", "integer", "how many to pass over");
const LIMIT: (&str, &str, &str) = ("limit", "integer", "items of the page, 50 when not given");

macro_rules! operations {
    ($(($method:literal, $path:literal, $id:literal, $tag:literal, $summary:literal, [$($query:expr),*], $body:expr, $answer:expr, [$($other:literal),*])),* $(,)?) => {
        /// In the order they are shown.
        pub const OPERATIONS: &[Operation] = &[$(Operation {
            method: $method, path: $path, id: $id, tag: $tag, summary: $summary,
            query: &[$($query),*], body: $body, answer: $answer, other: &[$($other),*],
        }),*];
    };
}

operations![
    (
        "get",
        "/api/v1/messages",
        "ListMessages",
        "messages",
        "The newest messages.",
        [START, LIMIT],
        None,
        (JSON, "MessagesSummary"),
        []
    ),
    (
        "put",
        "/api/v1/messages",
        "SetReadStatus",
        "messages",
        "Marks messages read or unread: by IDs, by a search, or all.",
        [TZ],
        Some("SetReadStatus"),
        (TEXT, ""),
        [400]
    ),
    (
        "delete",
        "/api/v1/messages",
        "DeleteMessages",
        "messages",
        "Deletes messages: those of the IDs, or all when there are none.",
        [],
        Some("DeleteMessages"),
        (TEXT, ""),
        [400]
    ),
    (
        "get",
        "/api/v1/search",
        "SearchMessages",
        "messages",
        "Messages that match, newest first.",
        [QUERY, START, LIMIT, TZ],
        None,
        (JSON, "MessagesSummary"),
        [400]
    ),
    (
        "delete",
        "/api/v1/search",
        "DeleteSearch",
        "messages",
        "Deletes all messages that match.",
        [QUERY, TZ],
        None,
        (TEXT, ""),
        [400]
    ),
    (
        "get",
        "/api/v1/wait",
        "Wait",
        "messages",
        "Ours: answers as soon as `count` messages match, with their links and codes; marks nothing read.",
        [
            QUERY,
            ("timeout", "string", "10s, 500ms, 2m; at most 120s, 30s when not given"),
            ("count", "integer", "how many, 1 to 100, 1 when not given"),
            ("since", "string", "only messages after this ID, or received at this RFC 3339 time or later"),
            TZ
        ],
        None,
        (JSON, "Awaited"),
        [400, 408, 503]
    ),
    (
        "get",
        "/api/v1/stream",
        "Stream",
        "messages",
        "Ours: what happens, as server-sent events; Last-Event-ID goes on from there.",
        [],
        None,
        ("text/event-stream", ""),
        [503]
    ),
    (
        "get",
        "/api/v1/message/{ID}",
        "GetMessage",
        "message",
        "One message; marks it read.",
        [LATEST, TZ],
        None,
        (JSON, "Message"),
        [404]
    ),
    (
        "get",
        "/api/v1/message/{ID}/headers",
        "GetHeaders",
        "message",
        "Its headers, unfolded and not decoded.",
        [LATEST, TZ],
        None,
        (JSON, "MessageHeaders"),
        [404]
    ),
    (
        "get",
        "/api/v1/message/{ID}/raw",
        "GetRaw",
        "message",
        "Its source.",
        [("dl", "string", "1: as a download"), LATEST, TZ],
        None,
        (TEXT, ""),
        [404]
    ),
    (
        "get",
        "/api/v1/message/{ID}/received",
        "GetReceived",
        "message",
        "Ours: its bytes exactly as received.",
        [LATEST, TZ],
        None,
        (TEXT, ""),
        [404]
    ),
    (
        "get",
        "/api/v1/message/{ID}/part/{PartID}",
        "GetPart",
        "message",
        "A part's content, decoded.",
        [LATEST, TZ],
        None,
        ("application/octet-stream", ""),
        [404]
    ),
    (
        "get",
        "/api/v1/message/{ID}/part/{PartID}/thumb",
        "GetThumbnail",
        "message",
        "A picture of 180 × 120 pixels; white for what is no picture.",
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
        "Queues it for sending to allowed addresses.",
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
        "Which mail clients support the HTML it uses; nothing is fetched.",
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
        "The status of each link.",
        [("follow", "string", "true or 1: follow redirects"), LATEST, TZ],
        None,
        (JSON, "LinkCheck"),
        [404]
    ),
    (
        "get",
        "/api/v1/message/{ID}/lint",
        "Lint",
        "checks",
        "Ours: what would hurt it on its way; nothing is looked up.",
        [LATEST, TZ],
        None,
        (JSON, "Lint"),
        [404]
    ),
    (
        "post",
        "/api/v1/send",
        "Send",
        "send",
        "Writes a message and stores it.",
        [],
        Some("Send"),
        (JSON, "Sent"),
        [400, 413]
    ),
    ("get", "/api/v1/tags", "GetTags", "tags", "Tags in use.", [], None, (JSON, "Strings"), []),
    (
        "put",
        "/api/v1/tags",
        "SetTags",
        "tags",
        "Replaces the tags of messages.",
        [],
        Some("SetTags"),
        (TEXT, ""),
        [400]
    ),
    ("put", "/api/v1/tags/{Tag}", "RenameTag", "tags", "Renames a tag.", [], Some("RenameTag"), (TEXT, ""), [400]),
    (
        "delete",
        "/api/v1/tags/{Tag}",
        "DeleteTag",
        "tags",
        "Takes a tag off every message.",
        [],
        None,
        (TEXT, ""),
        [400]
    ),
    ("get", "/api/v1/chaos", "GetChaos", "faults", "Errors by chance.", [], None, (JSON, "Chaos"), [400]),
    (
        "put",
        "/api/v1/chaos",
        "SetChaos",
        "faults",
        "Sets them; what is left out goes back to its default.",
        [],
        Some("Chaos"),
        (JSON, "Chaos"),
        [400]
    ),
    (
        "get",
        "/api/v1/faults",
        "GetFaults",
        "faults",
        "Ours: the rules by which the SMTP server misbehaves.",
        [],
        None,
        (JSON, "Faults"),
        []
    ),
    (
        "put",
        "/api/v1/faults",
        "SetFaults",
        "faults",
        "Ours: replaces the rules.",
        [],
        Some("Faults"),
        (JSON, "Faults"),
        [400]
    ),
    (
        "get",
        "/api/v1/info",
        "Info",
        "server",
        "What the server is and how many messages it has.",
        [],
        None,
        (JSON, "Info"),
        []
    ),
    ("get", "/api/v1/webui", "WebUI", "server", "What it can do.", [], None, (JSON, "WebUI"), []),
    ("get", "/api/v1/swagger.json", "Swagger", "server", "This API in Swagger 2.", [], None, (JSON, "Any"), []),
    ("get", "/api/v1/openapi.json", "OpenAPI", "server", "This API in OpenAPI 3.", [], None, (JSON, "Any"), []),
    ("get", "/api/v1/", "Reference", "server", "This API as a page.", [], None, ("text/html", ""), []),
    ("get", "/api/events", "Events", "server", "What happens, over a WebSocket.", [], None, (JSON, "Any"), [403]),
    (
        "get",
        "/view/latest",
        "ViewLatest",
        "view",
        "To the newest message's page.",
        [LATEST, TZ],
        None,
        ("text/html", ""),
        []
    ),
    (
        "get",
        "/view/{Name}",
        "View",
        "view",
        "`<ID>.html` and `<ID>.txt` are the parts as shown, `<ID>` is the page.",
        [("embed", "string", "1: links open a window of their own"), LATEST, TZ],
        None,
        ("text/html", ""),
        [404]
    ),
    ("get", "/livez", "Live", "server", "The process is up.", [], None, (TEXT, ""), []),
    ("get", "/metrics", "Metrics", "server", "Numbers for Prometheus.", [], None, (TEXT, ""), []),
    ("get", "/readyz", "Ready", "server", "The inbox can be read.", [], None, (TEXT, ""), [503]),
];
