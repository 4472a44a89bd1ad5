//! The `gmail` transport: credentials, consent, tokens, uploads, and the meaning of each answer of the Gmail API.
//! It asks for the permission to send and no other. The server never starts a consent.

mod consent;
mod course;
mod credentials;
mod delivery;
mod http;
mod limits;
mod message_id;
mod meter;
mod network;
mod oauth;
mod recipients;
mod redirect;
mod refusal;
mod resumable;
mod service;
mod session;
mod settings;
mod token;
mod tokens;
mod upload;
mod words;

pub use consent::{Consent, ConsentError, landing, revoke, store, writable};
pub use credentials::{Credentials, read as read_credentials};
pub use delivery::Gmail;
pub use redirect::{Page, Redirect};
pub use settings::{Endpoint, Settings, User};
pub use token::{LastError, SCOPE, Token};

#[cfg(test)]
pub(crate) mod tests;
