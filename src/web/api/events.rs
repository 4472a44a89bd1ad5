//! What happens in the inbox as Mailpit's events: the same objects over the WebSocket and as server-sent events.

use serde::Serialize;
use serde_json::{Value, json};

use crate::capture::{Change, Counts};

use super::info::VERSION;
use super::shapes::MessageSummary;

/// One event.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Told {
    #[serde(rename = "Type")]
    pub kind: &'static str,
    pub data: Value,
}

impl Told {
    pub fn new(change: &Change) -> Self {
        let (kind, data) = match change {
            Change::Stored(summary) => ("new", json!(MessageSummary::from(summary.as_ref()))),
            Change::Read { id, read } => ("update", json!({ "ID": id.to_string(), "Read": read })),
            Change::Tagged { id, tags } => ("update", json!({ "ID": id.to_string(), "Tags": tags })),
            Change::Deleted { id } => ("delete", json!({ "ID": id.to_string() })),
            Change::Truncated => ("truncate", Value::Null),
            Change::Pruned => ("prune", Value::Null),
            Change::Counted(counts) => return Told::stats(counts),
        };
        Told { kind, data }
    }

    pub fn stats(counts: &Counts) -> Self {
        let data = json!({ "Total": counts.messages, "Unread": counts.unread, "Version": VERSION });
        Told { kind: "stats", data }
    }

    /// As one WebSocket frame.
    pub fn frame(&self) -> String {
        // Strings, numbers and lists of them always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }
}
