//! Writes what follows from the declared settings: the defaults of the reader, the sample Rocket.toml and
//! docs/settings.md. A test in `tests/it/readme.rs` compares the two files with these texts.

use figment::providers::{Format as _, Toml};
use figment::{Figment, Profile};

use super::keys::{Row, Table};
use super::tables::TABLES;

/// Longest line of Rocket.toml, in characters.
const MAX_WIDTH: usize = 120;
/// Column of the comments behind the settings of Rocket.toml.
const COMMENT_COLUMN: usize = 40;

const ROCKET_TOML_HEAD: &str = "\
# Gatepost's settings. As it stands nothing is set: every line below shows a default, and the debug profile (what
# `cargo run` uses) needs no more. Remove the `# ` in front of a line to change it. docs/settings.md explains them.
#
# [default] counts in every profile, [debug] and [release] only in theirs; ROCKET_PROFILE=release chooses.
# What the environment says wins: GATEPOST_MAIL__SMTP__PASSWORD is mail.smtp.password (.env.example shows more).
# Keep secrets out of this file: name a file with password_file and the like, or use .env.
# Durations and sizes are written as 30s, 15m, 24h, 14d, 25MiB. A long explanation stands above its line, after ##.";

/// docs/settings.md up to its first table.
const PAGE_HEAD: &str = include_str!("settings_page.md");

/// The TOML text of all defaults.
pub(super) fn defaults() -> String {
    let mut lines = Vec::new();
    for table in &TABLES {
        if !table.name.is_empty() {
            lines.push(format!("[{}]", table.name));
        }
        for row in table.rows {
            lines.push(format!("{} = {}", row.key, row.default));
            lines.extend(row.file_key().map(|key| format!("{key} = \"\"")));
        }
    }
    text(&lines)
}

/// `figment` with the defaults below what it sets.
pub(super) fn with_defaults(figment: Figment) -> Figment {
    figment.join(Toml::string(&defaults()).profile(Profile::Default))
}

/// The sample Rocket.toml: every setting as a comment with its default and its meaning. A secret is shown as the file
/// that holds it.
pub fn rocket_toml() -> String {
    let mut lines = vec![ROCKET_TOML_HEAD.to_owned()];
    for table in &TABLES {
        lines.push(String::new());
        lines.extend(explained(&heading(table), table.doc));
        for row in table.rows {
            // A secret with a default, as the database's address, need not be one.
            match row.file_key().filter(|_| row.default == "\"\"") {
                Some(key) => lines.extend(explained(&format!("# {key} = \"\""), &format!("file with: {}", row.doc))),
                None => lines.extend(explained(&format!("# {} = {}", row.key, row.default), row.doc)),
            }
        }
    }
    text(&lines)
}

/// docs/settings.md: every setting with its default and its meaning.
pub fn settings_page() -> String {
    let mut lines = vec![PAGE_HEAD.trim_end().to_owned()];
    for table in &TABLES {
        lines.extend([String::new(), format!("## {}", heading(table)), String::new()]);
        if !table.doc.is_empty() {
            lines.extend(wrap(table.doc, MAX_WIDTH));
            lines.push(String::new());
        }
        lines.extend(["| key | default | meaning |".to_owned(), "|---|---|---|".to_owned()]);
        lines.extend(table.rows.iter().flat_map(page_rows));
    }
    text(&lines)
}

/// The line of a setting in docs/settings.md, and of its file if it is a secret.
fn page_rows(row: &Row) -> impl Iterator<Item = String> {
    let setting = format!("| `{}` | `{}` | {} |", row.key, row.default, row.doc);
    let file = row.file_key().map(|key| format!("| `{key}` | `\"\"` | file that contains `{}` |", row.key));
    std::iter::once(setting).chain(file)
}

/// `[default.accounts]`; `[default]` for settings that are in no table.
fn heading(table: &Table) -> String {
    format!("[{}]", ["default", table.name].join(".").trim_end_matches('.'))
}

/// A line of Rocket.toml with `doc` behind it, or above it if it is too long.
fn explained(line: &str, doc: &str) -> Vec<String> {
    if doc.is_empty() {
        return vec![line.to_owned()];
    }
    let behind = format!("{line:<width$} # {doc}", width = COMMENT_COLUMN - 2);
    if behind.chars().count() <= MAX_WIDTH {
        return vec![behind];
    }
    let above = wrap(doc, MAX_WIDTH - "## ".len()).into_iter().map(|words| format!("## {words}"));
    above.chain([line.to_owned()]).collect()
}

/// Lines of at most `width` characters, unless a word is longer.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The lines, each with its end.
fn text(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::tables::known_keys;

    #[test]
    fn every_setting_is_declared_once_with_a_meaning_that_fits_a_table() {
        for table in &TABLES {
            for row in table.rows {
                let path = table.path(row.key);
                assert!(!row.doc.is_empty() && !row.doc.contains(['|', '\n']), "{path}: {}", row.doc);
                assert!(!row.doc.contains("  "), "{path}: {}", row.doc);
            }
        }
        let keys = known_keys();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
    }

    #[test]
    fn the_sample_shows_secrets_only_as_files_and_has_no_long_lines() {
        let sample = rocket_toml();
        for line in sample.lines() {
            assert!(line.chars().count() <= MAX_WIDTH, "{line}");
        }
        for secret in ["secret_key", "password", "token"] {
            assert!(sample.contains(&format!("\n# {secret}_file = \"\"")), "{secret}");
        }
        assert!(!sample.contains("\n# secret_key =") && !sample.contains("\n# password ="), "{sample}");
    }

    #[test]
    fn a_short_explanation_stands_behind_its_line_and_a_long_one_above() {
        assert_eq!(explained("# a = 1", "short"), [format!("{:<38} # short", "# a = 1")]);
        let long = "word ".repeat(30);
        let lines = explained("# a = 1", &long);
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with("## word") && lines[1].starts_with("## word"), "{lines:?}");
        assert_eq!(lines[2], "# a = 1");
    }
}
