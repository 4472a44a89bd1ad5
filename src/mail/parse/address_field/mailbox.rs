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
    /// Texts without an address before a comma: mailboxes, or the beginning of the next name.
    pending: Vec<PendingItem>,
    /// Comments since the last mailbox, or since the last word that is an address.
    comments: Vec<Cow<'v, str>>,
    /// The indices of mailboxes that have only a text, in which their address may be.
    unaddressed: Vec<usize>,
    in_group: bool,
    /// True after a mailbox without a comma behind it.
    after_mailbox: bool,
}

/// Words between two commas that hold no address. In `Doe, John <j@x.test>` they belong to the name behind them.
struct PendingItem {
    text: String,
    comment: String,
    /// True for a local address, such as `root`.
    is_local: bool,
}

impl PendingItem {
    /// True for a local address in lower case, as names of accounts are and those of people are not.
    fn is_account(&self) -> bool {
        self.is_local && self.text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
    }
}

impl<'l, 'v> Mailboxes<'l, 'v> {
    pub(super) fn new(list: &'l mut AddressList) -> Self {
        Mailboxes {
            list,
            words: Vec::new(),
            pending: Vec::new(),
            unaddressed: Vec::new(),
            comments: Vec::new(),
            in_group: false,
            after_mailbox: false,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.list.contacts.len() + self.pending.len() >= MAX_CONTACTS
    }

    /// [`Mailboxes::finish`] at the maximum number of mailboxes.
    pub(super) fn cut(mut self) -> Vec<usize> {
        self.add_pending();
        self.list.flaw = Some(WarningCode::AddressesCut);
        self.unaddressed
    }

    pub(super) fn comment(&mut self, text: Cow<'v, str>) {
        self.comments.push(text);
    }

    pub(super) fn word(&mut self, word: AddressWord<'v>) {
        let is_first = self.words.len() == 1;
        if let Some(last) = self.words.last_mut().filter(|last| belongs(last, &word, is_first)) {
            last.note(&word);
            // A quoted local part keeps its quotes.
            if last.kind == WordKind::Quoted && word.raw.starts_with(['@', '.']) {
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
        self.words.push(NameWord::new(word.text, kind));
    }

    pub(super) fn angle(&mut self, text: &str, is_closed: bool) {
        let address = bare_address(text);
        // A name that is another address misleads other readers.
        let is_other = |word: &NameWord<'_>| is_mailbox(word) && !word.text.eq_ignore_ascii_case(&address);
        if self.after_mailbox || !is_closed || self.words.iter().any(is_other) {
            self.flaw();
        }
        // A bounce's `<>` has no name with a comma.
        if address.is_empty() {
            self.add_pending();
        }
        let name = self.name_with_commas();
        self.push(name, address);
        self.after_mailbox = true;
    }

    /// The words before brackets. A text without an address before a comma is the beginning of the name, whose quotes are
    /// missing. Names of accounts such as `root` before it are mailboxes.
    fn name_with_commas(&mut self) -> String {
        let name = joined(&self.words);
        let accounts = self.pending.iter().take_while(|item| item.is_account()).count();
        let of_name = self.pending.split_off(accounts);
        self.add_pending();
        self.pending = of_name;
        if self.pending.is_empty() {
            return name;
        }
        self.flaw();
        let before = std::mem::take(&mut self.pending).into_iter().map(|item| item.text);
        before.chain((!name.is_empty()).then_some(name)).collect::<Vec<_>>().join(", ")
    }

    /// Adds the texts before commas as mailboxes.
    fn add_pending(&mut self) {
        for PendingItem { text, comment, is_local } in std::mem::take(&mut self.pending) {
            if is_local {
                self.add(String::new(), text, comment);
            } else {
                self.flaw();
                self.unaddressed.push(self.list.contacts.len());
                self.add(text, String::new(), comment);
            }
        }
    }

    pub(super) fn begin_group(&mut self) {
        if self.in_group || self.after_mailbox || self.words.iter().any(is_mailbox) {
            self.flaw();
        }
        self.add_pending();
        self.words.clear();
        self.comments.clear();
        (self.in_group, self.after_mailbox) = (true, false);
    }

    pub(super) fn end_group(&mut self) {
        self.end();
        self.add_pending();
        self.in_group = false;
    }

    /// Ends the list. Returns the indices of mailboxes that are only a text, without brackets.
    pub(super) fn finish(mut self) -> Vec<usize> {
        self.end();
        self.add_pending();
        if self.in_group {
            self.flaw();
        }
        self.unaddressed
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
            self.add_pending();
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
        if self.words.is_empty() {
            return;
        }
        let text = joined(&self.words);
        let is_plain = matches!(self.words.as_slice(), [NameWord { kind: WordKind::Plain, written: None, .. }]);
        let holds_address = decoded(text.clone(), &mut None).contains('@');
        let (is_local, comment) = (is_plain && !text.starts_with("=?"), self.comments.join(" "));
        self.pending.push(PendingItem { text, comment, is_local });
        // An address, though in quotes, is no beginning of a name.
        if holds_address {
            self.add_pending();
        }
    }

    /// Adds a mailbox and forgets its words.
    fn push(&mut self, name: String, address: String) {
        let comment = std::mem::take(&mut self.comments).join(" ");
        self.words.clear();
        self.add(name, address, comment);
    }

    /// Adds a mailbox. The comment is the name if there is no other.
    fn add(&mut self, name: String, address: String, comment: String) {
        let name = if name.trim().is_empty() { comment } else { name };
        let name = decoded(name, &mut self.list.flaw);
        // A name without an address is flawed already, unless it is that of a bounce: `MAILER-DAEMON <>`.
        let is_empty = address.is_empty() && !name.is_empty();
        if !is_empty && !is_well_formed(&address) && !is_local_address(&address) {
            self.flaw();
        }
        if (!name.is_empty() || !address.is_empty()) && self.list.contacts.len() < MAX_CONTACTS {
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
