//! `.env` beside Rocket.toml: `NAME=value` lines, read as they stand. Nothing is expanded: passwords hold `$`.

use std::collections::BTreeMap;
use std::path::Path;

use super::Problem;

/// The names and values of a `.env`; of a name that stands twice the later counts. Without the file there are none.
///
/// # Errors
/// A file that cannot be read, or a line with no meaning, by its number: the line itself may hold a secret and is not
/// repeated.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, String>, Problem> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(e) => return Err(Problem::file(path, format!("it cannot be read: {e}"))),
    };
    let mut values = BTreeMap::new();
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        match pair(line) {
            Ok(Some((name, value))) => drop(values.insert(name.to_owned(), value)),
            Ok(None) => {}
            Err(what) => return Err(Problem::file(path, format!("line {number}: {what}"))),
        }
    }
    Ok(values)
}

/// Name and value of one line; `None` for a blank or a comment.
fn pair(line: &str) -> Result<Option<(&str, String)>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=').ok_or("expected NAME=value")?;
    let name = name.trim();
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err("a name holds letters, digits and underscores only");
    }
    Ok(Some((name, value_of(value.trim())?)))
}

/// `word`, `"text"` with `\"`, `\\` and `\n`, or `'text'`, each perhaps with a comment behind it.
fn value_of(text: &str) -> Result<String, &'static str> {
    let mut chars = text.chars();
    let quote = match chars.clone().next() {
        Some(quote @ ('"' | '\'')) => quote,
        _ => {
            let word = text.split(" #").next().unwrap_or_default().trim_end();
            let plain = !word.contains(char::is_whitespace) && !word.starts_with('#');
            return if plain { Ok(word.to_owned()) } else { Err("a value with spaces stands in quotes") };
        }
    };
    chars.next();
    let mut value = String::new();
    while let Some(c) = chars.next() {
        match c {
            c if c == quote => {
                let rest = chars.as_str().trim_start();
                let ends = rest.is_empty() || rest.starts_with('#');
                return if ends { Ok(value) } else { Err("something stands behind the closing quote") };
            }
            '\\' if quote == '"' => match chars.next() {
                Some('n') => value.push('\n'),
                Some(c @ ('"' | '\\')) => value.push(c),
                // Any other backslash is one: Windows paths and passwords hold them.
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
    fn values_are_what_stands_there_quoted_or_not() {
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
    fn a_line_without_a_meaning_is_refused() {
        for bad in ["A", "=1", "A B=1", "A=two words", "A=\"open", "A='open", "A=\"x\" y", "A=\"x\\"] {
            assert!(pair(bad).is_err(), "{bad}");
        }
    }
}
