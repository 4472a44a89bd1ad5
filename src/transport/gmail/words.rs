//! Text from the other side, made fit for a log line: one line, short, without secrets and addresses.

use crate::mail::Address;

/// Characters kept of the other side's own words.
const MAX_WORDS: usize = 300;
/// An unbroken run of this many token characters is taken for a token.
const TOKEN_RUN: usize = 32;

/// `text` with every one of `secrets`, whatever looks like a token, and mail addresses masked.
pub(super) fn words(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|s| s.len() >= 4) {
        text = text.replace(secret, "***");
    }
    let words: Vec<String> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).map(word).collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAX_WORDS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

fn word(word: &str) -> String {
    let in_token = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if word.split(|c| !in_token(c)).any(|run| run.len() >= TOKEN_RUN) {
        return "***".to_owned();
    }
    if !word.contains('@') {
        return word.to_owned();
    }
    let bare = word.trim_matches(|c: char| "<>()[]\"',;:.".contains(c));
    Address::parse(bare).map_or_else(|_| "***".to_owned(), |a| word.replace(bare, &a.masked()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_sides_words_come_out_short_and_without_secrets() {
        assert_eq!(words("Invalid\r\n Credentials\0", &[]), "Invalid Credentials");
        assert_eq!(words("token hunter2! refused", &["hunter2"]), "token ***! refused");
        assert_eq!(words("bad ya29.a0AfH6SMBx0123456789_abcdefghij-klmno", &[]), "bad ***");
        assert_eq!(words("no such user <kim@example.com>.", &[]), "no such user <k***@example.com>.");
        assert_eq!(words("a@b@c", &[]), "***");
        assert_eq!(words(&"x ".repeat(1000), &[]).chars().count(), MAX_WORDS + 1);
        let url = "https://console.developers.google.com/apis/api/gmail.googleapis.com/overview?project=123";
        assert_eq!(words(url, &[]), url);
    }
}
