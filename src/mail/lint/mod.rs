//! Finds faults that hinder the delivery of a message to real mailboxes: in headers, lines, DKIM syntax and
//! List-Unsubscribe. Works offline: it looks up neither keys nor reputations.

mod dkim;
mod finding;
mod rules;

pub use finding::LintFinding;
pub use rules::lint;
