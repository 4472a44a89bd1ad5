//! Mailboxes as a message states them.

use serde::{Deserialize, Serialize};

use super::warning::WarningCode;

/// A mailbox as a header states it; the name or the address may be empty. Serializes with Mailpit's field names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Decoded (RFC 2047).
    #[serde(rename = "Name", default)]
    pub name: String,
    #[serde(rename = "Address", default)]
    pub address: String,
}

/// Mailboxes of one message's fields of a name past this many are ignored.
pub(super) const MAX_CONTACTS: usize = 2_000;

/// The mailboxes of address fields.
#[derive(Debug, Default)]
pub(super) struct AddressList {
    /// Members of groups are listed like the others.
    pub contacts: Vec<Contact>,
    /// Why other readers may see other mailboxes.
    pub flaw: Option<WarningCode>,
}

impl Contact {
    pub fn new(name: impl Into<String>, address: impl Into<String>) -> Self {
        Contact { name: name.into(), address: address.into() }
    }
}
