//! Gatepost: accounts and mail in one binary. ARCHITECTURE.md has the map; modules stand in stream order.

pub mod cli;
pub mod config;

pub mod clock;
pub mod i18n;
mod private_files;
pub mod secret;

mod db;
mod egress;

mod mail;

mod capture;
mod transport;

mod outbox;

mod accounts;

mod smtpd;

mod web;

mod server;

#[cfg(test)]
mod tests;

pub use server::{Running, Server};

/// Chooses rustls' one provider, ring, before anything speaks TLS; with two in a program rustls would panic instead.
pub fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Mail from programs of your own: any recipients, text and HTML, attachments; out by SMTP, with a receipt or a classed
/// failure. `examples/send.rs` shows it whole.
pub mod post {
    pub use crate::mail::{Address, AddressError, Attachment, BuildError, Envelope, Mail, Mailbox, Message};
    pub use crate::transport::smtp::{Asked, Security, Settings, SettingsError, Smtp};
    pub use crate::transport::{Class, Failure, Receipt, Refusal, Transport};
}

/// What the benches measure; not an interface.
#[doc(hidden)]
pub mod bench {
    pub use crate::capture::{Arrival, Inbox, Query, Settings, Window};
    pub use crate::db::Db;
    pub use crate::mail::parsed::Parsed;
    pub use crate::mail::{Address, Mail, Mailbox, Message};
    pub use crate::outbox::{Author, Composed, Route, Row, Settings as OutboxSettings, Worker};
    pub use crate::transport::smtp::{Asked, Security, Settings as SmtpSettings, Smtp};
    pub use crate::transport::{Failure as TransportFailure, Receipt, Transport};
}
