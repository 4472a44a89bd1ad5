//! What the words before a noun make of it: a one-time code, or the code of something else.

use super::token::{LineToken, TokenKind, in_lower_case};
use super::vocabulary::{self, WordClass};

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
        // `Token ID`: a person types no identifier.
        (Some(WordClass::Number), Some(_)) if noun.text.eq_ignore_ascii_case("id") => (false, true),
        (Some(WordClass::Code | WordClass::Confirmation), _)
        | (_, Some(WordClass::Check | WordClass::Confirm | WordClass::Qualifier | WordClass::Code)) => (true, false),
        (Some(WordClass::Number), Some(WordClass::Possessive | WordClass::Filler)) => (false, false),
        (Some(WordClass::Number), _) => (false, prior.is_some()),
        _ => (false, false),
    }
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
