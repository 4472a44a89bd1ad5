//! A message on its way into the inbox.

use super::message::MessageSource;

/// The argument of [`crate::inbox::Inbox::store`].
#[derive(Clone, Debug, Default)]
pub struct IncomingMessage {
    /// Empty for the null reverse-path.
    pub envelope_from: String,
    pub envelope_to: Vec<String>,
    /// The message exactly as received, after dot-unstuffing.
    pub bytes: Vec<u8>,
    pub source: MessageSource,
    /// Protocol for the Received field, such as `ESMTPS` (RFC 3848); empty if not received by SMTP or LMTP.
    pub protocol: &'static str,
    /// User name of the SMTP session; empty if the session is unauthenticated.
    pub username: String,
    pub helo: String,
    /// The client's IP address, without port.
    pub remote: String,
    pub transcript: String,
    /// As `line_times` of the session record.
    pub line_times: Vec<u32>,
    /// Reason why the message is refused or malformed. Such messages are stored for inspection only.
    pub refusal: Option<String>,
    /// A second message with the same key is not stored; [`crate::inbox::Inbox::store`] returns the id of the first one.
    pub idempotency_key: Option<String>,
    /// Purpose of an email that Gatepost composed (`verify`, `reset`, …).
    pub purpose: Option<String>,
    /// Tags in addition to those from X-Tags and plus-addresses.
    pub tags: Vec<String>,
    /// True if the message's Date, if it has one, is its time of receipt.
    pub dated: bool,
}
