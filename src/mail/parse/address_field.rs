//! A tolerant parser for address fields (RFC 5322 §3.4 and §4.4). It returns what the sender wrote, even if it is
//! invalid: missing commas and brackets are repaired, comments and routes are left out.

use super::contact::{AddressList, Contact};
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
use syntax::is_well_formed;
use token::{Token, Tokens};

/// The mailboxes of all fields with that name.
pub(super) fn read_fields(fields: &[Header], name: &str) -> AddressList {
    let mut all = AddressList::default();
    for field in fields.iter().filter(|field| field.name == name) {
        read(&field.value, &mut all);
    }
    all
}

/// Adds the mailboxes of one field to `list`. An item that is only a text, in quotes or in an encoded word, may hold a
/// whole mailbox: programs quote too much.
fn read(value: &str, list: &mut AddressList) {
    for index in read_items(value, list) {
        let Some(contact) = list.contacts.get_mut(index) else { continue };
        if let Some(mailbox) = mailbox_in_text(&contact.name) {
            *contact = mailbox;
        }
    }
}

/// Adds the mailboxes as they are written. Returns the indices of those that are only a text.
fn read_items(value: &str, list: &mut AddressList) -> Vec<usize> {
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
    let unaddressed = mailboxes.finish();
    if !tokens.is_closed() {
        list.flaw = Some(WarningCode::Address);
    }
    unaddressed
}

/// The only mailbox in a decoded text. `None` if the text has more of them, a group, whose name would be lost, or an
/// address that does not follow RFC 5322.
fn mailbox_in_text(text: &str) -> Option<Contact> {
    let is_group = |token| matches!(token, Token::Colon | Token::Semicolon);
    // What is decoded is not decoded again.
    if !text.contains('@') || text.contains("=?") || Tokens::new(text).any(is_group) {
        return None;
    }
    let mut list = AddressList::default();
    read_items(text, &mut list);
    match <[Contact; 1]>::try_from(list.contacts) {
        Ok([contact]) if is_well_formed(&contact.address) => Some(contact),
        _ => None,
    }
}
