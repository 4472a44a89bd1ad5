//! Mailpit's metrics for Prometheus, without the metrics of the process and its libraries.

use rocket::{Route, get, routes};

use super::super::error::WebError;
use super::super::prometheus::Metrics;
use super::auth::ApiAuth;
use super::info::resident_bytes;
use super::operation::{TEXT, operations};

operations! { "server":
    get "/metrics" "Metrics" [], None => (TEXT, ""), [];
}

pub fn routes() -> Vec<Route> {
    routes![metrics]
}

/// The metrics in Prometheus' text format.
#[get("/metrics")]
pub async fn metrics(state: ApiAuth<'_>) -> Result<Metrics, WebError> {
    let (counts, intake) = (state.inbox.counts().await?, state.inbox.ingest_counts());
    let tags = state.inbox.tag_counts().await?;
    let mut metrics = Metrics::new("mailpit");
    metrics.gauge("messages", "Messages in the inbox.", counts.arrived());
    metrics.gauge("messages_unread", "Unread messages.", counts.accepted_unread());
    metrics.counter("messages_deleted_total", "Messages deleted.", counts.deleted);
    metrics.counter("smtp_accepted_total", "Messages accepted.", intake.accepted);
    metrics.counter("smtp_rejected_total", "Messages refused and kept for inspection.", intake.refused);
    metrics.counter("smtp_ignored_total", "Messages accepted and discarded; always 0.", 0);
    metrics.counter("smtp_accepted_size_bytes_total", "Bytes of the messages accepted.", intake.accepted_bytes);
    metrics.gauge("database_size_bytes", "Size of the inbox's database file.", state.inbox.file_size().await?);
    metrics.gauge("uptime_seconds", "Seconds since the start.", state.clock.now().since(state.started).as_secs());
    metrics.gauge("memory_usage_bytes", "Resident memory.", resident_bytes());
    // A stored tag holds only a to z, digits, blanks and `- _ . @`, so nothing needs an escape.
    let tags = tags.iter().map(|(tag, count)| (tag.as_str(), *count));
    metrics.labelled("gauge", ("tag_messages", "tag"), "Messages with a tag.", tags);
    Ok(metrics)
}
