//! The documents of the project as texts: their links lead somewhere, and the files they name exist. What they say
//! about settings, commands and addresses is checked in `readme`.

use std::path::{Path, PathBuf};

use crate::support::source::{ROOT, files};

/// Folders whose files the documents name. `credentials/` and `data/` hold what an operator puts there.
const FOLDERS: [&str; 11] = [
    "src/",
    "tests/",
    "templates/",
    "locales/",
    "docs/",
    "bin/",
    "bench/",
    "benches/",
    "examples/",
    "migrations/",
    "static/",
];

/// A document's path below the package, and its text.
pub struct Document {
    pub path: String,
    pub text: String,
}

/// README.md, docs/ and the other pages that people read.
pub fn documents() -> Vec<Document> {
    let single = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];
    let mut paths: Vec<String> = single.map(str::to_owned).into();
    paths.push("credentials/README.md".to_owned());
    paths.extend(files("docs", &["md"]));
    paths.into_iter().map(|path| Document { text: document(&path), path }).collect()
}

/// # Panics
/// If the document does not exist.
pub fn document(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines outside code blocks, each with its number.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut in_code = false;
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            lines.push((number, line));
        }
    }
    lines
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars()
        .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

fn has_anchor(page: &str, wanted: &str) -> bool {
    prose(page).into_iter().any(|(_, line)| line.starts_with('#') && anchor(line) == wanted)
}

/// The targets of `[text](target)` in a line.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

/// Why a link of `document` leads nowhere.
fn dead(document: &Document, target: &str) -> Option<String> {
    if target.starts_with("https://") || target.starts_with("http://") {
        return None;
    }
    let (file, wanted) = target.split_once('#').unwrap_or((target, ""));
    let folder = Path::new(&document.path).parent().unwrap_or(Path::new(""));
    let path: PathBuf = if file.is_empty() { PathBuf::from(&document.path) } else { folder.join(file) };
    let full = Path::new(ROOT).join(&path);
    if !full.exists() {
        return Some(format!("{target}: no such file"));
    }
    let page = std::fs::read_to_string(full).unwrap_or_default();
    (!wanted.is_empty() && !has_anchor(&page, wanted)).then(|| format!("{target}: no such heading"))
}

#[test]
fn every_link_in_a_document_leads_to_a_file_and_a_heading() {
    let mut findings = Vec::new();
    for document in documents() {
        for (number, line) in prose(&document.text) {
            let found = targets(line).filter_map(|target| dead(&document, target));
            findings.extend(found.map(|found| format!("{}:{number}: {found}", document.path)));
        }
    }
    assert!(findings.is_empty(), "\n  {}\n", findings.join("\n  "));
}

/// `a/{b,c}.d` as `a/b.d` and `a/c.d`.
fn expanded(name: &str) -> Vec<String> {
    let Some((start, rest)) = name.split_once('{') else { return vec![name.to_owned()] };
    let Some((inner, end)) = rest.split_once('}') else { return vec![name.to_owned()] };
    inner.split(',').flat_map(|part| expanded(&format!("{start}{part}{end}"))).collect()
}

#[test]
fn every_file_that_a_document_names_exists() {
    let mut findings = Vec::new();
    for document in documents() {
        for (number, line) in prose(&document.text) {
            let names = line.split('`').skip(1).step_by(2).filter(|name| {
                FOLDERS.iter().any(|folder| name.starts_with(folder)) && !name.contains(['<', '…', ' '])
            });
            for name in names.flat_map(expanded).filter(|name| !Path::new(ROOT).join(name).exists()) {
                findings.push(format!("{}:{number}: {name}", document.path));
            }
        }
    }
    assert!(findings.is_empty(), "\n  {}\n", findings.join("\n  "));
}

#[test]
fn anchors_and_braces_are_read_as_github_and_the_shell_read_them() {
    assert_eq!(anchor("### 4. The consent, once"), "4-the-consent-once");
    assert_eq!(
        anchor("## Gmail's API for a Workspace (service account)"),
        "gmails-api-for-a-workspace-service-account"
    );
    assert_eq!(expanded("l/{en,ko}/{a,b}.ftl"), ["l/en/a.ftl", "l/en/b.ftl", "l/ko/a.ftl", "l/ko/b.ftl"]);
}
