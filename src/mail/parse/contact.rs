//! A tolerant parser for address fields (RFC 5322 §3.4 and §4.4). It returns what the sender wrote, even if it is
//! invalid: missing commas and brackets are repaired, comments and routes are left out.

use serde::{Deserialize, Serialize};

use super::encoded_word;
use super::header::Header;
use super::warning::WarningCode;

mod mailbox;
#[cfg(test)]
mod tests;
mod token;

use mailbox::Mailboxes;
use token::{Token, Tokens};

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

impl Contact {
    pub fn new(name: impl Into<String>, address: impl Into<String>) -> Self {
        Contact { name: name.into(), address: address.into() }
    }
}

/// The mailboxes of an address field.
#[derive(Debug, Default)]
pub(super) struct AddressList {
    /// Members of groups are listed like the others.
    pub contacts: Vec<Contact>,
    /// Why other readers may see other mailboxes.
    pub flaw: Option<WarningCode>,
}

impl AddressList {
    /// The mailboxes of all fields with that name.
    pub(super) fn of_fields(fields: &[Header], name: &str) -> Self {
        let mut all = AddressList::default();
        for field in fields.iter().filter(|field| field.name == name) {
            all.read(&field.value);
        }
        all
    }

    /// Adds the mailboxes of one field.
    pub(super) fn read(&mut self, value: &str) {
        let mut mailboxes = Mailboxes::new(self);
        let mut tokens = Tokens::new(value);
        for token in tokens.by_ref() {
            if mailboxes.is_full() {
                self.flaw = Some(WarningCode::AddressesCut);
                return;
            }
            match token {
                Token::Comma => mailboxes.end(),
                Token::Semicolon => mailboxes.end_group(),
                Token::Colon => mailboxes.begin_group(),
                Token::Angle { text, is_closed } => mailboxes.angle(text, is_closed),
                Token::Word(word) => mailboxes.word(word),
                Token::Comment(text) => mailboxes.comment(text),
            }
        }
        mailboxes.finish();
        if !tokens.is_closed() {
            self.flaw = Some(WarningCode::Address);
        }
    }
}

/// A phrase or comment with its encoded words decoded, on one line.
fn decoded(text: &str, flaw: &mut Option<WarningCode>) -> String {
    let mut is_flawed = false;
    let text = encoded_word::decode(text.trim(), &mut is_flawed);
    if is_flawed {
        *flaw = flaw.or(Some(WarningCode::EncodedWord));
    }
    match text.contains(char::is_control) {
        true => text.split(char::is_control).collect::<Vec<_>>().join(" "),
        false => text.into_owned(),
    }
}
