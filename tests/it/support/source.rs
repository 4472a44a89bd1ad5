//! Reads Rust source as words, marks and strings, without comments and without test code: enough to see what a file
//! imports and says, not what it means.

use std::path::{Path, PathBuf};

pub use super::rust_tokens::Token;
use super::rust_tokens::tokenize;

/// The package's folder.
pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// One file of src/.
pub struct Source {
    /// As in `src/mail/address.rs`, with `/`.
    pub path: String,
    /// With the line each stands on; code under `#[cfg(test)]` is left out.
    pub tokens: Vec<(Token, usize)>,
}

impl Source {
    /// The file at `path` with the content `text`.
    pub fn of(path: &str, text: &str) -> Self {
        let tokens = if is_test_file(path) { Vec::new() } else { without_tests(tokenize(text)) };
        Source { path: path.to_owned(), tokens }
    }

    /// The top-level module the file belongs to: `mail` for `src/mail/address.rs`, `clock` for `src/clock.rs`.
    pub fn module(&self) -> &str {
        let inner = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inner.split(['/', '.']).next().unwrap_or(inner)
    }

    /// Every path that code names, at its start: `a::b` as `["a", "b"]`; of `a::{b, c::d}` both branches.
    pub fn paths(&self) -> Vec<(Vec<String>, usize)> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let starts = matches!(&self.tokens[at].0, Token::Word(_)) && !self.follows_colons(at);
            // `pub(in crate::mail)` imports nothing.
            let starts = starts && !(at >= 2 && self.is_word(at - 1, "in") && self.is_mark(at - 2, '('));
            if starts {
                at = self.path_at(at, &mut Vec::new(), &mut found);
            } else {
                at += 1;
            }
        }
        found
    }

    fn follows_colons(&self, at: usize) -> bool {
        at >= 2 && self.is_mark(at - 1, ':') && self.is_mark(at - 2, ':')
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        matches!(self.tokens.get(at), Some((Token::Word(found), _)) if found == word)
    }

    fn is_mark(&self, at: usize, mark: char) -> bool {
        matches!(self.tokens.get(at), Some((Token::Mark(found), _)) if *found == mark)
    }

    /// Reads one path and returns where it ends; groups in braces are read branch by branch.
    fn path_at(&self, mut at: usize, prefix: &mut Vec<String>, found: &mut Vec<(Vec<String>, usize)>) -> usize {
        let depth = prefix.len();
        let line = self.tokens[at].1;
        while let Some((Token::Word(word), _)) = self.tokens.get(at) {
            prefix.push(word.clone());
            at += 1;
            if !(self.is_mark(at, ':') && self.is_mark(at + 1, ':')) {
                break;
            }
            at += 2;
            if self.is_mark(at, '{') {
                at = self.group_at(at + 1, prefix, found);
                prefix.truncate(depth);
                return at;
            }
        }
        found.push((prefix.clone(), line));
        prefix.truncate(depth);
        at
    }

    fn group_at(&self, mut at: usize, prefix: &mut Vec<String>, found: &mut Vec<(Vec<String>, usize)>) -> usize {
        while at < self.tokens.len() && !self.is_mark(at, '}') {
            at = match &self.tokens[at].0 {
                Token::Word(_) => self.path_at(at, prefix, found),
                _ => at + 1,
            };
        }
        at + 1
    }

    pub fn strings(&self) -> impl Iterator<Item = (&str, usize)> {
        self.tokens.iter().filter_map(|(token, line)| match token {
            Token::Text(text) => Some((text.as_str(), *line)),
            _ => None,
        })
    }
}

/// All of src/, in order of path.
pub fn sources() -> Vec<Source> {
    files("src", &["rs"])
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(Path::new(ROOT).join(&path)).expect("a source file");
            Source::of(&path, &text)
        })
        .collect()
}

/// Every identifier in Rust source with its line, test code included.
pub fn identifiers(text: &str) -> Vec<(String, usize)> {
    let words = tokenize(text).into_iter().filter_map(|(token, line)| match token {
        Token::Word(word) => Some((word, line)),
        _ => None,
    });
    words.collect()
}

fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// Files below `folder` that end so, as paths from the package's folder.
pub fn files(folder: &str, extensions: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(ROOT).join(folder)];
    while let Some(next) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else { continue };
        for entry in entries.map(|entry| entry.expect("a folder's entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if extensions.iter().any(|end| entry.extension().is_some_and(|found| found == *end)) {
                let inner = entry.strip_prefix(ROOT).expect("a path below the package");
                found.push(inner.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// Leaves out every item under `#[cfg(test)]`.
fn without_tests(tokens: Vec<(Token, usize)>) -> Vec<(Token, usize)> {
    let mark = |at: usize, mark: char| matches!(tokens.get(at), Some((Token::Mark(found), _)) if *found == mark);
    let word = |at: usize, word: &str| matches!(tokens.get(at), Some((Token::Word(found), _)) if found == word);
    let opens =
        |at| mark(at, '#') && mark(at + 1, '[') && word(at + 2, "cfg") && mark(at + 3, '(') && word(at + 4, "test");
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if !opens(at) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        at += 7;
        let mut depth = 0;
        while at < tokens.len() {
            match tokens[at].0 {
                Token::Mark('{' | '(' | '[') => depth += 1,
                Token::Mark(')' | ']') => depth -= 1,
                Token::Mark('}') => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                Token::Mark(';') if depth == 0 => break,
                _ => {}
            }
            at += 1;
        }
        at += 1;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::of("src/x.rs", text)
    }

    #[test]
    fn paths_are_seen_in_imports_groups_and_expressions_and_not_in_comments_strings_or_tests() {
        let text = r##"
            use crate::{mail::{Address, self}, db::Tx}; // use crate::web;
            /* crate::cli /* crate::lib */ */
            fn f<'a>(c: char) -> bool { let s = "crate::web \" crate::cli"; let r = r#"crate::lib"#; c == '\'' && crate::clock::now() }
            pub(in crate::mail) struct S;
            #[cfg(test)]
            #[allow(x)]
            mod tests { use crate::web::x; fn g() { {} } }
            use rocket::form;
        "##;
        let paths: Vec<String> = source(text).paths().into_iter().map(|(path, _)| path.join("::")).collect();
        let named: Vec<&str> = paths.iter().map(String::as_str).filter(|p| p.contains("::")).collect();
        let wanted =
            ["crate::mail::Address", "crate::mail::self", "crate::db::Tx", "crate::clock::now", "rocket::form"];
        assert_eq!(named, wanted);
    }

    #[test]
    fn strings_are_read_whole_with_the_line_they_stand_on() {
        let found = source("let a = \"one\";\nlet b = br#\"two \"x\"\"#;\nlet c = 'x'; let d = b'\\n';");
        assert_eq!(found.strings().collect::<Vec<_>>(), [("one", 1), ("two \"x\"", 2)]);
    }
}
