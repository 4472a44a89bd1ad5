//! Keeps the language plain: one type for one name, none of the words that a newcomer would have to translate, files of a
//! size that a reader can hold, commit subjects of one line. clippy.toml bounds functions. CONTRIBUTING.md gives the reasons.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::support::source::{ROOT, Source, Token, files, identifiers, sources};

/// Type names that stand for more than one type, as a share of all type names.
const MAX_SHARED_PERCENT: usize = 6;
/// Each module has its own.
const SHARED_BY_DESIGN: [&str; 2] = ["Settings", "Error"];
const MAX_FILE_LINES: usize = 300;
const MAX_SUBJECT: usize = 72;
/// The newest commit that was made before subjects were checked.
const UNCHECKED_UNTIL: &str = "480a562";

/// Words that no name holds, whether as `snake_case` or as `CamelCase`. Written with a gap, so that this file passes.
const NAME_WORDS: [&str; 23] = [
    "cr ew",
    "de sk",
    "pa per",
    "sh eet",
    "misc hief",
    "postr oom",
    "furni shing",
    "pla ces",
    "stra nger",
    "mo ot",
    "la ne",
    "la nes",
    "me ter",
    "ta lly",
    "cou rse",
    "bu rst",
    "let ter",
    "let ters",
    "pro mise",
    "to ld",
    "he ar",
    "he ars",
    "whom ever",
];
/// Words and phrases that no comment, message or document holds.
const PROSE_WORDS: [&str; 15] = [
    "to ld",
    "he ar",
    "he ars",
    "hea rd",
    "stra nger",
    "stra ngers",
    "mo ot",
    "is no ne",
    "nobody wai ts",
    "who ever",
    "hi s",
    "let ter",
    "let ters",
    "ro om",
    "hou se",
];

fn joined(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| word.replacen(' ', "", 1)).collect()
}

/// Fails with every finding at once.
fn none(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n  {}\n", findings.join("\n  "));
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).expect("a text file of the project")
}

#[test]
fn a_type_name_stands_for_one_type() {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources() {
        for name in type_names(&source) {
            names.entry(name).or_default().push(source.path.clone());
        }
    }
    let shared: Vec<_> = names
        .iter()
        .filter(|(name, paths)| paths.len() > 1 && !SHARED_BY_DESIGN.contains(&name.as_str()))
        .map(|(name, paths)| format!("{name}: {}", paths.join(", ")))
        .collect();
    assert!(
        shared.len() * 100 <= names.len() * MAX_SHARED_PERCENT,
        "{} of {} type names stand for several types:\n  {}",
        shared.len(),
        names.len(),
        shared.join("\n  ")
    );
}

/// Structs, enums, traits and type aliases; types that a trait's implementation names are none of ours.
fn type_names(source: &Source) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    for pair in source.tokens.windows(2) {
        match (&pair[0].0, &pair[1].0) {
            (Token::Mark('{'), _) => depth += 1,
            (Token::Mark('}'), _) => depth -= 1,
            (Token::Word(word), Token::Word(name)) => {
                let is_item = matches!(word.as_str(), "struct" | "enum" | "trait") || (word == "type" && depth == 0);
                names.extend(is_item.then(|| name.clone()));
            }
            _ => {}
        }
    }
    names
}

#[test]
fn no_name_needs_a_translation() {
    let banned = joined(&NAME_WORDS);
    let mut findings = Vec::new();
    for path in rust_files() {
        let stem = path.rsplit('/').next().unwrap_or(&path).trim_end_matches(".rs");
        findings.extend(words_of(stem).filter(|word| banned.contains(word)).map(|word| format!("{path}: file {word}")));
        for (name, line) in identifiers(&read(&path)) {
            if words_of(&name).any(|word| banned.contains(&word)) {
                findings.push(format!("{path}:{line}: {name}"));
            }
        }
    }
    none(findings);
}

/// The words of `snake_case`, `CamelCase` and `SCREAMING_CASE`, in lower case.
fn words_of(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for c in name.chars() {
        if c == '_' || (c.is_uppercase() && after_lower) {
            words.push(String::new());
        }
        after_lower = c.is_lowercase() || c.is_ascii_digit();
        if c != '_' {
            words.last_mut().expect("at least one word").extend(c.to_lowercase());
        }
    }
    words.into_iter()
}

#[test]
fn no_sentence_uses_a_word_of_the_list() {
    let banned = joined(&PROSE_WORDS);
    let mut findings = Vec::new();
    for path in prose_files() {
        for (number, line) in read(&path).lines().enumerate() {
            let line = line.to_lowercase();
            for phrase in banned.iter().filter(|phrase| holds_words(&line, phrase)) {
                findings.push(format!("{path}:{}: {phrase}", number + 1));
            }
        }
    }
    none(findings);
}

/// Whether `line` holds `phrase` with no alphanumeric character or underscore on either side.
fn holds_words(line: &str, phrase: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(phrase).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_some_and(joins);
        let behind = line[at + phrase.len()..].chars().next().is_some_and(joins);
        !before && !behind
    })
}

fn rust_files() -> Vec<String> {
    ["src", "tests", "benches", "examples"].iter().flat_map(|folder| files(folder, &["rs"])).collect()
}

fn prose_files() -> Vec<String> {
    let kinds = ["md", "html", "txt", "sql", "toml", "js", "mjs", "py", "sh", "smtp", "php", "rb", "pl", "go"];
    let folders = ["src", "templates", "migrations", "static", "docs", "credentials", "bench", "tests", "locales/en"];
    let mut found = rust_files();
    found.extend(folders.iter().flat_map(|folder| files(folder, &kinds)));
    found.extend(files("locales/en", &["ftl"]));
    // A list of common passwords, and emails as they were approved.
    found.retain(|path| !path.contains("/data/") && !path.starts_with("tests/snapshots/"));
    let root = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "Rocket.toml"];
    found.extend(
        root.iter().chain(&["Cargo.toml", "Dockerfile", "justfile", "bin/test", "bin/setup"]).map(ToString::to_string),
    );
    found
}

#[test]
fn no_file_is_longer_than_a_reader_holds() {
    let long = rust_files().into_iter().filter_map(|path| {
        let lines = read(&path).lines().count();
        (lines > MAX_FILE_LINES).then(|| format!("{path}: {lines} lines"))
    });
    none(long.collect());
}

#[test]
fn commit_subjects_fit_one_line() {
    let range = format!("{UNCHECKED_UNTIL}..HEAD");
    let log = Command::new("git").args(["log", "--no-merges", "--format=%s", &range]).current_dir(ROOT).output();
    // A source package has no history.
    let Some(log) = log.ok().filter(|log| log.status.success()) else { return };
    let subjects = String::from_utf8_lossy(&log.stdout).into_owned();
    none(subjects.lines().filter(|subject| subject.chars().count() > MAX_SUBJECT).map(str::to_owned).collect());
}

#[test]
fn names_are_read_word_by_word() {
    assert_eq!(words_of("SmtpSession").collect::<Vec<_>>(), ["smtp", "session"]);
    assert_eq!(words_of("MAX_FILE_LINES").collect::<Vec<_>>(), ["max", "file", "lines"]);
    assert_eq!(words_of("_stylesheet").collect::<Vec<_>>(), ["", "stylesheet"]);
    assert!(holds_words("a (hall)", "hall") && !holds_words("shall, halls, hall_size", "hall"));
}
