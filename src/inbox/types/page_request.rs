//! Which messages an operation applies to, and which page of a list.

use crate::clock::Time;

use super::id::MessageId;
use super::query::Query;

/// The messages that an operation applies to.
#[derive(Clone, Debug)]
pub enum Selection {
    All,
    /// Unknown ids are ignored.
    Ids(Vec<MessageId>),
    Matching(Query),
}

/// A page of a list that is sorted newest first.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// Number of messages to skip. `older_than` is faster for late pages.
    pub start: u64,
    /// Maximum number of messages; `None` for all.
    pub limit: Option<u64>,
    /// Includes only messages received before this time.
    pub before: Option<Time>,
    /// Includes only messages that arrived before this message.
    pub older_than: Option<MessageId>,
    /// Excludes refused messages from a list. Searches use [`Query::arrived`] instead.
    pub arrived: bool,
}

impl Default for PageRequest {
    fn default() -> Self {
        PageRequest { start: 0, limit: Some(50), before: None, older_than: None, arrived: false }
    }
}
