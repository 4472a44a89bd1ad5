//! Puts the tokens of an address field together to mailboxes.

use std::borrow::Cow;

use crate::mail::parse::contact::{AddressList, Contact, MAX_CONTACTS};
use crate::mail::parse::encoded_word;
use crate::mail::parse::warning::WarningCode;

use super::bare_address::{bare_address, without_route};
use super::name_word::{NameWord, WordKind, belongs, is_address, is_mailbox, joined, quoted};
use super::syntax::{is_local_address, is_well_formed};
use super::token::AddressWord;

/// The mailbox that is being read, and those before it.
pub(super) struct Mailboxes<'l, 'v> {
    list: &'l mut AddressList,
    /// The words since the last mailbox, already joined where they are one address.
    words: Vec<NameWord<'v>>,
    /// Comments since the last mailbox, or since the last word that is an address.
    comments: Vec<Cow<'v, str>>,
    in_group: bool,
    /// True after a mailbox without a comma behind it.
    after_mailbox: bool,
}

impl<'l, 'v> Mailboxes<'l, 'v> {
    pub(super) fn new(list: &'l mut AddressList) -> Self {
        Mailboxes { list, words: Vec::new(), comments: Vec::new(), in_group: false, after_mailbox: false }
    }

    pub(super) fn is_full(&self) -> bool {
        self.list.contacts.len() >= MAX_CONTACTS
    }

    pub(super) fn comment(&mut self, text: Cow<'v, str>) {
        self.comments.push(text);
    }

    pub(super) fn word(&mut self, word: AddressWord<'v>) {
        if let Some(last) = self.words.last_mut().filter(|last| belongs(last, &word)) {
            // A quoted local part keeps its quotes.
            if last.kind == WordKind::Quoted && word.raw.starts_with('@') {
                last.text = Cow::Owned(quoted(&last.text));
            }
            let is_display = word.is_quoted && !last.text.ends_with(['@', '.']);
            let has_at = word.raw.contains('@') || last.text.ends_with('@');
            last.text.to_mut().push_str(if is_display { &word.text } else { word.raw });
            last.kind = match last.kind {
                kind if !has_at && kind == WordKind::Address => kind,
                _ if has_at && is_address(&last.text) => WordKind::Address,
                _ => WordKind::Plain,
            };
            // What stands within an address is no name.
            self.comments.clear();
            return;
        }
        let kind = match word.is_quoted {
            true => WordKind::Quoted,
            false if is_address(word.raw) => WordKind::Address,
            false => WordKind::Plain,
        };
        self.words.push(NameWord { text: word.text, kind });
    }

    pub(super) fn angle(&mut self, text: &str, is_closed: bool) {
        let address = bare_address(text);
        // A name that is another address misleads other readers.
        let is_other = |word: &NameWord<'_>| is_mailbox(word) && !word.text.eq_ignore_ascii_case(&address);
        if self.after_mailbox || !is_closed || self.words.iter().any(is_other) {
            self.flaw();
        }
        let name = joined(&self.words);
        self.push(name, address);
        self.after_mailbox = true;
    }

    pub(super) fn begin_group(&mut self) {
        if self.in_group || self.after_mailbox || self.words.iter().any(is_mailbox) {
            self.flaw();
        }
        self.words.clear();
        self.comments.clear();
        (self.in_group, self.after_mailbox) = (true, false);
    }

    pub(super) fn end_group(&mut self) {
        self.end();
        self.in_group = false;
    }

    pub(super) fn finish(mut self) {
        self.end();
        if self.in_group {
            self.flaw();
        }
    }

    /// Ends a mailbox at a comma, a semicolon or the end.
    pub(super) fn end(&mut self) {
        let count = self.words.iter().filter(|word| is_mailbox(word)).count();
        if count == 0 {
            self.end_without_address();
        } else {
            if count > 1 || self.words.len() > 1 || self.after_mailbox {
                self.flaw();
            }
            self.end_bare();
        }
        self.words.clear();
        self.comments.clear();
        self.after_mailbox = false;
    }

    /// Reads addresses without brackets: the words before each are its name.
    fn end_bare(&mut self) {
        let words = std::mem::take(&mut self.words);
        let mut start = 0;
        let last = words.iter().rposition(is_mailbox).unwrap_or_default();
        for (at, word) in words.iter().enumerate().filter(|(_, word)| is_mailbox(word)) {
            let before = words.get(start..at).unwrap_or_default();
            let behind = if at == last { words.get(at + 1..).unwrap_or_default() } else { &[] };
            let name = joined(if before.is_empty() { behind } else { before });
            self.push(name, without_route(&word.text).to_owned());
            start = at + 1;
        }
    }

    fn end_without_address(&mut self) {
        // What stands behind brackets is a comment at best.
        if self.after_mailbox {
            if !self.words.is_empty() {
                return self.flaw();
            }
            let comments = self.comments.join(" ");
            if let Some(last) = self.list.contacts.last_mut().filter(|last| last.name.is_empty()) {
                last.name = decoded(comments, &mut self.list.flaw);
            }
            return;
        }
        let text = joined(&self.words);
        match self.words.as_slice() {
            [] => return,
            // A local address, such as `root`.
            [NameWord { kind: WordKind::Plain, .. }] if !text.starts_with("=?") => {
                return self.push(String::new(), text);
            }
            _ => {}
        }
        self.flaw();
        self.push(text, String::new());
    }

    /// Adds a mailbox and forgets its words. A comment is the name if there is no other.
    fn push(&mut self, name: String, address: String) {
        let comments = std::mem::take(&mut self.comments);
        let name = match name.trim().is_empty() {
            true => decoded(comments.join(" "), &mut self.list.flaw),
            false => decoded(name, &mut self.list.flaw),
        };
        self.words.clear();
        // A name without an address is flawed already, unless it is that of a bounce: `MAILER-DAEMON <>`.
        let is_empty = address.is_empty() && !name.is_empty();
        if !is_empty && !is_well_formed(&address) && !is_local_address(&address) {
            self.flaw();
        }
        if (!name.is_empty() || !address.is_empty()) && !self.is_full() {
            self.list.contacts.push(Contact { name, address });
        }
    }

    fn flaw(&mut self) {
        self.list.flaw = Some(WarningCode::Address);
    }
}

/// A phrase or comment with its encoded words decoded, on one line.
fn decoded(text: String, flaw: &mut Option<WarningCode>) -> String {
    let is_plain = text.trim().len() == text.len() && !text.contains("=?");
    let mut is_flawed = false;
    // Most names, without a copy.
    let text = if is_plain { text } else { encoded_word::decode(text.trim(), &mut is_flawed).into_owned() };
    if is_flawed {
        *flaw = flaw.or(Some(WarningCode::EncodedWord));
    }
    match text.contains(char::is_control) {
        true => text.split(char::is_control).collect::<Vec<_>>().join(" "),
        false => text,
    }
}
