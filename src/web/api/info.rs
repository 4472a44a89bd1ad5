//! What this server is and how it fares. Nothing here goes to the network: Mailpit asks for its latest release
//! inside /info, and stalls with it.

use std::collections::BTreeMap;

use rocket::http::{ContentType, Status};
use rocket::{State, get, options};
use serde::Serialize;

use super::super::inbox::Postroom;
use super::client::{Client, OwnPage};
use super::reply::{Json, Refusal};

/// Clients read the features out of it: it begins with `v`, and numbers itself like the Mailpit it stands in for.
pub const VERSION: &str = "v1.30.5";

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
    /// Seconds.
    uptime: u64,
    /// Bytes.
    memory: u64,
    /// Over the life of the file.
    messages_deleted: u64,
    /// Since the start, as those below; by any way in.
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
pub async fn info(_client: Client, room: &State<Postroom>) -> Result<Json<AppInformation>, Refusal> {
    let (counts, intake) = (room.inbox.counts().await?, room.inbox.intake());
    Ok(Json(AppInformation {
        version: VERSION,
        latest_version: "disabled",
        database: room.settings.database.clone(),
        database_size: room.inbox.file_size().await?,
        messages: counts.arrived(),
        unread: counts.arrived_unread(),
        tags: room.inbox.tag_counts().await?.into_iter().collect(),
        runtime_stats: RuntimeStats {
            uptime: room.clock.now().since(room.started).as_secs(),
            memory: resident_bytes(),
            messages_deleted: counts.deleted,
            smtp_accepted: intake.accepted,
            smtp_accepted_size: intake.accepted_bytes,
            smtp_rejected: intake.refused,
            smtp_ignored: 0,
        },
    }))
}

/// As the kernel counts it; 0 where it does not say.
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
    /// An old name of `AllowedRecipients` that clients still want.
    recipient_allowlist: String,
}

#[get("/api/v1/webui")]
pub fn webui(_client: Client, room: &State<Postroom>) -> Json<WebUiConfiguration> {
    let allowed = room.release.patterns();
    Json(WebUiConfiguration {
        label: String::new(),
        message_relay: MessageRelay {
            enabled: room.release.is_possible(),
            smtp_server: room.release.transport().to_owned(),
            return_path: String::new(),
            allowed_recipients: allowed.clone(),
            blocked_recipients: String::new(),
            override_from: String::new(),
            preserve_message_ids: true,
            recipient_allowlist: allowed,
        },
        spam_assassin: false,
        chaos_enabled: room.faults.chaos_enabled(),
        duplicates_ignored: false,
        hide_delete_all_button: false,
    })
}

/// Without a password too, and its Date header is how clients read the server's clock.
#[get("/livez")]
pub fn livez() -> Status {
    Status::Ok
}

/// Ready when the inbox can be read.
#[get("/readyz")]
pub async fn readyz(room: &State<Postroom>) -> (Status, &'static str) {
    match room.inbox.counts().await {
        Ok(_) => (Status::Ok, ""),
        Err(_) => (Status::ServiceUnavailable, "Service Unavailable"),
    }
}

/// What browsers ask before another page's request: only our own pages are told yes. They send no password with it.
#[options("/api/v1/<_..>")]
pub fn options(_page: OwnPage) -> (ContentType, &'static str) {
    (ContentType::Plain, "")
}
