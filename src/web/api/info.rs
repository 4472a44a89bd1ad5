//! Version, statistics, configuration and health of the server. No route here uses the network. Mailpit's /info looks
//! up the latest release, and hangs if that request hangs.

use std::collections::BTreeMap;

use rocket::http::{ContentType, Status};
use rocket::{Route, State, get, options, routes};
use serde::Serialize;

use super::super::error::WebError;
use super::super::inbox::state::InboxState;
use super::auth::{ApiAuth, SameOrigin};
use super::operation::{JSON, TEXT, operations};
use super::reply::Json;

/// The Mailpit version that the API is compatible with. Clients derive the supported features from it; it starts with
/// `v`.
pub const VERSION: &str = "v1.30.5";

operations! { "server":
    get "/api/v1/info" "Info" [], None => (JSON, "Info"), [];
    get "/api/v1/webui" "WebUI" [], None => (JSON, "WebUI"), [];
    get "/api/v1/swagger.json" "Swagger" [], None => (JSON, "Any"), [];
    get "/api/v1/openapi.json" "OpenAPI" [], None => (JSON, "Any"), [];
    get "/api/v1/" "Reference" [], None => ("text/html", ""), [];
    get "/livez" "Live" [], None => (TEXT, ""), [];
    get "/readyz" "Ready" [], None => (TEXT, ""), [503];
}

pub fn routes() -> Vec<Route> {
    routes![info, webui, livez, readyz, options]
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AppInformation {
    version: &'static str,
    latest_version: &'static str,
    database: String,
    database_size: u64,
    messages: u64,
    unread: u64,
    tags: BTreeMap<String, u64>,
    runtime_stats: RuntimeStats,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RuntimeStats {
    /// In seconds.
    uptime: u64,
    /// Resident memory in bytes.
    memory: u64,
    /// Since the database file was created.
    messages_deleted: u64,
    /// Since the start, as the counts below. Messages of the API and imports count too.
    #[serde(rename = "SMTPAccepted")]
    smtp_accepted: u64,
    #[serde(rename = "SMTPAcceptedSize")]
    smtp_accepted_size: u64,
    #[serde(rename = "SMTPRejected")]
    smtp_rejected: u64,
    #[serde(rename = "SMTPIgnored")]
    smtp_ignored: u64,
}

#[get("/api/v1/info")]
pub async fn info(state: ApiAuth<'_>) -> Result<Json<AppInformation>, WebError> {
    let (counts, intake) = (state.inbox.counts().await?, state.inbox.ingest_counts());
    Ok(Json(AppInformation {
        version: VERSION,
        latest_version: "disabled",
        database: state.settings.database.clone(),
        database_size: state.inbox.file_size().await?,
        messages: counts.arrived(),
        unread: counts.accepted_unread(),
        tags: state.inbox.tag_counts().await?.into_iter().collect(),
        runtime_stats: RuntimeStats {
            uptime: state.clock.now().since(state.started).as_secs(),
            memory: resident_bytes(),
            messages_deleted: counts.deleted,
            smtp_accepted: intake.accepted,
            smtp_accepted_size: intake.accepted_bytes,
            smtp_rejected: intake.refused,
            smtp_ignored: 0,
        },
    }))
}

/// Resident memory in bytes, from `/proc`; 0 on systems without it.
pub fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split_whitespace().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    pages * 4096
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct WebUiConfiguration {
    label: String,
    message_relay: MessageRelay,
    spam_assassin: bool,
    chaos_enabled: bool,
    duplicates_ignored: bool,
    hide_delete_all_button: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MessageRelay {
    enabled: bool,
    #[serde(rename = "SMTPServer")]
    smtp_server: String,
    return_path: String,
    allowed_recipients: String,
    blocked_recipients: String,
    override_from: String,
    #[serde(rename = "PreserveMessageIDs")]
    preserve_message_ids: bool,
    /// The former name of `AllowedRecipients`, which clients still read.
    recipient_allowlist: String,
}

#[get("/api/v1/webui")]
pub fn webui(state: ApiAuth<'_>) -> Json<WebUiConfiguration> {
    let allowed = state.release.patterns();
    Json(WebUiConfiguration {
        label: state.settings.label.clone(),
        message_relay: MessageRelay {
            enabled: state.release.is_possible(),
            smtp_server: state.release.transport().to_owned(),
            return_path: String::new(),
            allowed_recipients: allowed.clone(),
            blocked_recipients: String::new(),
            override_from: String::new(),
            preserve_message_ids: true,
            recipient_allowlist: allowed,
        },
        spam_assassin: false,
        chaos_enabled: state.faults.chaos_enabled(),
        duplicates_ignored: state.settings.ignores_duplicates,
        hide_delete_all_button: state.settings.hides_delete_all,
    })
}

/// Answers without a password. Clients read the server's clock from the Date header.
#[get("/livez")]
pub fn livez() -> (ContentType, &'static str) {
    (ContentType::Plain, "")
}

/// Answers 200 if the inbox is readable; needs no password.
#[get("/readyz")]
pub async fn readyz(state: &State<InboxState>) -> (Status, &'static str) {
    match state.inbox.counts().await {
        Ok(_) => (Status::Ok, ""),
        Err(_) => (Status::ServiceUnavailable, "Service Unavailable"),
    }
}

/// Answers a CORS preflight request of the same origin. Browsers send no password with it.
#[options("/api/v1/<_..>")]
pub fn options(_page: SameOrigin) -> (ContentType, &'static str) {
    (ContentType::Plain, "")
}
