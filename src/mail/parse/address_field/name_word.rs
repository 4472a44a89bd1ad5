//! The words between two commas, and which of them are one address.

use std::borrow::Cow;

use super::token::AddressWord;

/// A word of a name, or an address without brackets.
pub(super) struct NameWord<'v> {
    pub text: Cow<'v, str>,
    pub kind: WordKind,
    /// What was joined, with the blanks around an `@` or a dot: a name keeps them. `None` without such blanks.
    pub written: Option<String>,
}

impl<'v> NameWord<'v> {
    pub(super) fn new(text: Cow<'v, str>, kind: WordKind) -> Self {
        NameWord { text, kind, written: None }
    }

    /// Notes a word that is about to join this one.
    pub(super) fn note(&mut self, word: &AddressWord<'_>) {
        if (word.is_spaced || self.kind == WordKind::Quoted) && self.written.is_none() {
            self.written = Some(self.text.to_string());
        }
        if let Some(written) = &mut self.written {
            written.push_str(if word.is_spaced { " " } else { "" });
            written.push_str(&word.text);
        }
    }

    /// True if the last word that joined is a dot alone, with a blank before it.
    fn ends_with_lone_dot(&self) -> bool {
        self.written.as_ref().is_some_and(|written| written.ends_with(" ."))
    }

    fn as_written(&self) -> &str {
        // A quoted local part keeps its quotes.
        let is_quoted_address = self.kind == WordKind::Address && self.text.starts_with('"');
        self.written.as_deref().filter(|_| !is_quoted_address).unwrap_or(&self.text)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordKind {
    Plain,
    Quoted,
    /// Has a local part, an `@` and a domain.
    Address,
}

/// True if `word` continues `last`: without blanks between them, or around the `@` and the dots of an address
/// (RFC 5322 §4.4). `is_first` says that no word stands before `last`.
pub(super) fn belongs(last: &NameWord<'_>, word: &AddressWord<'_>, is_first: bool) -> bool {
    let (after_lone_dot, NameWord { text: last, kind, .. }) = (last.ends_with_lone_dot(), last);
    if !word.is_spaced {
        // Encoded words stay apart from each other, with what is between them.
        return true;
    }
    if word.is_quoted {
        return last.ends_with('@');
    }
    if after_lone_dot {
        // In `Big Shop . shop@x.test` the dot is of the name, and `a@x.test . b@y.test` are two addresses.
        return !word.raw.contains('@') || is_first && *kind != WordKind::Address;
    }
    let has_at = *kind == WordKind::Address || last.ends_with('@');
    let begins = word.raw.starts_with('@') && word.raw != "@@" && !last.contains('@');
    let is_dot = word.raw.starts_with('.') && (has_at || word.raw == ".");
    begins || is_dot || last.ends_with('@') || last == "." || last.ends_with('.') && has_at && !word.raw.contains('@')
}

pub(super) fn is_mailbox(word: &NameWord<'_>) -> bool {
    word.kind == WordKind::Address
}

pub(super) fn joined(words: &[NameWord<'_>]) -> String {
    let mut out = String::new();
    for word in words {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word.as_written());
    }
    out
}

/// True for `local@domain`.
pub(super) fn is_address(word: &str) -> bool {
    if word.starts_with("=?") {
        return false;
    }
    word.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
}

pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if c == '"' || c == '\\' {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}
