//! What the words beside a number say about it.

use super::token::{LineToken, TokenKind};
use super::vocabulary::{self, WordClass};

/// Words between a label and its number, if something like `:` or "is" points from one to the other.
const MAX_GAP: usize = 6;
/// Marks that point from a label to its number.
const POINTERS: &str = ":：=＝>→–—-[(【「『（\"'“‘*";
/// Marks that end a clause.
const ENDERS: &str = ".,;!?。，、；！？।؟،؛";

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
}

/// The label at the end of `tokens`; `line_above` if the number stands on the next line.
pub(super) fn label_before(tokens: &[LineToken<'_>], line_above: bool) -> NumberLabel {
    let mut label = NumberLabel { is_pointed: line_above, is_marked: line_above, ..NumberLabel::default() };
    let (mut gap, mut is_qualified) = (0, false);
    for (at, token) in tokens.iter().enumerate().rev() {
        let prior = tokens.get(..at).unwrap_or_default();
        if token.kind == TokenKind::Mark && token.class.is_none() {
            // `Order no. 998877`, `Tel. 1234-5678`, `Steuernr. 123456`
            let is_short = |word: &LineToken<'_>| word.text.len() <= 3 || word.text.ends_with("nr");
            let is_abbreviation = |word: &LineToken<'_>| token.is(".") && word.class.is_some() && is_short(word);
            if token.is(ENDERS) && !prior.last().is_some_and(is_abbreviation) {
                break;
            }
            if gap == 0 && token.is(POINTERS) {
                (label.is_pointed, label.is_marked) = (true, true);
            }
            continue;
        }
        label.is_pointed |= gap == 0 && vocabulary::ends_with_link(token.text);
        match token.class {
            Some(WordClass::Link) if gap == 0 => label.is_pointed = true,
            Some(WordClass::Check | WordClass::Qualifier) => is_qualified = true,
            Some(WordClass::Action | WordClass::Use | WordClass::Filler) => {}
            Some(WordClass::Possessive) => label.is_possessed = true,
            Some(WordClass::Currency | WordClass::Counter) if gap == 0 && !label.is_pointed => {
                label.is_other = true;
                break;
            }
            // `Requests: 482913`
            Some(WordClass::Unit) if label.is_marked && at + 2 == tokens.len() => {
                label.is_other = true;
                break;
            }
            Some(WordClass::Owner) if label.is_marked => gap += 1,
            Some(WordClass::Other | WordClass::Offer | WordClass::Owner) if is_for(prior) => gap += 1,
            Some(WordClass::Other | WordClass::Offer | WordClass::Owner) => {
                // "To confirm your order:" above a number announces a code.
                label.is_other = !line_above || gap == 0 && token.text.contains(vocabulary::has_no_blanks);
                break;
            }
            Some(noun @ (WordClass::Code | WordClass::Secret | WordClass::Number)) => {
                label.name(noun, token, prior, is_qualified);
                label.is_clear = gap == 0 && is_clear(token.text);
                break;
            }
            _ => gap += 1,
        }
        if gap > if label.is_pointed { MAX_GAP } else { 0 } {
            break;
        }
    }
    label
}

impl NumberLabel {
    /// `noun` is the class of `token`, and `prior` the tokens before it.
    fn name(&mut self, noun: WordClass, token: &LineToken<'_>, prior: &[LineToken<'_>], is_qualified: bool) {
        (self.is_code, self.is_other) = qualified(noun, prior);
        // `mot de passe à usage unique`
        self.is_code |= noun == WordClass::Secret && is_qualified && !self.is_other;
        let is_possessive = |token: &LineToken<'_>| token.class == Some(WordClass::Possessive);
        self.is_qualified = prior.last().is_some_and(|token| token.class == Some(WordClass::Check));
        let words = prior.iter().rev().take_while(|token| token.kind != TokenKind::Mark);
        self.is_possessed |= words.take(3).any(is_possessive);
        // Arabic and Turkish write the possessive as an end of the noun: `رمزك`, `kodunuz`.
        self.is_possessed |= ["ك", "nuz", "niz", "nız", "nüz"].iter().any(|end| token.text.ends_with(end));
    }
}

/// True if a code is for what follows `prior`: `the code for your order is 123456`.
fn is_for(prior: &[LineToken<'_>]) -> bool {
    const JOINTS: [&str; 12] = ["for", "of", "to", "für", "pour", "para", "per", "voor", "untuk", "för", "til", "для"];
    /// Words that may stand between.
    const MAX_WORDS: usize = 4;
    let is_joint = |token: &LineToken<'_>| JOINTS.iter().any(|joint| token.text.eq_ignore_ascii_case(joint));
    let start = prior.len().saturating_sub(MAX_WORDS + 1);
    let joint = prior.get(start..).and_then(|words| words.iter().rposition(is_joint)).map(|at| start + at);
    let Some((noun, before)) = joint.and_then(|joint| prior.get(..joint)).and_then(<[_]>::split_last) else {
        return false;
    };
    noun.class == Some(WordClass::Code) && qualified(WordClass::Code, before) == (true, false)
}

/// True if a noun with the words `prior` to it is a code, and true if it is something else.
pub(super) fn qualified(noun: WordClass, prior: &[LineToken<'_>]) -> (bool, bool) {
    let is_hyphen = |token: &&LineToken<'_>| token.is("-.#");
    let prior = prior.iter().rev().find(|token| !is_hyphen(token)).filter(|token| token.kind != TokenKind::Mark);
    let qualifier = prior.and_then(|token| token.class);
    match (noun, qualifier) {
        (_, Some(WordClass::Other | WordClass::Offer)) => (false, true),
        (WordClass::Code, _) | (_, Some(WordClass::Check | WordClass::Qualifier | WordClass::Code)) => (true, false),
        (WordClass::Number, Some(WordClass::Possessive | WordClass::Filler)) => (false, false),
        (WordClass::Number, _) => (false, prior.is_some()),
        _ => (false, false),
    }
}

/// True if the words after a number name it: `0042 is your PIN`, `1234는 인증번호입니다`.
pub(super) fn is_named_behind(tokens: &[LineToken<'_>]) -> bool {
    let Some((first, rest)) = tokens.split_first() else { return false };
    let is_particle = first.kind == TokenKind::Word && !first.spaced && !first.text.is_ascii();
    if first.class != Some(WordClass::Link) && !first.is("–—-") && !is_particle {
        return false;
    }
    for (at, token) in rest.iter().enumerate().take(MAX_GAP + 1).take_while(|(_, token)| !token.is(ENDERS)) {
        if let Some(
            noun @ (WordClass::Code | WordClass::Secret | WordClass::Number | WordClass::Other | WordClass::Offer),
        ) = token.class
        {
            return qualified(noun, rest.get(..at).unwrap_or_default()).0;
        }
    }
    false
}

/// True if a noun for a code follows a number directly, as in Turkish and Hungarian: `4829 kodunu`, `a 4829 kódot`.
pub(super) fn is_named_directly_behind(tokens: &[LineToken<'_>]) -> bool {
    tokens.first().is_some_and(|token| token.spaced && token.class == Some(WordClass::Code))
}

/// True if the clause behind a number is about a discount.
pub(super) fn names_offer(behind: &[LineToken<'_>]) -> bool {
    let clause = behind.iter().take(MAX_GAP + 1).take_while(|token| !token.is(ENDERS));
    clause.into_iter().any(|token| token.class == Some(WordClass::Offer))
}

/// True if the number before `tokens` counts or numbers something.
pub(super) fn has_unit(tokens: &[LineToken<'_>]) -> bool {
    let Some((word, rest)) = tokens.split_first().filter(|(word, _)| word.kind == TokenKind::Word) else {
        return false;
    };
    // `482913 számú rendelés`, `482913 numaralı sipariş`
    let is_numbered = || {
        word.class == Some(WordClass::Number)
            && word.spaced
            && rest.iter().take(2).any(|token| token.class == Some(WordClass::Other))
    };
    matches!(word.class, Some(WordClass::Unit | WordClass::Currency))
        || vocabulary::starts_with_unit(word.text)
        || is_numbered()
}

/// Which sentence of a line the token `at` belongs to.
pub(super) fn sentence(tokens: &[LineToken<'_>], at: usize) -> usize {
    tokens.iter().take(at).filter(|token| token.is(".;!?。；！？।؟؛")).count()
}

/// True if the words directly beside a number are no words for codes, so that they say what it is: `HRB 123456`,
/// `License 482913`, `101000 Москва`.
pub(super) fn names_other(before: &[LineToken<'_>], behind: &[LineToken<'_>]) -> bool {
    /// Shorter words without a capital are prepositions and the like.
    const MIN_NOUN: usize = 4;
    let is_unknown = |token: &LineToken<'_>| token.kind == TokenKind::Word && token.class.is_none();
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
