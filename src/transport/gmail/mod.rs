//! The `gmail` transport: credentials, consent, tokens, uploads, and the meaning of each answer of the Gmail API.
//! It asks for the permission to send and no other. The server never starts a consent.

mod api_error;
mod connector;
mod consent;
mod counting_stream;
mod credentials;
mod http;
mod http_error;
mod message_id;
mod oauth;
mod proxy;
mod recipients;
mod redact;
mod redirect;
mod resumable;
mod service_account;
mod settings;
mod timeouts;
mod token_file;
mod token_provider;
mod transport;
mod upload;
mod upload_progress;
mod upload_session;

pub use consent::{Consent, ConsentError, check_writable, redirect_uri, revoke, store};
pub use credentials::{Credentials, read as read_credentials};
pub use redirect::{CallbackPage, LoopbackRedirect};
pub use settings::{Endpoint, GmailUser, Settings};
pub use token_file::{LastError, SCOPE, StoredToken};
pub use transport::Gmail;

#[cfg(test)]
pub(crate) mod tests;
