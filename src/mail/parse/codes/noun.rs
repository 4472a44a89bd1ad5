//! What the words before a noun make of it: a one-time code, or the code of something else.

use super::token::{LineToken, TokenKind, in_lower_case};
use super::vocabulary::{self, Topic, WordClass};

/// True if a noun with the words `prior` to it is a code, and true if it is something else.
pub(super) fn qualified(noun: &LineToken<'_>, prior: &[LineToken<'_>]) -> (bool, bool) {
    let (words, prior) = (prior, qualifier(prior));
    match (noun.class, prior.and_then(|token| token.class)) {
        (_, Some(WordClass::Other | WordClass::Offer)) => (false, true),
        // `member code`, but `회원 인증코드`
        (Some(WordClass::Code), Some(WordClass::Member | WordClass::Coded)) if is_any_code(noun) => (false, true),
        // `Account code: 4010`, but `Your account code`
        (Some(WordClass::Code), Some(WordClass::Owner)) if is_any_code(noun) && !is_possessed(noun, words) => {
            (false, true)
        }
        // `Login failed with code 401231`
        (Some(WordClass::Code), _) if is_any_code(noun) && is_of_failure(words) => (false, true),
        // `Token ID`: a person types no identifier.
        (Some(WordClass::Number), Some(WordClass::Check | WordClass::Confirm | WordClass::Code))
            if noun.text.eq_ignore_ascii_case("id") =>
        {
            (false, true)
        }
        (Some(WordClass::Code | WordClass::Confirmation), _)
        | (_, Some(WordClass::Check | WordClass::Confirm | WordClass::Qualifier | WordClass::Code)) => (true, false),
        (Some(WordClass::Number), Some(WordClass::Possessive | WordClass::Filler)) => (false, false),
        (Some(WordClass::Number), _) => (false, prior.is_some()),
        _ => (false, false),
    }
}

/// True if the token `at` names a one-time code, and does not only tell what is counted: `OTP requests`.
pub(super) fn is_code(tokens: &[LineToken<'_>], at: usize) -> bool {
    let is_counted = tokens.get(at + 1).is_some_and(|next| next.class == Some(WordClass::Unit));
    let (prior, noun) = (tokens.get(..at).unwrap_or_default(), tokens.get(at));
    !is_counted && noun.is_some_and(|noun| noun.class == Some(WordClass::Code) && qualified(noun, prior).0)
}

/// True if it names the one-time code of the reader: `your code`, `OTP`, but not `source code`.
pub(super) fn is_own_code(tokens: &[LineToken<'_>], at: usize) -> bool {
    let prior = tokens.get(..at).unwrap_or_default();
    let is_own = |noun: &LineToken<'_>| !is_any_code(noun) || is_possessed(noun, prior);
    is_code(tokens, at) && tokens.get(at).is_some_and(is_own)
}

/// The word before a noun that belongs to it, if any.
fn qualifier<'a, 't>(prior: &'a [LineToken<'t>]) -> Option<&'a LineToken<'t>> {
    let is_hyphen = |token: &&LineToken<'_>| token.is("-.#");
    prior.iter().rev().find(|token| !is_hyphen(token)).filter(|token| token.kind != TokenKind::Mark)
}

/// True if a noun with the words `prior` to it is a confirmation number.
pub(super) fn is_confirmation(noun: &LineToken<'_>, prior: &[LineToken<'_>]) -> bool {
    let is_confirm = |token: &LineToken<'_>| token.class == Some(WordClass::Confirm);
    match noun.class {
        Some(WordClass::Number) => qualifier(prior).is_some_and(is_confirm),
        class => class == Some(WordClass::Confirmation),
    }
}

/// True if the words before a noun end with something that failed, or with that and a preposition: `failed with`.
fn is_of_failure(prior: &[LineToken<'_>]) -> bool {
    const MAX_PREPOSITION: usize = 4;
    let failed = |token: &LineToken<'_>| Topic::Failure.has(&in_lower_case(token.text));
    let is_preposition = |token: &LineToken<'_>| token.class.is_none() && token.text.len() <= MAX_PREPOSITION;
    let mut words = prior.iter().rev().skip_while(|token| token.is("(")).take_while(|t| t.kind == TokenKind::Word);
    words.next().is_some_and(|last| failed(last) || is_preposition(last) && words.next().is_some_and(failed))
}

/// True for the code of an approval that a message reports: `Auth Code`, `código de autorización`, but not
/// `your authorization code`, `one-time authorization code` and `enter the authorization code`. `behind` are the words
/// behind the noun.
pub(super) fn is_approval(noun: &LineToken<'_>, prior: &[LineToken<'_>], behind: &[LineToken<'_>]) -> bool {
    let names_approval = |token: &LineToken<'_>| Topic::Approval.has(&in_lower_case(token.text));
    let is_joint = |token: &&LineToken<'_>| token.class == Some(WordClass::Filler) || token.is("'’");
    let is_before = qualifier(prior).is_some_and(names_approval);
    let is_one = names_approval(noun) || is_before || behind.iter().find(|t| !is_joint(t)).is_some_and(names_approval);
    let mut words = prior.iter().rev().skip(usize::from(is_before)).skip_while(is_joint);
    let is_for_person = |class| {
        use WordClass::{Action, Check, Confirm, Qualifier, Use};
        matches!(class, Action | Check | Confirm | Qualifier | Use)
    };
    let is_used = words.next().and_then(|word| word.class).is_some_and(is_for_person);
    is_one && is_any_code(noun) && !is_used && !is_possessed(noun, prior)
}

/// True if a noun for a code may be that of anything: `code`, but not `OTP` and `인증코드`.
fn is_any_code(noun: &LineToken<'_>) -> bool {
    /// Parts of the names that only one-time codes have.
    const ONE_TIME: [&str; 6] = ["otp", "2fa", "mfa", "pin", "tan", "pass"];
    let word = in_lower_case(noun.text);
    !vocabulary::names_check(&word) && !ONE_TIME.iter().any(|part| word.contains(part))
}

/// True if the words `prior` to a noun, or its end, say whose it is.
pub(super) fn is_possessed(noun: &LineToken<'_>, prior: &[LineToken<'_>]) -> bool {
    let is_possessive = |token: &LineToken<'_>| token.class == Some(WordClass::Possessive);
    let mut words = prior.iter().rev().take_while(|token| token.kind != TokenKind::Mark).take(3);
    // Arabic, Turkish and Hungarian write the possessive as an end of the noun: `رمزك`, `kodunuz`, `kódod`.
    words.any(is_possessive)
        || ["ك", "nuz", "niz", "nız", "nüz", "kódod", "kódja"].iter().any(|end| noun.text.ends_with(end))
}
