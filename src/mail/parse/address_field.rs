//! A tolerant parser for address fields (RFC 5322 §3.4 and §4.4). It returns what the sender wrote, even if it is
//! invalid: missing commas and brackets are repaired, comments and routes are left out.

use super::contact::AddressList;
use super::header::Header;
use super::warning::WarningCode;

mod bare_address;
mod mailbox;
mod name_word;
mod syntax;
#[cfg(test)]
mod tests;
mod token;

use mailbox::Mailboxes;
use token::{Token, Tokens};

/// The mailboxes of all fields with that name.
pub(super) fn read_fields(fields: &[Header], name: &str) -> AddressList {
    let mut all = AddressList::default();
    for field in fields.iter().filter(|field| field.name == name) {
        read(&field.value, &mut all);
    }
    all
}

/// Adds the mailboxes of one field to `list`.
fn read(value: &str, list: &mut AddressList) {
    let mut mailboxes = Mailboxes::new(list);
    let mut tokens = Tokens::new(value);
    for token in tokens.by_ref() {
        if mailboxes.is_full() {
            return mailboxes.cut();
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
        list.flaw = Some(WarningCode::Address);
    }
}
