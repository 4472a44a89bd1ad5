//! A mail transaction.

use super::body::MessageBody;

/// A mail transaction: the envelope, and the message as far as it is received.
#[derive(Debug)]
pub(super) struct Transaction {
    pub from: String,
    pub to: Vec<String>,
    /// True if a recipient was accepted and left out.
    pub ignored: bool,
    /// The SIZE parameter of MAIL, in bytes.
    pub size: usize,
    /// `None` before DATA or the first BDAT.
    pub body: Option<MessageBody>,
    pub throttle: Option<u32>,
    /// MAIL had the parameter SMTPUTF8.
    pub utf8: bool,
}

impl Transaction {
    pub(super) fn has_recipient(&self) -> bool {
        self.ignored || !self.to.is_empty()
    }
}
