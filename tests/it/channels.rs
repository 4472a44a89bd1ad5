//! Keeps the table of SECURITY.md complete: every page, throttle and metric that an outsider might learn from has a
//! row, and every row names tests that exist.

use std::collections::BTreeSet;

use crate::support::source::ROOT;

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{ROOT}/{path}")).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The files of a folder, without its subfolders.
fn texts(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(format!("{ROOT}/{folder}")).expect("a folder");
    entries.filter_map(|entry| std::fs::read_to_string(entry.expect("an entry").path()).ok()).collect()
}

/// Every part of `text` that stands between `start` and the next `end`.
fn between<'a>(text: &'a str, start: &'a str, end: char) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).filter_map(move |rest| rest.split(end).next())
}

/// What the rows concern, and the tests that they name.
fn table() -> (BTreeSet<String>, BTreeSet<String>) {
    let document = read("SECURITY.md");
    let section = document.split("## What an outsider can see").nth(1).expect("the table");
    let section = section.split("\n## ").next().expect("a section");
    let (mut concerns, mut tests) = (BTreeSet::new(), BTreeSet::new());
    let rows: Vec<Vec<&str>> = section
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    for row in rows.iter().skip(1) {
        assert_eq!(row.len(), 4, "{row:?}");
        concerns.extend(row[1].split('`').skip(1).step_by(2).map(str::to_owned));
        let named: Vec<String> = row[3].split('`').skip(1).step_by(2).map(str::to_owned).collect();
        assert!(!named.is_empty(), "a row without a test: {row:?}");
        tests.extend(named);
    }
    assert!(rows.len() > 8, "{rows:?}");
    (concerns, tests)
}

fn assert_all_are_named(names: &BTreeSet<String>) {
    assert!(names.len() > 3, "{names:?}");
    let (concerns, _) = table();
    let missing: Vec<_> = names.difference(&concerns).collect();
    assert!(missing.is_empty(), "SECURITY.md, What an outsider can see: no row names {missing:?}");
}

#[test]
fn every_account_and_health_page_has_a_row() {
    let mut paths = BTreeSet::new();
    for text in texts("src/web/accounts").into_iter().chain([read("src/web/health.rs")]) {
        for attribute in ["#[get(\"", "#[post(\""] {
            let patterns = between(&text, attribute, '"').map(|pattern| pattern.split('?').next().unwrap_or(pattern));
            paths.extend(patterns.map(str::to_owned));
        }
    }
    assert!(paths.len() > 20, "{paths:?}");
    assert_all_are_named(&paths);
}

#[test]
fn every_throttle_has_a_row() {
    let mut scopes = BTreeSet::new();
    let folders = ["src/accounts", "src/accounts/operations", "src/accounts/throttle"];
    for text in folders.into_iter().flat_map(texts) {
        for start in ["scope: \"", "counter_key(\""] {
            scopes.extend(between(&text, start, '"').map(str::to_owned));
        }
        let names = text.lines().filter(|line| line.trim_start().starts_with("ThrottleScope::"));
        scopes.extend(names.flat_map(|line| between(line, "=> \"", '"')).map(str::to_owned));
    }
    assert!(scopes.contains("login-address") && scopes.contains("email-first"), "{scopes:?}");
    assert_all_are_named(&scopes);
}

#[test]
fn every_metric_has_a_row() {
    let text = read("src/web/health.rs");
    let starts = ["metrics.gauge(\"", "metrics.counter(\"", "labelled(\"gauge\", (\"", "labelled(\"counter\", (\""];
    let names = starts.into_iter().flat_map(|start| between(&text, start, '"'));
    let names: BTreeSet<String> = names.map(|name| format!("gatepost_{name}")).collect();
    assert!(names.len() > 9, "{names:?}");
    assert_all_are_named(&names);
}

#[test]
fn every_named_test_exists() {
    for test in table().1 {
        let (file, name) = test.split_once("::").unwrap_or_else(|| panic!("{test}: file::test"));
        let text = read(&format!("tests/it/{file}.rs"));
        assert!(text.contains(&format!("async fn {name}(")), "{test}");
    }
}
