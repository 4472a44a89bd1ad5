//! The inbox: captured messages in a separate SQLite file. Independent of accounts, outbox and web.

mod compression;
mod feed;
pub mod files;
mod handle;
mod id;
mod incoming;
mod ingest_stats;
mod maintenance;
mod message;
mod queries;
mod query;
mod search;
mod search_cache;
mod search_text;
mod segment;
mod settings;
mod smtp_errors;
mod sql_filter;
mod store;
#[cfg(test)]
mod tests;
pub mod thread;
mod unindexed;
mod update;
mod write_transaction;
mod writer;

#[cfg(test)]
pub use feed::Event;
pub use feed::{Change, Subscription};
pub use handle::{Inbox, InboxOpenError, PageRequest, Selection, StoreError, migrate_file};
pub use id::MessageId;
pub use incoming::{IncomingMessage, MessageSource};
pub use ingest_stats::IngestCounts;
#[cfg(test)]
pub use message::SearchResult;
pub use message::{CapturedMessage, Counts, InboxPage, Summary};
pub use query::Query;
pub use settings::Settings;
pub use smtp_errors::{ErrorReplies, ErrorReply};
#[cfg(test)]
pub use tests::Damage;
pub use update::TagError;
