//! The lines of a message, and what their words announce.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::noun::{is_code, is_own_code, qualified};
use super::token::{self, LineToken, MAX_BOXES, TokenKind};
use super::vocabulary::{Topic, WordClass};

/// The lines, with digits that stand on a line each as one line: the cells of a table or the boxes of a form.
pub(super) fn joined_digits(lines: Vec<&str>) -> Vec<Cow<'_, str>> {
    let is_digit = |line: &&str| line.len() == 1 && line.bytes().all(|byte| byte.is_ascii_digit());
    let mut out = Vec::with_capacity(lines.len());
    for run in lines.chunk_by(|a, b| is_digit(a) && is_digit(b)) {
        if (4..=MAX_BOXES).contains(&run.len()) {
            out.push(Cow::Owned(run.join(" ")));
        } else {
            out.extend(run.iter().map(|line| Cow::Borrowed(*line)));
        }
    }
    out
}

/// The lines of a message. The first is its subject.
pub(super) struct MessageLines<'t> {
    pub lines: Vec<CodeLine<'t>>,
    names_purchase: OnceCell<bool>,
    names_card: OnceCell<bool>,
}

impl<'t> MessageLines<'t> {
    pub(super) fn new(lines: Vec<CodeLine<'t>>) -> Self {
        MessageLines { lines, names_purchase: OnceCell::new(), names_card: OnceCell::new() }
    }

    /// True if the message is about a booking, a payment or the like.
    pub(super) fn names_purchase(&self) -> bool {
        *self.names_purchase.get_or_init(|| self.names(Topic::Purchase))
    }

    /// True if the message is about a payment by card.
    pub(super) fn names_card(&self) -> bool {
        *self.names_card.get_or_init(|| self.names(Topic::Card))
    }

    fn names(&self, topic: Topic) -> bool {
        let mut words = self.lines.iter().flat_map(CodeLine::tokens).filter(|token| token.kind == TokenKind::Word);
        words.any(|token| topic.has(&token::in_lower_case(token.text)))
    }
}

/// A line, split when it is first needed.
pub(super) struct CodeLine<'t> {
    pub text: &'t str,
    tokens: OnceCell<Vec<LineToken<'t>>>,
    announces: OnceCell<bool>,
    names_code: OnceCell<bool>,
    has_action: OnceCell<bool>,
    has_use: OnceCell<bool>,
}

impl<'t> CodeLine<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        CodeLine {
            text,
            tokens: OnceCell::new(),
            announces: OnceCell::new(),
            names_code: OnceCell::new(),
            has_action: OnceCell::new(),
            has_use: OnceCell::new(),
        }
    }

    pub(super) fn tokens(&self) -> &[LineToken<'t>] {
        self.tokens.get_or_init(|| token::tokens(self.text))
    }

    /// True if the line has a word for a code or for a verification, unless it is the code of something else.
    pub(super) fn announces(&self) -> bool {
        let tokens = self.tokens();
        let is_announcing = |(at, token): (usize, &LineToken<'t>)| match token.class {
            Some(WordClass::Code) => !qualified(token, tokens.get(..at).unwrap_or_default()).1,
            class => matches!(
                class,
                Some(WordClass::Secret | WordClass::Check | WordClass::Confirm | WordClass::Confirmation)
            ),
        };
        *self.announces.get_or_init(|| tokens.iter().enumerate().any(is_announcing))
    }

    /// True if the line has a noun for a code.
    pub(super) fn names_code(&self) -> bool {
        let tokens = self.tokens();
        *self.names_code.get_or_init(|| (0..tokens.len()).any(|at| is_code(tokens, at)))
    }

    /// True if the line asks for the code below it, or presents that: `Get your code below and enter it on the TV.` A
    /// line about a discount does not.
    pub(super) fn asks_for_code(&self) -> bool {
        let tokens = self.tokens();
        let is_offer = |token: &LineToken<'_>| token.class == Some(WordClass::Offer) || token.is("%％");
        self.names_code()
            && (self.has_use() || (0..tokens.len()).any(|at| is_own_code(tokens, at)))
            && !tokens.iter().any(is_offer)
    }

    fn has(&self, cell: &OnceCell<bool>, classes: &[WordClass]) -> bool {
        let is_one = |token: &LineToken<'t>| token.class.is_some_and(|class| classes.contains(&class));
        *cell.get_or_init(|| self.tokens().iter().any(is_one))
    }

    /// True if the line says what a person does with a code.
    pub(super) fn has_action(&self) -> bool {
        self.has(&self.has_action, &[WordClass::Action])
    }

    /// True if the line says so in any way.
    pub(super) fn has_use(&self) -> bool {
        self.has(&self.has_use, &[WordClass::Action, WordClass::Use, WordClass::Check, WordClass::Confirm])
    }
}
