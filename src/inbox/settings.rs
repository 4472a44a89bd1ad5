//! What the store needs to know, already checked.

use std::path::PathBuf;

/// Where the inbox is kept and how much of it. 0 means no limit.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The SQLite file; made when missing, its folder too.
    pub path: PathBuf,
    /// Bytes of one message.
    pub max_message_size: u64,
    pub keep_messages: u64,
    pub keep_days: u64,
    /// Bytes of all messages together, as received.
    pub keep_bytes: u64,
}
