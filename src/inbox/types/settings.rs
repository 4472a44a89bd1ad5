//! The validated settings of the inbox.

use std::path::PathBuf;

/// File and limits of the inbox. A limit of 0 means no limit.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The SQLite file. The file and its folder are created if missing.
    pub path: PathBuf,
    /// Maximum size of one message in bytes.
    pub max_message_size: u64,
    /// Maximum number of messages.
    pub keep_messages: u64,
    /// Maximum age of a message in days.
    pub keep_days: u64,
    /// Maximum total size of all messages in bytes, as received.
    pub keep_bytes: u64,
}
