//! Mailpit's metrics for Prometheus, without the metrics of the process and its libraries.

use std::fmt::Write as _;

use rocket::get;
use rocket::http::ContentType;

use crate::inbox::{Counts, IngestCounts};

use super::super::error::WebError;
use super::auth::ApiAuth;
use super::info::resident_bytes;

/// The metrics in Prometheus' text format.
#[get("/metrics")]
pub async fn metrics(state: ApiAuth<'_>) -> Result<(ContentType, String), WebError> {
    let counts = state.inbox.counts().await?;
    let tags = state.inbox.tag_counts().await?;
    let uptime = state.clock.now().since(state.started).as_secs();
    let kind = ContentType::new("text", "plain").with_params([("version", "0.0.4"), ("charset", "utf-8")]);
    Ok((kind, text(&counts, state.inbox.ingest_counts(), state.inbox.file_size().await?, uptime, &tags)))
}

fn text(counts: &Counts, intake: IngestCounts, database: u64, uptime: u64, tags: &[(String, u64)]) -> String {
    let mut out = String::new();
    for (name, kind, help, value) in [
        ("messages", "gauge", "Messages in the inbox.", counts.arrived()),
        ("messages_unread", "gauge", "Unread messages.", counts.accepted_unread()),
        ("messages_deleted_total", "counter", "Messages deleted.", counts.deleted),
        ("smtp_accepted_total", "counter", "Messages accepted.", intake.accepted),
        ("smtp_rejected_total", "counter", "Messages refused and kept for inspection.", intake.refused),
        ("smtp_ignored_total", "counter", "Messages accepted and discarded; always 0.", 0),
        ("smtp_accepted_size_bytes_total", "counter", "Bytes of the messages accepted.", intake.accepted_bytes),
        ("database_size_bytes", "gauge", "Size of the inbox's database file.", database),
        ("uptime_seconds", "gauge", "Seconds since the start.", uptime),
        ("memory_usage_bytes", "gauge", "Resident memory.", resident_bytes()),
    ] {
        // Writing to a String cannot fail; the same applies below.
        let _ = writeln!(out, "# HELP mailpit_{name} {help}\n# TYPE mailpit_{name} {kind}\nmailpit_{name} {value}");
    }
    let _ = writeln!(out, "# HELP mailpit_tag_messages Messages with a tag.\n# TYPE mailpit_tag_messages gauge");
    for (tag, count) in tags {
        // A stored tag holds only a to z, digits, blanks and `- _ . @`, so nothing needs an escape.
        let _ = writeln!(out, "mailpit_tag_messages{{tag=\"{tag}\"}} {count}");
    }
    out
}
