//! Reads the `.env` file next to Rocket.toml: lines of `NAME=value`. A value is the rest of its line, without a pair of
//! quotes around it. Nothing is expanded, since passwords may hold `$` and `\`.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::ConfigError;

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
    let line = line.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).unwrap_or(line);
    let (name, value) = line.split_once('=').ok_or("expected NAME=value")?;
    let name = name.trim();
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err("a name may only contain ASCII alphanumeric characters and underscores");
    }
    Ok(Some((name, without_quotes(value.trim()).to_owned())))
}

/// The text without a matching pair of quotes around it. Behind the closing quote a comment may follow, also without a
/// blank if no other quote can be the closing one.
/// Docker's `--env-file` keeps both, so variables of the environment have them too.
pub(super) fn without_quotes(text: &str) -> &str {
    let Some(quote) = text.chars().next().filter(|c| ['"', '\''].contains(c)) else { return text };
    let inside = text.get(1..).unwrap_or_default();
    let rest = |at: usize| inside.get(at + 1..).unwrap_or_default();
    let ends = |at: usize| {
        rest(at).trim().is_empty() || rest(at).starts_with([' ', '\t']) && rest(at).trim_start().starts_with('#')
    };
    let mut quotes = inside.match_indices(quote);
    let closing =
        quotes.clone().find(|(at, _)| ends(*at)).or_else(|| quotes.find(|(at, _)| rest(*at).starts_with('#')));
    closing.and_then(|(at, _)| inside.get(..at)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(line: &str) -> String {
        pair(line).unwrap().unwrap().1
    }

    #[test]
    fn a_value_is_the_rest_of_its_line_without_a_pair_of_quotes() {
        for (line, expected) in [
            ("A=word", "word"),
            ("export A = two words ", "two words"),
            ("A=pa$word#1", "pa$word#1"),
            ("A=word # no comment", "word # no comment"),
            ("A=\"abcd efgh ijkl mnop\" # Google's four groups", "abcd efgh ijkl mnop"),
            ("export\tA=word", "word"),
            ("exported=word", "word"),
            ("A=\"a\"#c", "a"),
            ("A='a b'#c \"d\"", "a b"),
            ("A=\"pa$word\"", "pa$word"),
            ("A='pa\"#1'", "pa\"#1"),
            ("A=\"pa\"#1\"", "pa\"#1"),
            (r#"A="C:\temp\new""#, r"C:\temp\new"),
            (r#"A="say \"hi\"""#, r#"say \"hi\""#),
            ("A=\"open", "\"open"),
            ("A=it's", "it's"),
            ("A='", "'"),
            ("A=\"x' # y", "\"x' # y"),
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
        for bad in ["A", "=1", "A B=1"] {
            assert!(pair(bad).is_err(), "{bad}");
        }
    }
}
