//! The inbox: captured messages in a separate SQLite file. Independent of accounts, outbox and web.
//!
//! Below the handle [`Inbox`] are three parts: `types` without a database, `store` with the SQL, and `search`.

mod event_bus;
mod facet_cache;
mod facets;
mod feed;
pub mod files;
mod handle;
mod ingest;
mod ingest_stats;
mod maintenance;
mod queries;
mod search;
mod session_queue;
mod smtp_errors;
mod smtp_sessions;
mod store;
#[cfg(test)]
mod tests;
pub mod thread;
mod types;
mod undo;
mod update;
mod versions;
mod write_lock;
mod writer;

pub use event_bus::Change;
#[cfg(test)]
pub use event_bus::Event;
pub use facet_cache::Facet;
pub use feed::Subscription;
pub use handle::{Inbox, is_inbox_file, migrate_file};
pub use smtp_errors::{ErrorReplies, ErrorReply};
#[cfg(test)]
pub use tests::Damage;
#[cfg(test)]
pub use types::SearchResult;
pub use types::tag_name::clean as clean_tag;
pub use types::{
    CapturedMessage, Counts, EndedSession, InboxOpenError, InboxPage, IncomingMessage, MAX_SESSION_MESSAGES,
    MAX_TAG_RULES, MessageId, MessageSource, PageRequest, Query, Selection, SessionDetails, SessionFilter,
    SessionOutcome, SessionPage, SettingNames, Settings, StorageRules, StoreError, StoredSession, Summary, TagRules,
    TemplateKey,
};
pub use undo::UndoBatch;
pub use update::TagError;
pub use versions::TemplateVersion;
