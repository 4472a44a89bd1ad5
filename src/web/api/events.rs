//! Mailpit's events of the inbox. The WebSocket and the event stream send the same objects.

use serde::Serialize;
use serde_json::{Value, json};

use crate::inbox::{Change, Counts, ErrorReply};

use super::info::VERSION;
use super::schema::MessageSummary;

/// The event of a refused message that is kept for inspection. Mailpit does not have it.
pub const REFUSED: &str = "refused";

/// The event of a message whose deletion was undone. Mailpit does not have it.
pub const RESTORED: &str = "restored";

/// One event.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventPayload {
    #[serde(rename = "Type")]
    pub kind: &'static str,
    pub data: Value,
}

impl EventPayload {
    pub fn new(change: &Change) -> Self {
        let (kind, data) = match change {
            Change::Stored(summary) => {
                let kind = if summary.refusal.is_some() { REFUSED } else { "new" };
                (kind, json!(MessageSummary::from(summary.as_ref())))
            }
            Change::Restored(summary) => (RESTORED, json!(MessageSummary::from(summary.as_ref()))),
            Change::Read { id, read } => ("update", json!({ "ID": id.to_string(), "Read": read })),
            Change::Tagged { id, tags } => ("update", json!({ "ID": id.to_string(), "Tags": tags })),
            Change::Deleted { id } => ("delete", json!({ "ID": id.to_string() })),
            Change::Truncated => ("truncate", Value::Null),
            Change::Pruned => ("prune", Value::Null),
            Change::Counted(counts) => return EventPayload::stats(counts),
        };
        EventPayload { kind, data }
    }

    /// The event that Mailpit sends before `new` if the new message has tags.
    pub fn first_tag_counts(change: &Change) -> Option<Self> {
        let Change::Stored(summary) = change else { return None };
        let data = json!({ "ID": summary.id.to_string(), "Tags": summary.tags });
        (!summary.tags.is_empty()).then_some(EventPayload { kind: "update", data })
    }

    pub fn stats(counts: &Counts) -> Self {
        let data = json!({ "Total": counts.arrived(), "Unread": counts.accepted_unread(), "Version": VERSION });
        EventPayload { kind: "stats", data }
    }

    /// The counts with the number of unread messages that were refused, which Mailpit does not have.
    pub fn stats_with_refused(counts: &Counts) -> Self {
        let mut payload = EventPayload::stats(counts);
        payload.data["UnreadRefused"] = json!(counts.refused_unread);
        payload
    }

    /// The event of an error reply of the SMTP or LMTP server.
    pub fn error(reply: &ErrorReply) -> Self {
        let level = if reply.is_transient() { "warning" } else { "error" };
        let data = json!({ "Level": level, "Type": "smtpd", "IP": reply.client, "Message": reply.text });
        EventPayload { kind: "error", data }
    }

    /// The text of one WebSocket frame.
    pub fn frame(&self) -> String {
        // Strings, numbers and lists of them always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }
}
