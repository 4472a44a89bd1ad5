//! Splits Rust source into words, marks and strings, without comments.

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    Word(String),
    /// One character: `::` is two of them.
    Mark(char),
    /// The text between the quotes, escapes as written.
    Text(String),
}

pub fn tokenize(text: &str) -> Vec<(Token, usize)> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let (token, length) = next_token(rest, first);
        tokens.extend(token.map(|token| (token, line)));
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

/// What stands at the start of `rest`, if it is anything, and its length.
fn next_token(rest: &str, first: char) -> (Option<Token>, usize) {
    if rest.starts_with("//") {
        return (None, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (None, block_comment(rest));
    }
    if let Some((text, length)) = string(rest) {
        return (Some(Token::Text(text)), length);
    }
    if first == '\'' {
        return (None, quoted_char(rest));
    }
    if first.is_alphanumeric() || first == '_' {
        let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        return (Some(Token::Word(rest[..length].to_owned())), length);
    }
    let token = (!first.is_whitespace()).then_some(Token::Mark(first));
    (token, first.len_utf8())
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// A string literal of any kind: plain, byte, C, raw.
fn string(rest: &str) -> Option<(String, usize)> {
    let prefix = rest.find('"').filter(|at| *at <= 8)?;
    let head = &rest[..prefix];
    let hashes = head.trim_start_matches(['b', 'c', 'r']);
    if hashes.chars().any(|c| c != '#') || head.len() - hashes.len() > 2 || head.starts_with('#') {
        return None;
    }
    let body = &rest[prefix + 1..];
    if head.contains('r') {
        let end = format!("\"{hashes}");
        let length = body.find(&end)?;
        return Some((body[..length].to_owned(), prefix + 1 + length + end.len()));
    }
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            '"' if !escaped => return Some((body[..at].to_owned(), prefix + 1 + at + 1)),
            _ => escaped = c == '\\' && !escaped,
        }
    }
    None
}

/// `'x'`, `'\n'`, `'\u{1}'`; a lifetime is only its quote.
fn quoted_char(rest: &str) -> usize {
    let inner = &rest[1..];
    if let Some(escape) = inner.strip_prefix('\\') {
        return escape.char_indices().skip(1).find(|(_, c)| *c == '\'').map_or(1, |(at, _)| at + 3);
    }
    let mut chars = inner.chars();
    match (chars.next(), chars.next()) {
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 1,
    }
}
