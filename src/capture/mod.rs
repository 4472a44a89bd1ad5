//! The inbox's store: captured mail in a SQLite file of its own. Knows nothing of accounts, outbox or web.

mod answers;
mod arrival;
pub mod burst;
mod changes;
mod compression;
mod condition;
mod feed;
pub mod files;
mod id;
mod inbox;
mod message;
mod query;
mod reading;
mod replies;
mod retention;
mod search;
mod segment;
mod settings;
mod store;
mod tally;
#[cfg(test)]
mod tests;
mod turn;
mod waiting;
mod words;
mod writer;

pub use arrival::{IncomingMessage, MessageSource};
pub use changes::TagError;
#[cfg(test)]
pub use feed::Event;
pub use feed::{Change, Subscription};
pub use id::MessageId;
pub use inbox::{Inbox, InboxOpenError, Selection, StoreError, PageRequest};
#[cfg(test)]
pub use message::SearchResult;
pub use message::{CapturedMessage, Counts, InboxPage, Summary};
pub use query::Query;
pub use replies::{ErrorReplies, ErrorReply};
pub use settings::Settings;
pub use tally::IngestCounts;
#[cfg(test)]
pub use tests::Damage;
