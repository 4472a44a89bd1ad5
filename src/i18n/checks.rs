//! Tests of the texts as a whole: both languages have the same keys, every text is used, every requested key exists,
//! and no Korean particle follows a variable.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::Locale;

fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if endings.contains(&ending.as_str()) {
                found.push(path);
            }
        }
    }
    found
}

/// The Fluent files of a language, joined.
fn source(locale: Locale) -> String {
    files(&format!("locales/{}", locale.tag()), &["ftl"]).iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

fn keys(locale: Locale) -> BTreeSet<String> {
    let key = |line: &str| Some(line.split_once(" =")?.0.to_owned());
    source(locale).lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase())).filter_map(key).collect()
}

/// Every string literal in templates and code that looks like a key or the beginning of one. Code completes a
/// beginning with a name from a closed list: `"error-{}"`.
fn key_literals() -> BTreeSet<String> {
    let shape = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let mut found = BTreeSet::new();
    for path in files("templates", &["html", "txt"]).into_iter().chain(files("src", &["rs"])) {
        let text = fs::read_to_string(path).unwrap();
        let whole = |piece: &str| piece.split_once('{').map_or(piece, |(start, _)| start).to_owned();
        found.extend(text.split('"').map(whole).filter(|piece| !piece.is_empty() && piece.chars().all(shape)));
    }
    found
}

/// The keys passed to `t(`, `with(`, `text(` and `text_with(` in templates and code.
fn requested_keys() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in files("templates", &["html", "txt"]).into_iter().chain(files("src", &["rs"])) {
        let text = fs::read_to_string(path).unwrap();
        for call in [
            "frame.t(\"",
            "paper.t(\"",
            "frame.with(\"",
            "paper.with(\"",
            "locale.text(\"",
            "self.text(\"",
            ".text_with(\"",
        ] {
            let key = |(at, _): (usize, &str)| text[at + call.len()..].split('"').next().unwrap().to_owned();
            found.extend(text.match_indices(call).map(key));
        }
    }
    found
}

#[test]
fn both_languages_hold_the_same_keys() {
    assert_eq!(keys(Locale::En), keys(Locale::Ko));
}

#[test]
fn every_requested_key_has_a_text() {
    let keys = keys(Locale::En);
    let missing: Vec<_> = requested_keys().into_iter().filter(|key| !keys.contains(key)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_text_is_used() {
    let key_literals = key_literals();
    let has_used_prefix = |key: &str| {
        let ends = key.match_indices('-').flat_map(|(at, _)| [at, at + 1]);
        ends.into_iter().any(|end| key[..end].contains('-') && key_literals.contains(&key[..end]))
    };
    let unused: Vec<_> =
        keys(Locale::En).into_iter().filter(|k| !key_literals.contains(k) && !has_used_prefix(k)).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn both_languages_use_the_same_variables_in_each_text() {
    let variables = |locale: Locale| -> Vec<(String, BTreeSet<String>)> {
        let mut texts: Vec<(String, BTreeSet<String>)> = Vec::new();
        for line in source(locale).lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with(|c: char| c.is_ascii_lowercase()) {
                texts.push((line.split(' ').next().unwrap().to_owned(), BTreeSet::new()));
            }
            let name = |(at, _): (usize, &str)| line[at + 1..].split([' ', '}']).next().unwrap().to_owned();
            if let Some((_, names)) = texts.last_mut() {
                names.extend(line.match_indices('$').map(name));
            }
        }
        texts.sort();
        texts
    };
    assert_eq!(variables(Locale::En), variables(Locale::Ko));
}

/// The form of a particle depends on the last sound of the word before it, which is unknown for a variable. Units
/// have one form.
#[test]
fn no_korean_particle_follows_a_variable() {
    const UNITS: [&str; 16] =
        ["초", "분", "시간", "일", "자", "건", "개", "통", "번째", "명", "주", "년", "회", "행", "열", "까지"];
    for line in source(Locale::Ko).lines() {
        for (at, _) in line.match_indices('}') {
            let rest = &line[at + 1..];
            let glued = rest.starts_with(|c| ('가'..='힣').contains(&c));
            assert!(!glued || UNITS.iter().any(|unit| rest.starts_with(unit)), "{line}");
        }
    }
}

#[test]
fn no_text_holds_markup() {
    for locale in Locale::ALL {
        let source = source(locale);
        assert!(!source.contains("</") && !source.contains("&amp;") && !source.contains("&nbsp;"));
    }
}
