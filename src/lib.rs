//! Crate root of Gatepost, a server for accounts and mail in one binary. ARCHITECTURE.md explains the modules and their
//! order.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests name their databases at random"))]
#![cfg_attr(test, allow(clippy::too_many_lines, reason = "a test may be a table of many cases"))]

pub mod cli;
pub mod config;

pub mod clock;
mod file_owner;
pub mod i18n;
mod private_files;
pub mod random;
mod request_id;
pub mod secret;
mod tls_client;
mod write_transaction;

mod db;
mod link_check;

mod mail;

mod site_folder;

mod inbox;
mod transport;

mod outbox;

mod accounts;

mod pop3;
mod smtpd;

mod web;

mod server;

#[cfg(test)]
mod tests;

pub use server::{RunningServer, Server, install_crypto};

/// Sends mail from other programs: any recipients, text and HTML, attachments, templates with variables.
///
/// [`Outbox`](post::Outbox) enqueues a message in a database of Gatepost, whose server delivers it by SMTP or Gmail, with
/// retries: see `examples/enqueue.rs`. Without a database, [`Smtp`](post::Smtp) sends a message directly; the result is
/// a receipt or a classified failure: see `examples/send.rs`. [`open_site_folder`](post::open_site_folder) reads
/// templates.
pub mod post {
    pub use crate::accounts::emails::open_site_folder;
    pub use crate::db::OpenError;
    pub use crate::mail::{Address, AddressError, Attachment, BuildError, Draft, Envelope, Mailbox, Message};
    pub use crate::outbox::{EnqueueError, JobState, ProgramOutbox as Outbox, RequeueError};
    pub use crate::site_folder::{SiteBody, SiteContent, SiteEmail, SiteError, SiteProblem};
    pub use crate::transport::smtp::{Security, Settings, SettingsError, Smtp, SmtpOptions};
    pub use crate::transport::{Failure, FailureKind, FailureScope, Receipt, RecipientRefusal, Transport};
}

/// Exports for the benchmarks. Not a public interface.
#[doc(hidden)]
pub mod bench {
    pub use crate::db::Db;
    pub use crate::inbox::{Inbox, IncomingMessage, PageRequest, Query, Settings};
    pub use crate::mail::parse::ParsedMessage;
    pub use crate::mail::{Address, Draft, Mailbox, Message};
    pub use crate::outbox::{Composed, Composer, Job, Settings as OutboxSettings, TransportConfig, Worker};
    pub use crate::transport::smtp::{Security, Settings as SmtpSettings, Smtp, SmtpOptions};
    pub use crate::transport::{Failure as TransportFailure, Receipt, Transport};
}
