//! What the inbox stores and how it is asked for: messages, ids, queries, sessions, errors. Nothing here uses the
//! database.

mod blind_recipients;
mod compared_text;
pub mod compression;
pub mod error;
pub mod fingerprint;
pub mod id;
pub mod incoming;
pub mod message;
pub mod new_message;
pub mod page_request;
pub mod query;
pub mod search_term;
pub mod search_text;
pub mod session;
pub mod session_outcome;
pub mod settings;
pub mod storage_rules;
pub mod tag_name;

pub use error::{InboxOpenError, StoreError};
pub use fingerprint::TemplateKey;
pub use id::MessageId;
pub use incoming::IncomingMessage;
pub use message::{CapturedMessage, Counts, InboxPage, MessageSource, SearchResult, SessionRecord, Summary};
pub use new_message::{ListColumns, NewMessage};
pub use page_request::{PageRequest, Selection};
pub use query::{Criterion, Query, QueryTerm};
pub use search_term::SearchTerm;
pub use search_text::{FIELDS, LINE, PARTS, SearchText};
pub use session::{
    EndedSession, MAX_SESSION_MESSAGES, MAX_SESSION_TRANSCRIPT, MAX_SESSIONS, SESSION_AGE, SessionDetails,
    SessionFilter, SessionPage, StoredSession,
};
pub use session_outcome::{SessionOutcome, SettingNames};
pub use settings::Settings;
pub use storage_rules::{MAX_TAG_RULES, StorageRules, TagRules};
