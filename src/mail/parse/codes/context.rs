//! Decides whether a candidate is a code, from what stands around it.

use super::behind::{
    has_unit, is_confirmation_behind, is_named_behind, is_named_directly_behind, is_used_behind, names_offer,
};
use super::label::{self, NumberLabel, label_before};
use super::line::{CodeLine, MessageLines};
use super::list;
use super::shape::{Candidate, Shape};
use super::token::{LineToken, TokenKind};
use super::vocabulary::WordClass;

/// Lines before a number in which a word like "code" announces it. After the number, one line counts.
const LINES_AROUND: usize = 2;
/// Digits of a code below a line that asks for it. Longer numbers there are telephone numbers too.
const MAX_ASKED: usize = 8;

/// How sure it is that a number is a code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Certainty {
    /// Words beside the number name it, or it stands alone below words that announce a code.
    Named,
    /// Words near the number announce a code.
    Near,
}

/// What the words around a code say about it.
pub(super) struct Evidence {
    pub certainty: Certainty,
    /// The line and the token of the noun that names it.
    pub noun: Option<(usize, usize)>,
    /// True if something else that has a number stands between the noun and the code: `code for account 482913`.
    pub is_indirect: bool,
}

/// The evidence that a candidate on the line `n` is a code, if it is one.
pub(super) fn evidence(message: &MessageLines<'_>, n: usize, candidate: &Candidate) -> Option<Evidence> {
    let context = NumberContext::new(message, n, candidate)?;
    if context.label.is_other || has_unit(context.behind) || context.is_confirmation_of_purchase(candidate) {
        return None;
    }
    // `Auth Code: 07123C` on the receipt of a card.
    let is_approval = context.label.is_approval && message.names_card();
    if is_approval || context.label.is_measure && !context.names_code() {
        return None;
    }
    // `#482913` is a code only below words that ask for one.
    let is_numbered = context.is_alone && context.before.iter().any(|mark| mark.is("#"));
    if is_numbered && !context.label.is_code && context.asked_above().is_none() {
        return None;
    }
    let named = |is_named: bool| is_named.then_some(Certainty::Named);
    let certainty = match candidate.shape {
        Shape::Number => context.number(),
        Shape::Vague => named(context.vague(candidate)),
        Shape::Listed(count) => named(context.listed(count)),
        Shape::Mixed => named(context.mixed(candidate)),
        Shape::Alphabetic => named(context.alphabetic(candidate)),
    };
    let noun = context.label.noun.map(|noun| (context.label_line, noun));
    Some(Evidence { certainty: certainty?, noun, is_indirect: context.label.is_indirect })
}

/// What stands around a candidate.
struct NumberContext<'c, 't> {
    message: &'c MessageLines<'t>,
    n: usize,
    /// The first line of the list that the candidate belongs to; else its own line.
    first: usize,
    line: &'c CodeLine<'t>,
    before: &'c [LineToken<'t>],
    behind: &'c [LineToken<'t>],
    /// The line below a candidate that stands alone.
    below: &'c [LineToken<'t>],
    label: NumberLabel,
    /// The line of the label.
    label_line: usize,
    /// True if nothing but marks and the number of a list item stands on its line, which is not the subject.
    is_alone: bool,
}

impl<'c, 't> NumberContext<'c, 't> {
    fn new(message: &'c MessageLines<'t>, n: usize, candidate: &Candidate) -> Option<Self> {
        let lines = &message.lines;
        let line = lines.get(n)?;
        let tokens = line.tokens();
        let (before, behind) = (tokens.get(..candidate.tokens.start)?, tokens.get(candidate.tokens.end..)?);
        let is_mark = |token: &LineToken<'_>| token.kind == TokenKind::Mark;
        let item_number = list::item_number(tokens);
        let is_alone = before.iter().skip(item_number).all(is_mark)
            && behind.iter().all(is_mark)
            && (item_number == 0 || list::has_neighbour(lines, n));
        let first = if is_alone { list::first_line(lines, n) } else { n };
        if is_alone && item_number > 0 {
            // `1. 482913` is a code below "Backup codes" and the like.
            lines_around(lines, first, n).iter().find(|line| line.names_code())?;
        }
        // Lines above and below point to what stands alone between them.
        let above = first.checked_sub(1).filter(|_| is_alone).and_then(|above| Some((above, lines.get(above)?)));
        let label = above.map_or_else(|| label_before(before, false), |(_, above)| label_before(above.tokens(), true));
        let label_line = above.map_or(n, |(above, _)| above);
        let below = lines.get(n + 1).filter(|_| is_alone).map(CodeLine::tokens).unwrap_or_default();
        let is_alone = is_alone && n > 0;
        Some(NumberContext { message, n, first, line, before, behind, below, label, label_line, is_alone })
    }

    /// True for the confirmation number of a booking or a payment. As a code, it has no more than 6 digits.
    fn is_confirmation_of_purchase(&self, candidate: &Candidate) -> bool {
        let is_short = candidate.code.len() <= 6 && candidate.code.bytes().all(|byte| byte.is_ascii_digit());
        let is_confirmation =
            self.label.is_confirmation || is_confirmation_behind(self.behind) || is_confirmation_behind(self.below);
        is_confirmation && !is_short || (is_confirmation || self.label.is_confirmed) && self.message.names_purchase()
    }

    fn number(&self) -> Option<Certainty> {
        let is_announced = self.is_announced();
        if self.label.is_code || self.is_named_behind() || self.is_used() || self.is_alone && is_announced {
            return Some(Certainty::Named);
        }
        let is_near =
            self.is_alone || (is_announced || self.line.has_action()) && !label::names_other(self.before, self.behind);
        is_near.then_some(Certainty::Near)
    }

    fn vague(&self, candidate: &Candidate) -> bool {
        let is_grouped = candidate.tokens.len() > 1 && candidate.code.len() >= 6;
        // As dates and amounts are: `12-34-56`, `482.913`.
        let inner = self.line.tokens().get(candidate.tokens.clone()).unwrap_or_default();
        let is_joined = inner.iter().any(|token| token.is("-–."));
        let is_spaced = is_grouped && !is_joined;
        is_spaced && (self.is_alone || self.label.is_marked && self.line.announces())
            || is_spaced && (self.label.is_code || self.is_used())
            || is_named_behind(self.below)
            || candidate.code.len() <= MAX_ASKED && self.asked_above().is_some()
            || is_labelled(self.line, &self.label, &candidate.code, self.behind)
    }

    fn listed(&self, count: usize) -> bool {
        // Two numbers beside a label may be one: `Code: 123456 654321`.
        self.is_alone && (self.label.is_code || self.is_announced())
            || count > 2 && self.label.is_code && self.label.is_pointed
    }

    fn mixed(&self, candidate: &Candidate) -> bool {
        if candidate.tokens.len() > 1 && candidate.code.len() >= 6 {
            return self.label.is_code || self.is_alone && self.is_announced();
        }
        let is_pointed = self.label.is_pointed || self.label.is_clear;
        if self.label.is_code && is_pointed {
            return is_random(&candidate.code, self.label.is_marked);
        }
        // `Enter code AB12CD to continue`, but `Use code SAVE2024 at the checkout`.
        let is_meant = self.label.is_code && (self.label.is_qualified || self.line.has_use());
        // `New commits to your code.` above `3f8a2b1`
        let is_upper = !candidate.code.bytes().any(|byte| byte.is_ascii_lowercase());
        let is_asked = || self.asked_above().is_some_and(|line| is_upper || line.has_use());
        let is_named = is_meant && !names_offer(self.behind) || self.is_named_behind() || is_asked();
        is_named && turns(&candidate.code) > 1
    }

    fn alphabetic(&self, candidate: &Candidate) -> bool {
        let is_meant = self.label.is_pointed || candidate.tokens.len() > 1 && self.line.has_use();
        self.label.is_code && is_meant && is_unpronounceable(&candidate.code)
    }

    /// True if the subject or a line near the candidate names a code.
    fn names_code(&self) -> bool {
        let lines = &self.message.lines;
        lines_around(lines, self.first, self.n).iter().chain(lines.first()).any(CodeLine::names_code)
    }

    fn is_announced(&self) -> bool {
        lines_around(&self.message.lines, self.first, self.n).iter().any(CodeLine::announces)
    }

    /// The line directly above a candidate that stands alone, if that line asks for a code.
    fn asked_above(&self) -> Option<&CodeLine<'t>> {
        let above = self.first.checked_sub(1).filter(|_| self.is_alone && !has_unit(self.below));
        self.message.lines.get(above?).filter(|line| line.asks_for_code())
    }

    /// True if a word for what a person does with a code stands directly before the candidate, or belongs to it from
    /// behind.
    fn is_used(&self) -> bool {
        let class = self.before.last().and_then(|token| token.class);
        matches!(class, Some(WordClass::Use | WordClass::Action)) || is_used_behind(self.behind)
    }

    /// True if words behind the candidate name it as a code.
    fn is_named_behind(&self) -> bool {
        is_named_behind(self.behind) || is_named_behind(self.below) || is_named_directly_behind(self.behind)
    }
}

/// The lines `first..=last` and those around them.
fn lines_around<'l, 't>(lines: &'l [CodeLine<'t>], first: usize, last: usize) -> &'l [CodeLine<'t>] {
    let range = first.saturating_sub(LINES_AROUND)..lines.len().min(last + 2);
    lines.get(range).unwrap_or_default()
}

/// True if the words around a number that may be a year or an amount name it as a code.
fn is_labelled(line: &CodeLine<'_>, label: &NumberLabel, code: &str, behind: &[LineToken<'_>]) -> bool {
    let is_year = code.len() == 4 && (code.starts_with("19") || code.starts_with("20"));
    // `Your code 4829 is valid`, and languages that put their verb there.
    let is_pointed = || label.is_pointed || behind.first().and_then(|token| token.class) == Some(WordClass::Link);
    // `Use code 4829 to confirm`, `Your code 4829`; but a code for a discount is something else.
    let is_meant = || !is_year && (label.is_possessed || line.has_use()) && !names_offer(behind);
    if label.is_code && (label.is_clear || is_pointed() || is_meant()) {
        return true;
    }
    !is_year && (is_named_behind(behind) || is_named_directly_behind(behind) && line.has_use())
}

/// True unless alphanumerics are an ordinary word: `python3`. `is_marked` if a mark points to them.
fn is_random(code: &str, is_marked: bool) -> bool {
    is_marked || !code.bytes().any(|byte| byte.is_ascii_lowercase()) || turns(code) > 1
}

/// How often digits and other characters alternate.
fn turns(code: &str) -> usize {
    let is_turn = |two: &&[u8]| matches!(two, [a, b] if a.is_ascii_digit() != b.is_ascii_digit());
    code.as_bytes().windows(2).filter(is_turn).count()
}

/// True if it is no ordinary word: three consonants follow each other. `EXPIRED` and `SIGN-UP` are words.
fn is_unpronounceable(code: &str) -> bool {
    let is_consonant = |b: &u8| !b"AEIOUY-".contains(b);
    let characters: Vec<u8> = code.bytes().filter(|b| *b != b'-').collect();
    characters.windows(3).any(|three| three.iter().all(is_consonant))
}
