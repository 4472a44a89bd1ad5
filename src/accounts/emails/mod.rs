//! The emails that Gatepost composes itself: what each one needs to know, and its subject, text and HTML. Pure: the
//! composer loads the rows and derives the links.
//!
//! An email is one file here (its fields, where they come from, a sample), one folder of templates and its texts in both
//! languages. [`kind`] lists them all. The operator may replace each of them ([`replaced`]).

mod already_registered;
mod already_verified;
mod context;
mod email_change;
mod email_change_requested;
mod email_changed;
mod facts;
mod invitation;
mod kind;
mod password_changed;
mod password_reset;
mod render;
mod replaced;
mod test;
mod verification;
mod welcome;

#[cfg(test)]
mod tests;

use crate::site_folder::EmailVariables;

pub use context::EmailContext;
pub use facts::{EmailFacts, MissingFact};
pub use kind::{Email, EmailKind};
pub use render::RenderedEmail;
pub use replaced::{AccountEmails, open_site_folder};
pub use test::TestEmail;
