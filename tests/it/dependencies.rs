//! deny.toml holds for the crates that are built: their licences, names and sources. The public workflow runs cargo-deny
//! with the same file, which also asks for known weaknesses.

use std::process::Command;

use figment::Figment;
use figment::providers::{Format as _, Toml};
use serde::Deserialize;

use crate::support::source::ROOT;

#[derive(Deserialize)]
struct Rules {
    licenses: Licences,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
    exceptions: Vec<LicenceException>,
}

#[derive(Deserialize)]
struct LicenceException {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<BannedCrate>,
}

#[derive(Deserialize)]
struct BannedCrate {
    #[serde(rename = "crate")]
    name: String,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<BuiltPackage>,
}

#[derive(Deserialize)]
struct BuiltPackage {
    name: String,
    license: Option<String>,
    source: Option<String>,
}

fn rules() -> Rules {
    Figment::from(Toml::file(format!("{ROOT}/deny.toml"))).extract().expect("deny.toml")
}

/// The crates for Linux; those of other systems need not be downloaded here.
fn packages() -> Vec<BuiltPackage> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    command.args(["metadata", "--locked", "--offline", "--format-version", "1"]).current_dir(ROOT);
    let output = command.args(["--filter-platform", "x86_64-unknown-linux-gnu"]).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice::<Metadata>(&output.stdout).expect("JSON").packages
}

/// True if the SPDX expression can be met with licences for which `is_allowed` holds. Older crates write `/` for `OR`.
fn meets(expression: &str, is_allowed: &dyn Fn(&str) -> bool) -> bool {
    let text =
        expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ").replace(" WITH ", "\u{0}WITH\u{0}");
    let words: Vec<String> = text.split_whitespace().map(|word| word.replace('\u{0}', " ")).collect();
    let mut at = 0;
    any(&words, &mut at, is_allowed) && at == words.len()
}

/// `a OR b`; `OR` binds weaker than `AND`.
fn any(words: &[String], at: &mut usize, is_allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut met = all(words, at, is_allowed);
    while words.get(*at).is_some_and(|word| word == "OR") {
        *at += 1;
        met |= all(words, at, is_allowed);
    }
    met
}

fn all(words: &[String], at: &mut usize, is_allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut met = one(words, at, is_allowed);
    while words.get(*at).is_some_and(|word| word == "AND") {
        *at += 1;
        met &= one(words, at, is_allowed);
    }
    met
}

fn one(words: &[String], at: &mut usize, is_allowed: &dyn Fn(&str) -> bool) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if word != "(" {
        return is_allowed(word);
    }
    let met = any(words, at, is_allowed);
    *at += 1;
    met
}

#[test]
fn licences_names_and_sources_of_all_crates_are_those_that_deny_toml_allows() {
    let rules = rules();
    let mut findings = Vec::new();
    let packages = packages();
    assert!(packages.len() > 100, "{} crates", packages.len());
    // The project itself has no source.
    for package in packages.iter().filter(|package| package.name != "gatepost") {
        let name = &package.name;
        let exceptions = rules.licenses.exceptions.iter().filter(|exception| exception.name == *name);
        let more: Vec<&String> = exceptions.flat_map(|exception| &exception.allow).collect();
        let is_allowed =
            |licence: &str| rules.licenses.allow.iter().chain(more.iter().copied()).any(|one| one == licence);
        match &package.license {
            Some(licence) if meets(licence, &is_allowed) => {}
            other => findings.push(format!("{name}: licence {other:?}")),
        }
        if rules.bans.deny.iter().any(|banned| banned.name == *name) {
            findings.push(format!("{name}: banned"));
        }
        if !package.source.as_ref().is_some_and(|source| source.starts_with("registry+")) {
            findings.push(format!("{name}: source {:?}", package.source));
        }
    }
    assert!(findings.is_empty(), "\n  {}\n", findings.join("\n  "));
}

#[test]
fn an_expression_of_licences_is_met_by_one_alternative_and_by_all_parts() {
    let is_allowed = |licence: &str| ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].contains(&licence);
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("GPL-3.0-only OR MIT", true),
        ("GPL-3.0-only / MIT", true),
        ("MIT AND GPL-3.0-only", false),
        ("MIT AND ISC", true),
        ("(GPL-3.0-only OR MIT) AND ISC", true),
        ("GPL-3.0-only AND (MIT OR ISC)", false),
        ("Apache-2.0 WITH LLVM-exception OR GPL-2.0", true),
        ("Apache-2.0", false),
        ("", false),
        ("MIT)", false),
    ] {
        assert_eq!(meets(expression, &is_allowed), expected, "{expression}");
    }
}
