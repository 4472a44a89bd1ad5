//! Rejects passwords that attackers guess first: the 20,000 most common ones from past breaches (the list of Django,
//! collected by Royce Williams; BSD licence) and simple ways to stretch one of them to a minimum length.

/// One password per line, in lower case, sorted by bytes.
const LIST: &str = include_str!("data/common-passwords.txt");
/// Keyboard rows, the alphabet and the digits; a walk follows one of them in either direction.
const WALKS: [&str; 6] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
];
/// From this length on, in characters, even a repeated or walked password takes too many guesses.
const LONG: usize = 24;

/// True if `folded` (lower case) is on the list, or is a listed password, a keyboard walk or a short string stretched
/// by digits, punctuation or repetition.
pub fn is_common(folded: &str) -> bool {
    if is_listed(folded) {
        return true;
    }
    if folded.chars().count() >= LONG {
        return false;
    }
    let core = folded.trim_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation() || c == ' ');
    let padded = core.len() < folded.len() && (is_listed(core) || core.chars().count() < 4);
    padded || is_repeated(folded) || is_walk(folded)
}

fn is_listed(word: &str) -> bool {
    let lines: &[&str] = list();
    lines.binary_search(&word).is_ok()
}

fn list() -> &'static [&'static str] {
    static LINES: std::sync::OnceLock<Vec<&'static str>> = std::sync::OnceLock::new();
    LINES.get_or_init(|| LIST.lines().collect())
}

/// True for a repeated string of at most six characters, or a listed password written twice.
fn is_repeated(word: &str) -> bool {
    let chars: Vec<char> = word.chars().collect();
    let repeats = |n: usize| chars.chunks(n).all(|chunk| chars.starts_with(chunk));
    let half = chars.len() / 2;
    let doubled = half >= 4
        && chars.len().is_multiple_of(2)
        && repeats(half)
        && is_listed(&chars.iter().take(half).collect::<String>());
    (1..=6).any(|n| chars.len() >= 2 * n && repeats(n)) || doubled
}

/// True if the text consists of keyboard walks of at least four keys, forwards or backwards.
fn is_walk(word: &str) -> bool {
    let step =
        |a: char, b: char| WALKS.iter().any(|w| w.contains(&format!("{a}{b}")) || w.contains(&format!("{b}{a}")));
    let chars: Vec<char> = word.chars().collect();
    let breaks = chars.windows(2).filter(|pair| !matches!(pair, [a, b] if step(*a, *b))).count();
    chars.len() >= 4 && breaks * 4 < chars.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_attackers_try_first_are_common() {
        for bad in [
            "password",
            "password1234",
            "passwordpassword",
            "123456789012",
            "qwertyuiop123",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "abcdefghijkl",
            "qwertyuiopasdf",
            "!!!letmein!!!",
            "1234567890qwe",
            "iloveyou2026!",
            "1q2w3e4r5t6y",
        ] {
            assert!(is_common(bad), "{bad}");
        }
    }

    #[test]
    fn uncommon_phrases_are_not_common() {
        for fine in [
            "correct-horse-battery-7",
            "three word phrase",
            "turtle in the well",
            "비밀번호는 길게 지어요",
            "sunflower over moss",
            "x4 dolphins 9 tides",
        ] {
            assert!(!is_common(fine), "{fine}");
        }
        assert!(!is_common(&"a".repeat(64)));
    }

    #[test]
    fn the_list_is_sorted_for_the_binary_search() {
        assert!(list().is_sorted());
        assert!(list().len() > 10_000);
    }
}
