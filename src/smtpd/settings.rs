//! The settings of the capture server, and the limits that protect it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::secret::Secret;

/// Checked settings of the capture server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Plain SMTP, with STARTTLS if `starttls` is set; port 0 picks a free one.
    pub smtp_address: SocketAddr,
    /// SMTP inside TLS from the first byte (RFC 8314).
    pub smtps_address: Option<SocketAddr>,
    /// LMTP (RFC 2033): one answer per recipient.
    pub lmtp_address: Option<SocketAddr>,
    /// The name in the greeting.
    pub hostname: String,
    /// Whether STARTTLS is offered. Many clients use it whenever it is offered and verify the certificate. They send
    /// nothing to a server whose certificate was made here: nodemailer, PHPMailer, Symfony, Go's net/smtp and others.
    pub starttls: bool,
    /// A PEM file with the certificate chain and its private key. Without one, a self-signed certificate is made when
    /// STARTTLS or `smtps_address` needs it, and kept in `certificate_folder`.
    pub tls_certificate: Option<PathBuf>,
    /// Where the certificate made here is kept: beside the inbox.
    pub certificate_folder: PathBuf,
    /// Who may send. Empty: any credentials are accepted, and none are needed.
    pub users: Vec<SmtpUser>,
    /// In bytes; larger messages are refused with 552. 0: no limit but the memory for all messages together.
    pub max_message_size: usize,
    /// Whether the chaos triggers may be set (Mailpit's `--enable-chaos`).
    pub chaos: bool,
    pub limits: Limits,
}

/// One of the accounts that may send.
#[derive(Clone, Debug)]
pub struct SmtpUser {
    pub name: String,
    pub password: Secret<String>,
}

/// Bounds on what one client, and all of them together, can make the server hold or wait for.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at a time, over all listeners; further ones are refused with 421.
    pub connections: usize,
    /// Recipients of one message; RFC 5321 §4.5.3.1.8 wants at least 100.
    pub recipients: usize,
    /// Bytes of a message's header section.
    pub header: usize,
    /// Bytes of all messages that are being received or stored; at least twice `max_message_size` is always allowed.
    pub held: usize,
    /// Syntax and sequence errors before the session is ended.
    pub errors: u32,
    /// Failed authentications before the session is ended.
    pub auth_failures: u32,
    /// Delay of the reply to a failed authentication, times the number of failures.
    pub auth_pause: Duration,
    /// From one command to the end of the next (RFC 5321 §4.5.3.2.7: five minutes).
    pub idle: Duration,
    /// From 354, or a BDAT command, to the end of the data.
    pub data: Duration,
    /// How long sessions may take to finish a message when the server shuts down.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 1_000,
            recipients: 1_000,
            header: 256 * 1024,
            held: 256 * 1024 * 1024,
            errors: 100,
            auth_failures: 3,
            auth_pause: Duration::from_millis(250),
            idle: Duration::from_secs(5 * 60),
            data: Duration::from_secs(10 * 60),
            grace: Duration::from_secs(5),
        }
    }
}
