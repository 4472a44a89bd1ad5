//! Mail through the Gmail API: credentials, consent and token, upload, and what each of Google's answers means.
//! Sends with the permission to send alone; never starts a consent from the server.

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
