//! What the words before a number say about it. Those behind it are in behind.rs.

use std::ops::ControlFlow;

use super::noun::{is_approval, is_code, is_confirmation, is_possessed, qualified};
use super::token::{LineToken, TokenKind};
use super::vocabulary::{self, WordClass};

/// Words between a label and its number, if something like `:` or "is" points from one to the other.
pub(super) const MAX_GAP: usize = 6;
/// Marks that point from a label to its number.
const POINTERS: &str = ":：=＝>→–—-[(【「『（\"'“‘*";
/// Marks that end a clause.
pub(super) const ENDERS: &str = ".,;!?。，、；！？।؟،؛";
/// Those that end a sentence.
const SENTENCE_ENDERS: &str = ".!?。！？।؟";

/// What the words before a number say.
#[derive(Debug, Default)]
pub(super) struct NumberLabel {
    pub is_code: bool,
    pub is_other: bool,
    /// True if a mark or a word points from the label to the number.
    pub is_pointed: bool,
    /// True if it is a mark.
    pub is_marked: bool,
    /// True if the label hardly ever means another number, so that nothing need point to the number.
    pub is_clear: bool,
    /// True if the label says whose code it is.
    pub is_possessed: bool,
    /// True if the label says what the code is for: a verification.
    pub is_qualified: bool,
    /// True for a confirmation number: that of a purchase, or a code.
    pub is_confirmation: bool,
    /// True if a unit with a number of its own points to the number: `Enter it within 10 minutes: 482913`, or
    /// `Reports in the last 24 hours: 482913`.
    pub is_measure: bool,
    /// True if a word for a confirmation stands directly before the number: `Confirmation: 7782910`.
    pub is_confirmed: bool,
    /// True for the code of an approval: that of a payment by card, or a code.
    pub is_approval: bool,
    /// The index of the noun that names a code.
    pub noun: Option<usize>,
    /// True if the code is for something else that has a number, and that stands between the noun and this number.
    pub is_indirect: bool,
}

/// What [`label_before`] knows of the words between the label and the number.
#[derive(Default)]
struct PassedWords {
    is_qualified: bool,
    /// True if one of them is a [`WordClass::Confirm`].
    is_confirmed: bool,
    /// True if one of them is another number. What it numbers stands before it.
    has_number: bool,
    /// Words for something else that has a number.
    others: usize,
    is_member: bool,
    /// True if the first is a [`WordClass::Coded`] and no other word follows before the label.
    is_coded: bool,
}

/// The label at the end of `tokens`; `line_above` if the number stands on the next line.
pub(super) fn label_before(tokens: &[LineToken<'_>], line_above: bool) -> NumberLabel {
    let label = NumberLabel { is_pointed: line_above, is_marked: line_above, ..NumberLabel::default() };
    let mut search = LabelSearch { tokens, line_above, label, gap: 0, passed: PassedWords::default() };
    for (at, token) in tokens.iter().enumerate().rev() {
        let is_mark = token.kind == TokenKind::Mark && token.class.is_none();
        let step = if is_mark { search.pass_mark(at, token) } else { search.pass_word(at, token) };
        if step.is_break() {
            break;
        }
    }
    let LabelSearch { mut label, passed, .. } = search;
    label.is_other |= passed.others > 0 && !label.is_code;
    label
}

/// The search for a label, from the number back to the beginning of its line.
struct LabelSearch<'s, 't> {
    tokens: &'s [LineToken<'t>],
    line_above: bool,
    label: NumberLabel,
    /// The words between the label and the number that have no part in either.
    gap: usize,
    passed: PassedWords,
}

impl LabelSearch<'_, '_> {
    fn prior(&self, at: usize) -> &[LineToken<'_>] {
        self.tokens.get(..at).unwrap_or_default()
    }

    fn pass_mark(&mut self, at: usize, mark: &LineToken<'_>) -> ControlFlow<()> {
        // `Order no. 998877`, `Tel. 1234-5678`, `Steuernr. 123456`
        let is_short = |word: &LineToken<'_>| word.text.chars().count() <= 3 || word.text.ends_with("nr");
        let is_abbreviation = |word: &LineToken<'_>| mark.is(".") && word.class.is_some() && is_short(word);
        if mark.is(ENDERS) && !self.prior(at).last().is_some_and(is_abbreviation) {
            return ControlFlow::Break(());
        }
        if self.gap == 0 && mark.is(POINTERS) {
            (self.label.is_pointed, self.label.is_marked) = (true, true);
        }
        ControlFlow::Continue(())
    }

    fn pass_word(&mut self, at: usize, token: &LineToken<'_>) -> ControlFlow<()> {
        let (tokens, is_first) = (self.tokens, self.gap == 0);
        let prior = tokens.get(..at).unwrap_or_default();
        let label = &mut self.label;
        label.is_pointed |= is_first && vocabulary::ends_with_link(token.text);
        match token.class {
            Some(WordClass::Link) if is_first => label.is_pointed = true,
            Some(WordClass::Check | WordClass::Qualifier) => self.passed.is_qualified = true,
            Some(WordClass::Confirm) => {
                // `Enter this code to confirm:` introduces a code, no number of a confirmation.
                let is_last = tokens.iter().skip(at + 1).all(|token| token.kind == TokenKind::Mark);
                label.is_confirmed |= is_last && !follows_code(tokens, at);
                self.passed.is_confirmed = true;
            }
            Some(WordClass::Action | WordClass::Use | WordClass::Filler) => {}
            Some(WordClass::Possessive) => label.is_possessed = true,
            Some(WordClass::Currency | WordClass::Counter) if is_first && !label.is_pointed => {
                label.is_other = true;
                return ControlFlow::Break(());
            }
            // `Your request (482913) has been received`; `Your code for user (55443322) is 482913`
            Some(WordClass::Counter) if is_in_brackets(tokens, at) && (is_for(prior) || !follows_code(tokens, at)) => {
                label.is_indirect = is_for(prior);
                label.is_other = !label.is_indirect;
                if label.is_other {
                    return ControlFlow::Break(());
                }
                self.gap += 1;
            }
            // `Requests: 482913`
            Some(WordClass::Unit) if label.is_marked && at + 2 == tokens.len() && !follows_code(tokens, at) => {
                label.is_measure = prior.last().is_some_and(LineToken::is_digits);
                label.is_other = !label.is_measure;
                return ControlFlow::Break(());
            }
            // Words of a sentence about a code: "no" in `Digite o código no aplicativo:`, "id" in `a code for id.gov:`.
            Some(WordClass::Number) if !is_first && !self.passed.has_number && follows_code(tokens, at) => {
                self.gap += 1
            }
            Some(class) if class.has_number() || matches!(class, WordClass::Code | WordClass::Secret) => {
                self.pass_noun(at, token, class)?;
            }
            class => {
                self.passed.is_coded = class == Some(WordClass::Coded) && is_first;
                self.passed.has_number |= token.kind == TokenKind::Run && token.class.is_none();
                self.gap += 1;
            }
        }
        // `OTP for linking number 5550123 to account 4410983 is 482913`
        let max_gap = if self.label.is_pointed { MAX_GAP + (2 * self.passed.others).min(MAX_GAP) } else { 0 };
        if self.gap > max_gap { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn pass_noun(&mut self, at: usize, token: &LineToken<'_>, class: WordClass) -> ControlFlow<()> {
        let prior = self.tokens.get(..at).unwrap_or_default();
        let label = &mut self.label;
        match class {
            // `Code for order no. 5544332 is 482913`
            class if self.passed.has_number && class.has_number() => self.passed.others += 1,
            // `Code for order 5544332` gives the number of the order.
            class if label.is_pointed && class.has_number() && class != WordClass::Number && is_for(prior) => {
                label.is_indirect = true;
            }
            WordClass::Owner | WordClass::Member if label.is_marked => {
                self.passed.is_member |= class == WordClass::Member && self.gap == 0;
            }
            WordClass::Other | WordClass::Offer | WordClass::Owner | WordClass::Member => {
                // "To confirm your order:" above a number announces a code, but "Invoices:" does not.
                let is_within = self.gap == 0 && token.text.contains(vocabulary::has_no_blanks);
                label.is_other = !self.line_above || is_within || at == 0;
                return ControlFlow::Break(());
            }
            _ => {
                label.name(token, prior, &self.passed);
                label.is_approval = is_approval(token, prior, self.tokens.get(at + 1..).unwrap_or_default());
                label.is_clear = self.gap == 0 && is_clear(token.text);
                label.noun = Some(at);
                return ControlFlow::Break(());
            }
        }
        self.gap += 1;
        ControlFlow::Continue(())
    }
}

impl NumberLabel {
    /// `prior` are the tokens before the noun `token`.
    fn name(&mut self, token: &LineToken<'_>, prior: &[LineToken<'_>], passed: &PassedWords) {
        (self.is_code, self.is_other) = qualified(token, prior);
        // `mot de passe à usage unique`
        let is_qualified = passed.is_qualified || passed.is_confirmed;
        self.is_code |= token.class == Some(WordClass::Secret) && is_qualified && !self.is_other;
        // `número de confirmación`
        self.is_confirmation = is_confirmation(token, prior)
            || token.class == Some(WordClass::Number) && passed.is_confirmed && !passed.is_qualified && !self.is_code;
        // `código de socio`, `código de producto`
        if (passed.is_member || passed.is_coded) && !is_qualified {
            (self.is_code, self.is_other) = (false, true);
        }
        let is_check = |class| matches!(class, WordClass::Check | WordClass::Confirm);
        self.is_qualified = prior.last().and_then(|token| token.class).is_some_and(is_check);
        self.is_possessed |= is_possessed(token, prior);
    }
}

/// True if nothing but a round bracket stands between the word `at` and the number behind `tokens`.
fn is_in_brackets(tokens: &[LineToken<'_>], at: usize) -> bool {
    at + 2 == tokens.len() && tokens.last().is_some_and(|mark| mark.is("(（"))
}

/// True if the word `at` stands in a sentence that names the code before it, so that a unit there is no label of a count:
/// `Enter this code within ten minutes:`, but `Code downloads:` and `OTP requests in 24 hours:`.
fn follows_code(tokens: &[LineToken<'_>], at: usize) -> bool {
    /// Words of a sentence that are searched.
    const MAX_SENTENCE: usize = 40;
    let prior = tokens.get(..at).unwrap_or_default();
    let is_within_clause = prior.last().is_some_and(|last| last.kind != TokenKind::Mark);
    let mut sentence =
        prior.iter().enumerate().rev().take(MAX_SENTENCE).take_while(|(_, token)| !token.is(SENTENCE_ENDERS));
    is_within_clause && sentence.any(|(at, _)| is_code(tokens, at))
}

/// True if a code is for what follows `prior`: `the code for your order is 123456`.
fn is_for(prior: &[LineToken<'_>]) -> bool {
    const JOINTS: [&str; 19] = [
        "for", "of", "to", "für", "zu", "zur", "zum", "pour", "para", "per", "voor", "untuk", "för", "til", "для",
        "dla", "pro", "pentru", "για",
    ];
    /// Words that may stand between.
    const MAX_WORDS: usize = 4;
    let is_joint = |token: &LineToken<'_>| JOINTS.iter().any(|joint| token.text.eq_ignore_ascii_case(joint));
    let start = prior.len().saturating_sub(MAX_WORDS + 1);
    let joint = prior.get(start..).and_then(|words| words.iter().rposition(is_joint)).map(|at| start + at);
    let Some((noun, before)) = joint.and_then(|joint| prior.get(..joint)).and_then(<[_]>::split_last) else {
        return false;
    };
    noun.class == Some(WordClass::Code) && qualified(noun, before) == (true, false)
}

/// True if the tokens between two codes join them to a list: `482913 or 551204`.
pub(super) fn is_joint(between: &[LineToken<'_>]) -> bool {
    let mut words = between.iter().filter(|token| token.kind != TokenKind::Mark);
    let marks = between.iter().filter(|token| token.kind == TokenKind::Mark);
    let is_joint = |token: &LineToken<'_>| token.class.is_none() && token.kind == TokenKind::Word;
    marks.into_iter().all(|mark| mark.is(",;、，；/|&+()[]\"'*"))
        && words.next().is_none_or(is_joint)
        && words.next().is_none()
}

/// True if the words directly beside a number are no words for codes, so that they say what it is: `HRB 123456`,
/// `License 482913`, `101000 Москва`.
pub(super) fn names_other(before: &[LineToken<'_>], behind: &[LineToken<'_>]) -> bool {
    /// Shorter words without a capital are prepositions and the like.
    const MIN_NOUN: usize = 4;
    let is_unknown =
        |token: &LineToken<'_>| token.kind == TokenKind::Word && matches!(token.class, None | Some(WordClass::Coded));
    let is_filler = |token: &LineToken<'_>| token.class == Some(WordClass::Filler);
    let is_name =
        |token: &LineToken<'_>| (is_unknown(token) || is_filler(token)) && token.text.starts_with(char::is_uppercase);
    let is_noun = |token: &LineToken<'_>| {
        is_name(token)
            || is_unknown(token)
                && (token.text.chars().count() >= MIN_NOUN || token.text.contains(vocabulary::has_no_blanks))
    };
    // `Reg. 482913`
    let before = match before {
        [.., word, dot] if dot.is(".") && !dot.spaced && word.text.len() < MIN_NOUN => Some(word),
        _ => before.last(),
    };
    before.is_some_and(is_noun) || behind.first().is_some_and(|token| token.spaced && is_name(token))
}

/// True for the short names of one-time codes, and for scripts that put no mark between a label and its number.
fn is_clear(word: &str) -> bool {
    let is_short_name = ["otp", "passcode", "2fa", "totp"].iter().any(|name| word.eq_ignore_ascii_case(name));
    is_short_name || word.ends_with(vocabulary::has_no_blanks)
}
