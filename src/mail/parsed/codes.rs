//! One-time codes in a mail: conservative, since a wrong code fails a test in a way nobody understands.

/// Codes of one mail that are listed.
const MAX_CODES: usize = 20;
/// Bytes of text that are looked through.
const MAX_TEXT: usize = 256 * 1024;
/// How far around a number a word like "code" makes it one, in lines.
const LINES_AROUND: usize = 2;

/// Bytes of a line that are looked through for such a word.
const MAX_LINE: usize = 2_000;

/// Words that announce a code, lower case.
const WORDS: [&str; 22] = [
    "code",
    "otp",
    "passcode",
    "one-time",
    "pin",
    "verification",
    "verify",
    "token",
    "password",
    "인증",
    "코드",
    "번호",
    "비밀번호",
    "확인",
    "código",
    "codigo",
    "kode",
    "codice",
    "認証",
    "コード",
    "验证",
    "確認",
];

/// Numbers of 6 to 8 digits (also as `123-456` or `123 456`) that stand alone on their line or near a word that
/// announces a code; in order, each once.
pub(super) fn read(subject: &str, text: &str) -> Vec<String> {
    let text = text.get(..floor(text, MAX_TEXT)).unwrap_or_default();
    let lines: Vec<&str> =
        std::iter::once(subject).chain(text.lines().map(str::trim).filter(|l| !l.is_empty())).collect();
    let mut found: Vec<String> = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        if let Some(code) = lettered(&lines, n).filter(|code| !found.contains(code) && found.len() < MAX_CODES) {
            found.push(code);
        }
        if !may_hold_code(line) {
            continue;
        }
        // Most mails have no such number: what stands around is looked at only when there is one.
        let mut near = None;
        for (number, alone) in numbers(line) {
            let fine = alone && n > 0 || *near.get_or_insert_with(|| is_announced(&lines, n));
            if fine && !found.contains(&number) && found.len() < MAX_CODES {
                found.push(number);
            }
        }
    }
    found
}

/// Letters and digits mixed, where nothing else can be meant: right behind `code:`, on its line or alone on the next.
fn lettered(lines: &[&str], n: usize) -> Option<String> {
    let (before, line) = (n.checked_sub(1).and_then(|n| lines.get(n)), lines.get(n)?);
    let inline =
        line.split_once([':', '：']).map(|(label, rest)| (label, rest.split_whitespace().next().unwrap_or_default()));
    let next = before.and_then(|before| before.strip_suffix([':', '：'])).map(|label| (label, *line));
    let (label, token) = inline.filter(|(_, token)| !token.is_empty()).or(next)?;
    let token = token.trim_matches(|c: char| "[]().,\"'".contains(c));
    let capital = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    let mixed = token.bytes().any(|b| b.is_ascii_digit()) && token.bytes().any(|b| b.is_ascii_uppercase());
    let fits = (5..=10).contains(&token.len()) && token.bytes().all(capital) && mixed;
    (fits && announces(label.split_whitespace().next_back().unwrap_or_default())).then(|| token.to_owned())
}

/// Six digits at least.
fn may_hold_code(line: &str) -> bool {
    line.bytes().filter(u8::is_ascii_digit).take(6).count() == 6
}

fn is_announced(lines: &[&str], n: usize) -> bool {
    let around = lines.get(n.saturating_sub(LINES_AROUND)..lines.len().min(n + 2)).unwrap_or_default();
    around.iter().any(|line| announces(line))
}

fn floor(text: &str, limit: usize) -> usize {
    (0..=limit.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn announces(line: &str) -> bool {
    let line = line.get(..floor(line, MAX_LINE)).unwrap_or_default().to_lowercase();
    WORDS.iter().any(|word| line.contains(word))
}

/// The candidates of a line, and whether each is all there is on it.
fn numbers(line: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    // Digits in a link are the link's; a phone number, a price or an order number with letters is no code.
    let tokens = line.split_whitespace().filter(|t| may_hold_code(t) && !t.contains('/'));
    for token in tokens {
        for piece in token.split(|c: char| c.is_ascii_punctuation() && !"+$#-.&%@_".contains(c)) {
            let bare = piece.trim_end_matches(['.', '-']).trim_end_matches(hangul);
            let bare = bare.trim_matches(|c: char| !c.is_ascii() && !c.is_alphanumeric() && !"€£₩¥".contains(c));
            found.extend(code(bare).map(|code| (code, token.len() == line.len())));
        }
    }
    if found.is_empty() {
        found.extend(spaced(line).map(|code| (code, true)));
    }
    found
}

/// A particle glued to the number: `123456입니다`.
fn hangul(c: char) -> bool {
    ('\u{ac00}'..='\u{d7a3}').contains(&c)
}

fn code(text: &str) -> Option<String> {
    let all = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if (6..=8).contains(&text.len()) && all(text) {
        // A date without separators, as in report names.
        let date = text.len() == 8 && (text.starts_with("19") || text.starts_with("20"));
        return (!date).then(|| text.to_owned());
    }
    let (a, b) = text.split_once('-')?;
    // `G-123456`, as the largest sender writes it.
    if a.len() == 1 && a.bytes().all(|b| b.is_ascii_uppercase()) && (6..=8).contains(&b.len()) && all(b) {
        return Some(b.to_owned());
    }
    // 1588-1234: a company's telephone in Korea.
    if a.len() == 4 && ["15", "16", "18"].iter().any(|start| a.starts_with(start)) {
        return None;
    }
    ((a.len() == 3 && b.len() == 3 || a.len() == 4 && b.len() == 4) && all(a) && all(b)).then(|| format!("{a}{b}"))
}

/// `123 456` or `1 2 3 4 5 6` as a line of its own.
fn spaced(line: &str) -> Option<String> {
    let line = line.strip_prefix("G-").unwrap_or(line);
    if !line.bytes().all(|b| b.is_ascii_digit() || b == b' ') {
        return None;
    }
    let groups: Vec<&str> = line.split_whitespace().collect();
    let even = groups.windows(2).all(|pair| matches!(pair, [a, b] if a.len() == b.len()));
    let joined = groups.concat();
    (even && groups.len() > 1 && (6..=8).contains(&joined.len())).then_some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announced_and_lone_numbers_are_codes() {
        for (text, codes) in [
            ("Your verification code is 493021.", vec!["493021"]),
            ("Use this code:\n\n  881-204\n\nIt expires.", vec!["881204"]),
            ("인증번호는 [204519] 입니다", vec!["204519"]),
            ("인증번호: 204519입니다.", vec!["204519"]),
            ("Hello,\n12345678\nBye", vec!["12345678"]),
            ("Your code\n1 2 3 4 5 6", vec!["123456"]),
            ("Code:445566, OTP=778899", vec!["445566", "778899"]),
            ("G-482913 is your verification code", vec!["482913"]),
            ("Use this code to sign in:\nG-482 913", vec!["482913"]),
            ("Your OTP: A7X9K2. It expires.", vec!["A7X9K2"]),
            ("인증 코드: [B4C5D6]", vec!["B4C5D6"]),
            ("Your code:\n\nA7X9K2\n\nBye", vec!["A7X9K2"]),
            ("인증번호는 482913, 고객센터 1588-3820", vec!["482913"]),
            ("Code 111111 or 222222, again 111111", vec!["111111", "222222"]),
        ] {
            assert_eq!(read("", text), codes, "{text}");
        }
        assert_eq!(read("123456 is your login code", "Hello"), ["123456"]);
    }

    #[test]
    fn other_numbers_are_not() {
        for text in [
            "Order 4930215 ships on Monday",
            "Call +82-10-1234-5678 or 555-1234 for the code",
            "Invoice total $123456 code",
            "Your code is at https://a.example/493021",
            "Report 20261121 of the code",
            "code https://a.example/?c=493021",
            "code a.493021",
            "code 12345 or 123456789",
            "The code AB123456",
            "Code: SUMMER",
            "Order code: X1",
            "The order is the code of AB123456: yes",
            "인증 문의 1588-3820",
        ] {
            assert_eq!(read("", text), Vec::<String>::new(), "{text}");
        }
    }
}
