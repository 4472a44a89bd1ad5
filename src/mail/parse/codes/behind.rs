//! What the words behind a number say about it.

use super::label::{ENDERS, MAX_GAP};
use super::noun::{is_confirmation, qualified};
use super::token::{LineToken, TokenKind};
use super::vocabulary::{self, WordClass};

/// True if the words after a number name it: `0042 is your PIN`, `1234는 인증번호입니다`.
pub(super) fn is_named_behind(tokens: &[LineToken<'_>]) -> bool {
    noun_behind(tokens).is_some_and(|(noun, prior)| qualified(noun, prior).0)
}

/// True if they name it as a confirmation number.
pub(super) fn is_confirmation_behind(tokens: &[LineToken<'_>]) -> bool {
    noun_behind(tokens).is_some_and(|(noun, prior)| is_confirmation(noun, prior))
}

/// The noun that names the number before `tokens`, and the words before that noun.
fn noun_behind<'a, 't>(tokens: &'a [LineToken<'t>]) -> Option<(&'a LineToken<'t>, &'a [LineToken<'t>])> {
    let (first, rest) = tokens.split_first()?;
    let is_particle = first.kind == TokenKind::Word
        && !first.spaced
        && !first.text.is_ascii()
        && !vocabulary::starts_with_genitive(first.text);
    if first.class != Some(WordClass::Link) && !first.is("–—-") && !is_particle {
        return None;
    }
    let clause = rest.iter().enumerate().take(MAX_GAP + 1).take_while(|(_, token)| !token.is(ENDERS));
    let is_noun = |class: WordClass| match class {
        WordClass::Owner | WordClass::Member => false,
        class => class.has_number() || matches!(class, WordClass::Code | WordClass::Secret),
    };
    let (at, noun) = clause.into_iter().find(|(_, token)| token.class.is_some_and(is_noun))?;
    Some((noun, rest.get(..at)?))
}

/// True if a noun for a code follows a number directly, as in Turkish and Hungarian: `4829 kodunu`, `a 4829 kódot`. It
/// names another number if something points from it to what follows: `55443322 인증번호는 482913`.
pub(super) fn is_named_directly_behind(tokens: &[LineToken<'_>]) -> bool {
    let is_code = |token: &&LineToken<'_>| token.spaced && token.class == Some(WordClass::Code);
    let Some(noun) = tokens.first().filter(is_code) else { return false };
    let is_pointed = vocabulary::ends_with_link(noun.text) || tokens.get(1).is_some_and(|mark| mark.is(":：=＝"));
    !is_pointed || !tokens.iter().skip(1).take(MAX_GAP).any(|token| token.is_digits() && token.text.len() >= 4)
}

/// True if a number is the object of what a person does with a code, in languages that put the verb behind it:
/// `482 913을 앱에 입력해 주세요`.
pub(super) fn is_used_behind(tokens: &[LineToken<'_>]) -> bool {
    const OBJECT_PARTICLES: [&str; 3] = ["을", "를", "を"];
    let is_object = tokens.first().is_some_and(|first| OBJECT_PARTICLES.iter().any(|end| first.text.starts_with(end)));
    let clause = tokens.iter().take(MAX_GAP + 1).take_while(|token| !token.is(ENDERS));
    is_object && clause.into_iter().any(|token| token.class == Some(WordClass::Action))
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
    // `482913 számú rendelés`, `482913 numaralı hesap`
    let is_numbered = || {
        word.class == Some(WordClass::Number)
            && word.spaced
            && rest.iter().take(2).any(|token| matches!(token.class, Some(WordClass::Other | WordClass::Owner)))
    };
    matches!(word.class, Some(WordClass::Unit | WordClass::Currency))
        || vocabulary::starts_with_unit(word.text)
        || is_numbered()
}
