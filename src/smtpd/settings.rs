//! The settings of the capture server, and its limits.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::inbox::SettingNames;
use crate::secret::Logins;

use super::recipient_rules::RecipientRules;

/// The validated settings of the capture server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Plain SMTP, with STARTTLS if `starttls` is set. Port 0 selects a free port, also in the other addresses.
    pub smtp_address: SocketAddr,
    /// SMTP with implicit TLS (RFC 8314).
    pub smtps_address: Option<SocketAddr>,
    /// LMTP (RFC 2033): one reply per recipient.
    pub lmtp_address: Option<SocketAddr>,
    /// The server name in the greeting.
    pub hostname: String,
    /// The names of the settings in the cures of the log.
    pub names: SettingNames,
    /// True if `smtp_address` uses TLS from the first byte.
    pub implicit_tls: bool,
    /// True if a message is refused before TLS.
    pub requires_tls: bool,
    /// Whether STARTTLS is offered. Many clients use STARTTLS whenever it is offered, and verify the certificate. With
    /// the generated certificate they send nothing: nodemailer, PHPMailer, Symfony, Go's net/smtp and others.
    pub starttls: bool,
    /// A PEM file with the certificate chain and its private key. If `None`, and STARTTLS or `smtps_address` needs a
    /// certificate, a self-signed one is generated and kept in `certificate_folder`.
    pub tls_certificate: Option<PathBuf>,
    /// The private key, if it is not in the file of the certificate.
    pub tls_key: Option<PathBuf>,
    /// The folder of the generated certificate: the folder of the inbox's database.
    pub certificate_folder: PathBuf,
    /// The users that may send. If empty, any credentials are accepted, and none are required.
    pub users: Logins,
    /// Which recipients are accepted.
    pub recipients: RecipientRules,
    /// True if a message whose header contains CR CR LF is refused.
    pub strict_header: bool,
    /// In bytes. Larger messages are rejected with 552. 0 means no limit except [`SmtpLimits::held`] for all messages
    /// together.
    pub max_message_size: usize,
    /// Whether clients of the API may set the chaos triggers (Mailpit's `--enable-chaos`).
    pub chaos: bool,
    pub limits: SmtpLimits,
}

/// Limits on memory and time, per client and for all clients together.
#[derive(Clone, Debug)]
pub struct SmtpLimits {
    /// Simultaneous connections over all listeners. Further connections are rejected with 421.
    pub connections: usize,
    /// Recipients per message; RFC 5321 §4.5.3.1.8 requires at least 100.
    pub recipients: usize,
    /// Size of a message's header section in bytes.
    pub header: usize,
    /// Total bytes of the messages that are being received or stored. The effective limit is at least twice
    /// `max_message_size`.
    pub held: usize,
    /// Syntax and sequence errors before the server closes the session.
    pub errors: u32,
    /// Failed authentications before the server closes the session.
    pub auth_failures: u32,
    /// Delay of the reply to a failed authentication, multiplied by the number of failures.
    pub auth_pause: Duration,
    /// Timeout from the end of one command to the end of the next (RFC 5321 §4.5.3.2.7: five minutes).
    pub idle: Duration,
    /// Timeout from reply 354 or a BDAT command to the end of the data.
    pub data: Duration,
    /// Time for sessions to finish their message when the server shuts down.
    pub grace: Duration,
}

impl Default for SmtpLimits {
    fn default() -> Self {
        SmtpLimits {
            connections: 1_000,
            recipients: 1_000,
            header: 2 * 1024 * 1024,
            held: 192 * 1024 * 1024,
            errors: 100,
            auth_failures: 3,
            auth_pause: Duration::from_millis(250),
            idle: Duration::from_secs(5 * 60),
            data: Duration::from_secs(10 * 60),
            grace: Duration::from_secs(5),
        }
    }
}
