//! `gatepost gmail`: the one-off consent, a look at it, and its end.

mod authorize;
mod command;
mod page;
mod paste;
mod status;

pub use command::{Command, GmailError, run};
