//! Where a URL ends in scripts that put no blanks between it and the sentence around it.

/// True for characters that are in no URL: blanks, brackets, and punctuation and symbols beyond ASCII.
pub(super) fn is_boundary(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, '\0'..=' ' | '<' | '>' | '"' | '`' | '{' | '|' | '}' | '\\' | '^' | '\x7f');
    }
    // Of Latin, Armenian, Hebrew, Arabic, Indic, Tibetan, Burmese, Ethiopic, Khmer, Japanese.
    c.is_whitespace()
        || c.is_control()
        || "«»¡¿§¶©®°±×÷¢£¤¥¦¬´¨¯¸։׃،؍؛؞؟٪۔।॥෴༄།༎၊။።፣፤፥፦፧፨។៕៖៘៙៚・".contains(c)
        || matches!(c, '\u{2000}'..='\u{206f}' | '\u{20a0}'..='\u{20cf}' | '\u{2100}'..='\u{2bff}')
        || matches!(c, '\u{3000}'..='\u{303f}' | '\u{fd3e}' | '\u{fd3f}' | '\u{fe00}'..='\u{fe6f}')
        || matches!(c, '\u{feff}' | '\u{ff01}'..='\u{ff65}' | '\u{ffe0}'..='\u{ffff}' | '\u{1f000}'..='\u{1faff}')
}

/// True for characters of Thai, Lao, Burmese, Khmer, Hangul, kana and Han, which follow other text without a blank.
pub(super) fn has_no_blanks(c: char) -> bool {
    is_hangul(c)
        || matches!(c,
            '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3041}'..='\u{33ff}'
            | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}' | '\u{ffa0}'..='\u{ffdf}')
}

/// Particles of Korean, which stand directly behind a word or a link: as a whole word, and as the beginning of one.
const KOREAN: &str = " 을 를 이 가 은 는 에 로 와 과 도 만 의 나 랑 며 고 야 요 서 란 임 니 으로 에게 에는 에도 에만 에선 \
                      에서 로는 로도 로만 로의 로서 까지 부터 이나 이며 이고 이랑 이란 이다 이니 인데 처럼 보다 마다 밖에 \
                      예요 에요 라는 라고 니다 ";
const KOREAN_BEGINNINGS: [&str; 12] =
    ["에서", "으로", "에게", "를", "까지", "부터", "입니다", "이라고", "이라는", "이에요", "예요", "로부터"];
/// Particles of Japanese, in hiragana.
const JAPANESE: &str = " を は が に で と へ も の や か ね よ から まで より では には とは へは への との での にて です \
                        でした だけ など ";

/// The length of the word with which `behind` begins if it belongs to the URL before it, whose path or query ends in a
/// mark, such as `/`. `None` if the word belongs to the sentence. `is_root` if only the first slash of the path is there.
///
/// A word goes on if a part of a URL follows it: `/토큰/abc`. Otherwise Korean words belong to the URL unless they are
/// particles, since Korean puts blanks between words. In the other scripts a sentence may go on without a blank: a word
/// belongs to the URL behind a segment of its path or a query, but not directly behind the host.
pub(super) fn goes_on(is_root: bool, behind: &str) -> Option<usize> {
    let length = behind.find(|c| !has_no_blanks(c) || is_boundary(c)).unwrap_or(behind.len());
    let (word, rest) = behind.split_at(length);
    if is_particle(word) {
        return None;
    }
    let is_korean = word.starts_with(is_hangul);
    let mut after = rest.chars();
    let is_syntax = match after.next() {
        Some('/' | '?' | '#' | '&' | '=' | '%' | '-' | '_' | '+' | '~') => true,
        Some('.') => after.next().is_some_and(|c| c.is_ascii_alphanumeric()),
        Some(c) => is_korean && c.is_ascii_alphanumeric(),
        None => false,
    };
    (is_syntax || is_korean || !is_root).then_some(length)
}

fn is_particle(word: &str) -> bool {
    let is_hiragana = |c: char| matches!(c, '\u{3041}'..='\u{309f}');
    let hiragana = word.get(..word.find(|c| !is_hiragana(c)).unwrap_or(word.len())).unwrap_or_default();
    let is_one_of = |list: &str, word: &str| !word.is_empty() && list.split(' ').any(|particle| particle == word);
    is_one_of(KOREAN, word)
        || is_one_of(JAPANESE, hiragana)
        || KOREAN_BEGINNINGS.iter().any(|part| word.starts_with(part))
}
