//! What would hurt a letter on its way to real mailboxes, found offline: its headers, its lines, its DKIM syntax,
//! List-Unsubscribe. Nothing is looked up; keys and reputations are the real world's business.

mod dkim;
mod finding;
mod rules;

pub use finding::Finding;
pub use rules::lint;
