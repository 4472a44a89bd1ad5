//! The inbox: captured messages in a separate SQLite file. Independent of accounts, outbox and web.

mod blind_recipients;
mod compression;
mod facets;
mod feed;
pub mod files;
mod fingerprint;
mod handle;
mod id;
mod incoming;
mod ingest;
mod ingest_stats;
mod maintenance;
mod message;
mod queries;
mod query;
mod search;
mod search_cache;
mod search_text;
mod segment;
mod session_outcome;
mod session_queue;
mod settings;
mod smtp_errors;
mod smtp_sessions;
mod sql_filter;
mod storage_rules;
mod store;
#[cfg(test)]
mod tests;
pub mod thread;
mod undo;
mod unindexed;
mod update;
mod versions;
mod write_transaction;
mod writer;

pub use facets::Facet;
#[cfg(test)]
pub use feed::Event;
pub use feed::{Change, Subscription};
pub use fingerprint::TemplateKey;
pub use handle::{Inbox, InboxOpenError, PageRequest, Selection, StoreError, migrate_file};
pub use id::MessageId;
pub use incoming::{IncomingMessage, MessageSource};
pub use ingest_stats::IngestCounts;
#[cfg(test)]
pub use message::SearchResult;
pub use message::{CapturedMessage, Counts, InboxPage, Summary};
pub use query::Query;
pub use session_outcome::SessionOutcome;
pub use settings::Settings;
pub use smtp_errors::{ErrorReplies, ErrorReply};
pub use smtp_sessions::{
    EndedSession, MAX_SESSION_MESSAGES, SessionDetails, SessionFilter, SessionPage, StoredSession,
};
pub use storage_rules::{MAX_TAG_RULES, StorageRules, TagRules};
pub use store::tags::clean as clean_tag;
#[cfg(test)]
pub use tests::Damage;
pub use undo::UndoBatch;
pub use update::TagError;
pub use versions::TemplateVersion;
