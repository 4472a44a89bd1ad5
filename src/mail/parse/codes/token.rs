//! Splits a line into tokens.

use std::borrow::Cow;

use crate::mail::has_no_width;

use super::vocabulary::{self, WordClass, has_no_blanks};

/// Maximum number of digits, each in a box of its own.
pub(super) const MAX_BOXES: usize = 8;

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// ASCII alphanumerics with at least one digit.
    Run,
    /// Alphabetic characters.
    Word,
    /// One other character.
    Mark,
}

/// A token of a line. Digits of other scripts are ASCII already (see [`normalized`]).
#[derive(Clone, Copy, Debug)]
pub(super) struct LineToken<'t> {
    pub text: &'t str,
    pub kind: TokenKind,
    /// True at the beginning of the line and after a blank.
    pub spaced: bool,
    pub class: Option<WordClass>,
}

impl<'t> LineToken<'t> {
    pub(super) fn is(&self, marks: &str) -> bool {
        self.kind == TokenKind::Mark && marks.contains(self.text)
    }

    fn new(text: &'t str, kind: TokenKind, spaced: bool) -> Self {
        let class = match kind {
            TokenKind::Mark if matches!(text, "№" | "#") => Some(WordClass::Number),
            TokenKind::Mark => None,
            TokenKind::Run if text.bytes().all(|byte| byte.is_ascii_digit()) => None,
            // A run may be a word too: `2FA`.
            TokenKind::Run | TokenKind::Word => vocabulary::class(&in_lower_case(text)),
        };
        LineToken { text, kind, spaced, class }
    }

    pub(super) fn is_digits(&self) -> bool {
        self.kind == TokenKind::Run && self.text.bytes().all(|b| b.is_ascii_digit())
    }

    /// True for digits and upper case.
    pub(super) fn is_upper(&self) -> bool {
        self.text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
    }
}

pub(super) fn in_lower_case(word: &str) -> Cow<'_, str> {
    let is_lower = word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_lower { Cow::Borrowed(word) } else { Cow::Owned(word.to_lowercase()) }
}

/// The text with characters of full width and digits of other scripts in ASCII, without invisible characters.
pub(super) fn normalized(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    /// The zeros of the scripts whose digits are used in messages.
    const ZEROS: [u32; 7] = [0xff10, 0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0x1d7ce];
    let ascii = |c: char| {
        let code = u32::from(c);
        let digit = ZEROS.iter().find_map(|zero| code.checked_sub(*zero).filter(|digit| *digit < 10));
        match c {
            _ if c.is_ascii() => c,
            // The hyphens of typography, which break no line, the minus, and the hyphen of full width.
            '\u{2010}' | '\u{2011}' | '\u{2212}' | '\u{ff0d}' => '-',
            'Ａ'..='Ｚ' | 'ａ'..='ｚ' => char::from_u32(code - 0xfee0).unwrap_or(c),
            _ => digit.and_then(|digit| char::from_digit(digit, 10)).unwrap_or(c),
        }
    };
    text.chars().filter(|c| !has_no_width(*c)).map(ascii).collect()
}

/// The tokens of a line. What looks like an address or a date with slashes is one mark.
pub(super) fn tokens(line: &str) -> Vec<LineToken<'_>> {
    let mut found = Vec::new();
    for word in line.split_whitespace() {
        let mut rest = word;
        while let Some(first) = rest.chars().next() {
            let length = segment(rest, |c| may_join(c) == may_join(first));
            let (part, behind) = rest.split_at(length);
            let spaced = part.as_ptr() == word.as_ptr();
            if is_address(part, behind) {
                found.push(LineToken::new("/", TokenKind::Mark, spaced));
            } else {
                split(part, spaced, &mut found);
            }
            rest = behind;
        }
    }
    found
}

/// True for an address, a path, and a date with slashes. A slash that only separates a code from the text `behind` it
/// makes none: `482913/유효시간`, `482913/3분`.
fn is_address(part: &str, behind: &str) -> bool {
    const MIN_CODE: usize = 4;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let has_duration = |duration: &str| is_number(duration) && vocabulary::starts_with_unit(behind);
    let separates = |(before, after): (&str, &str)| {
        let number = before.bytes().rev().take_while(|byte| byte.is_ascii_digit() || *byte == b'-').count();
        let ends_part = after.is_empty() && !behind.is_empty();
        !before.contains('/') && number >= MIN_CODE && (ends_part || has_duration(after))
    };
    let has_digit = part.bytes().any(|byte| byte.is_ascii_digit());
    let has_slash = || part.contains('/') && !part.rsplit_once('/').is_some_and(separates);
    part.contains('@') || part.contains("://") || has_digit && has_slash()
}

fn split<'t>(part: &'t str, mut spaced: bool, found: &mut Vec<LineToken<'t>>) {
    let mut rest = part;
    while let Some(first) = rest.chars().next() {
        let length = if is_word_character(first) { segment(rest, is_word_character) } else { first.len_utf8() };
        let (text, behind) = rest.split_at(length);
        let kind = match text.bytes().any(|b| b.is_ascii_digit()) {
            true => TokenKind::Run,
            false if is_word_character(first) => TokenKind::Word,
            false => TokenKind::Mark,
        };
        found.push(LineToken::new(text, kind, spaced));
        (rest, spaced) = (behind, false);
    }
}

/// True for characters of addresses, and for those of words that are not split from them.
fn may_join(c: char) -> bool {
    c.is_ascii() || is_word_character(c) && !has_no_blanks(c)
}

fn segment(text: &str, fits: impl Fn(char) -> bool) -> usize {
    text.find(|c| !fits(c)).unwrap_or(text.len())
}

/// True for alphanumerics and the vowel signs of Indic and Thai words.
fn is_word_character(c: char) -> bool {
    let is_sign =
        matches!(c, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{dff}' | '\u{e01}'..='\u{eff}');
    c.is_alphanumeric() || is_sign && !matches!(c, '।' | '॥' | '฿')
}
