//! Redacts text from Google for log lines: one line, short, without secrets and addresses.

use crate::mail::Address;

/// The most characters to keep of the text.
const MAX_CHARS: usize = 300;
/// A run of at least this many token characters is treated as a token.
const TOKEN_RUN: usize = 32;

/// Returns `text` on one line, with `secrets`, email addresses and everything that looks like a token masked.
pub(super) fn redact(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|s| s.len() >= 4) {
        text = text.replace(secret, "***");
    }
    let masked: Vec<String> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).map(redact_word).collect();
    let line = masked.join(" ");
    match line.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

fn redact_word(word: &str) -> String {
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
    fn redacted_text_is_short_and_without_secrets() {
        assert_eq!(redact("Invalid\r\n Credentials\0", &[]), "Invalid Credentials");
        assert_eq!(redact("token hunter2! refused", &["hunter2"]), "token ***! refused");
        assert_eq!(redact("bad ya29.a0AfH6SMBx0123456789_abcdefghij-klmno", &[]), "bad ***");
        assert_eq!(redact("no such user <kim@example.com>.", &[]), "no such user <k***@example.com>.");
        assert_eq!(redact("a@b@c", &[]), "***");
        assert_eq!(redact(&"x ".repeat(1000), &[]).chars().count(), MAX_CHARS + 1);
        let url = "https://console.developers.google.com/apis/api/gmail.googleapis.com/overview?project=123";
        assert_eq!(redact(url, &[]), url);
    }
}
