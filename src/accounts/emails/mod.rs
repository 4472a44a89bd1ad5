//! The emails that Gatepost composes itself: what each one needs to know, and its subject, text and HTML. Pure: the
//! composer loads the rows and derives the links.
//!
//! An email is one row of [`kind`], one folder of templates and its texts in both languages. Its data is a type of
//! [`data`], which it takes from [`facts`]. The operator may replace each of them ([`replaced`]).

mod context;
mod data;
mod facts;
mod kind;
mod render;
mod replaced;

#[cfg(test)]
mod tests;

pub use context::EmailContext;
pub use data::TestEmail;
pub use facts::{EmailFacts, MissingFact};
pub use kind::{Email, EmailKind};
pub use render::RenderedEmail;
pub use replaced::{AccountEmails, open_site_folder};
