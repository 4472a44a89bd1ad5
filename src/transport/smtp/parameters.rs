//! The parameters of MAIL, and the messages that the extensions of a server do not allow.

use smtp_proto::{EXT_8BIT_MIME, EXT_SIZE, EXT_SMTP_UTF8};

use crate::mail::{Address, Message};
use crate::transport::interface::{Failure, FailureKind, FailureScope};

use super::connection::SmtpConnection;

impl SmtpConnection {
    /// The parameters of MAIL, or why the server's extensions do not allow this message.
    pub(super) fn parameters(&self, mail: &Message) -> Result<String, Failure> {
        let offered = &self.offered;
        let host = &self.settings.host;
        let mut parameters = String::new();
        if offered.has_capability(EXT_SIZE) {
            if offered.size > 0 && mail.bytes.len() > offered.size {
                let (is, max) = (mail.bytes.len(), offered.size);
                return Err(Failure::unsupported(format!(
                    "the message is {is} bytes, and {host} accepts {max} at most"
                )));
            }
            parameters = format!(" SIZE={}", mail.bytes.len());
        }
        if let Some(from) = &mail.envelope.from {
            self.check_sender(from)?;
        }
        let in_address = mail.envelope.from.iter().chain(&mail.envelope.to).any(Address::needs_smtputf8);
        let international = in_address || !header(&mail.bytes).is_ascii();
        if international && !offered.has_capability(EXT_SMTP_UTF8) {
            let what =
                if in_address { "an address with non-ASCII characters before the @" } else { "8-bit header fields" };
            return Err(Failure::unsupported(format!("the message has {what}, and {host} does not support SMTPUTF8")));
        }
        let eight_bit = !mail.bytes.is_ascii();
        if eight_bit && !offered.has_capability(EXT_8BIT_MIME) {
            return Err(Failure::unsupported(format!(
                "the message contains 8-bit text, and {host} does not support 8BITMIME"
            )));
        }
        if eight_bit {
            parameters.push_str(" BODY=8BITMIME");
        }
        if international {
            parameters.push_str(" SMTPUTF8");
        }
        Ok(parameters)
    }

    /// Checks that the server's extensions allow this sender.
    ///
    /// # Errors
    /// A failure of the configuration that names the setting.
    pub(super) fn check_sender(&self, from: &Address) -> Result<(), Failure> {
        if !from.needs_smtputf8() || self.offered.has_capability(EXT_SMTP_UTF8) {
            return Ok(());
        }
        let reason = format!(
            "from address {from} has non-ASCII characters before the @, and {} does not support SMTPUTF8: set \
             mail.smtp.from (or mail.from) to an address without them",
            self.settings.host
        );
        Err(Failure { scope: FailureScope::Sender, ..Failure::new(FailureKind::Configuration, reason) })
    }
}

/// The header section, up to the first empty line; captured messages may have lines that end with LF alone.
fn header(bytes: &[u8]) -> &[u8] {
    let mut end = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line == b"\n" || line == b"\r\n" {
            break;
        }
        end += line.len();
    }
    bytes.get(..end).unwrap_or(bytes)
}
