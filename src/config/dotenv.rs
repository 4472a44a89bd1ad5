//! Reads the `.env` file next to Rocket.toml: lines of `NAME=value`. Nothing is expanded, since passwords may hold `$`.

use std::collections::BTreeMap;
use std::path::Path;

use super::ConfigError;

/// The names and values in a `.env` file; empty if the file does not exist. If a name occurs twice, the later value
/// counts.
///
/// # Errors
/// Fails if the file cannot be read or a line is invalid. The error gives the number of the line, not its text, which
/// may hold a secret.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, String>, ConfigError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(e) => return Err(ConfigError::file(path, format!("cannot read the file: {e}"))),
    };
    let mut values = BTreeMap::new();
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        match pair(line) {
            Ok(Some((name, value))) => drop(values.insert(name.to_owned(), value)),
            Ok(None) => {}
            Err(what) => return Err(ConfigError::file(path, format!("line {number}: {what}"))),
        }
    }
    Ok(values)
}

/// The name and value of one line; `None` for an empty line or a comment.
fn pair(line: &str) -> Result<Option<(&str, String)>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=').ok_or("expected NAME=value")?;
    let name = name.trim();
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err("a name may only contain ASCII alphanumeric characters and underscores");
    }
    Ok(Some((name, value_of(value.trim())?)))
}

/// Parses `word`, `"text"` with the escapes `\"`, `\\` and `\n`, or `'text'`. A comment may follow.
fn value_of(text: &str) -> Result<String, &'static str> {
    let mut chars = text.chars();
    let quote = match chars.clone().next() {
        Some(quote @ ('"' | '\'')) => quote,
        _ => {
            let word = text.split(" #").next().unwrap_or_default().trim_end();
            let plain = !word.contains(char::is_whitespace) && !word.starts_with('#');
            return if plain { Ok(word.to_owned()) } else { Err("a value with spaces must be in quotes") };
        }
    };
    chars.next();
    let mut value = String::new();
    while let Some(c) = chars.next() {
        match c {
            c if c == quote => {
                let rest = chars.as_str().trim_start();
                let ends = rest.is_empty() || rest.starts_with('#');
                return if ends { Ok(value) } else { Err("unexpected text after the closing quote") };
            }
            '\\' if quote == '"' => match chars.next() {
                Some('n') => value.push('\n'),
                Some(c @ ('"' | '\\')) => value.push(c),
                // Any other backslash is literal, as in Windows paths and passwords.
                Some(c) => value.extend(['\\', c]),
                None => return Err("the closing quote is missing"),
            },
            c => value.push(c),
        }
    }
    Err("the closing quote is missing")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(line: &str) -> String {
        pair(line).unwrap().unwrap().1
    }

    #[test]
    fn values_are_read_literally_with_and_without_quotes() {
        for (line, expected) in [
            ("A=word", "word"),
            ("export A = word # a comment", "word"),
            ("A=pa$word#1", "pa$word#1"),
            ("A=\"abcd efgh ijkl mnop\" # Google's four groups", "abcd efgh ijkl mnop"),
            ("A=\"pa$word\"", "pa$word"),
            (r#"A="say \"hi\" \\ C:\temp""#, r#"say "hi" \ C:\temp"#),
            (r"A='it\s $as it is'", r"it\s $as it is"),
            ("A=", ""),
            ("A=\"\"", ""),
            ("A=postgres://u:p@h/db?a=b", "postgres://u:p@h/db?a=b"),
        ] {
            assert_eq!(value(line), expected, "{line}");
        }
        for none in ["", "  ", "# A=1"] {
            assert_eq!(pair(none), Ok(None));
        }
    }

    #[test]
    fn an_invalid_line_is_rejected() {
        for bad in ["A", "=1", "A B=1", "A=two words", "A=\"open", "A='open", "A=\"x\" y", "A=\"x\\"] {
            assert!(pair(bad).is_err(), "{bad}");
        }
    }
}
