//! `gatepost gmail`: gives, shows and revokes the permission to send through the Gmail API.

mod authorize;
mod command;
mod error;
mod page;
mod pasted_redirect;
mod status;

pub use command::{GmailCommand, run};
pub use error::GmailError;
