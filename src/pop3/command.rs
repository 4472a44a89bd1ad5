//! Parses a command line of POP3 (RFC 1939 §3).

/// Longest command line with its line end, in bytes (RFC 2449 §4: 255).
pub(super) const MAX_LINE: usize = 255;

/// A command. Numbers of messages begin with 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pop3Command {
    User(String),
    Pass(String),
    Capa,
    Stls,
    Stat,
    List(Option<usize>),
    Uidl(Option<usize>),
    Retr(usize),
    Top { message: usize, lines: usize },
    Dele(usize),
    Noop,
    Rset,
    Quit,
}

/// The text behind `-ERR`.
pub(super) type CommandError = &'static str;

const UNKNOWN: CommandError = "unknown command";
const ARGUMENTS: CommandError = "invalid arguments";

/// Parses a line without its end.
///
/// # Errors
/// Returns the text of the reply to an invalid line.
pub(super) fn parse(line: &[u8]) -> Result<Pop3Command, CommandError> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|_| ARGUMENTS)?;
    if text.chars().any(char::is_control) {
        return Err(ARGUMENTS);
    }
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    match verb.to_ascii_uppercase().as_str() {
        "USER" if !rest.is_empty() => Ok(Pop3Command::User(rest.trim().to_owned())),
        // A password may contain and end with blanks.
        "PASS" if !rest.is_empty() => Ok(Pop3Command::Pass(rest.to_owned())),
        "USER" | "PASS" => Err(ARGUMENTS),
        verb => without_text(verb, rest.trim()),
    }
}

fn without_text(verb: &str, rest: &str) -> Result<Pop3Command, CommandError> {
    let mut words = rest.split(' ').filter(|word| !word.is_empty());
    let (first, second) = (words.next(), words.next());
    if words.next().is_some() {
        return Err(ARGUMENTS);
    }
    let command = match (verb, first, second) {
        ("CAPA", None, _) => Pop3Command::Capa,
        ("STLS", None, _) => Pop3Command::Stls,
        ("STAT", None, _) => Pop3Command::Stat,
        ("NOOP", None, _) => Pop3Command::Noop,
        ("RSET", None, _) => Pop3Command::Rset,
        ("QUIT", None, _) => Pop3Command::Quit,
        ("LIST", first, None) => Pop3Command::List(first.map(number).transpose()?),
        ("UIDL", first, None) => Pop3Command::Uidl(first.map(number).transpose()?),
        ("RETR", Some(first), None) => Pop3Command::Retr(number(first)?),
        ("DELE", Some(first), None) => Pop3Command::Dele(number(first)?),
        ("TOP", Some(first), Some(second)) => Pop3Command::Top { message: number(first)?, lines: number(second)? },
        ("CAPA" | "STLS" | "STAT" | "NOOP" | "RSET" | "QUIT" | "LIST" | "UIDL" | "RETR" | "DELE" | "TOP", ..) => {
            return Err(ARGUMENTS);
        }
        _ => return Err(UNKNOWN),
    };
    Ok(command)
}

fn number(word: &str) -> Result<usize, CommandError> {
    let is_number = word.bytes().all(|b| b.is_ascii_digit());
    word.parse().ok().filter(|_| is_number).ok_or(ARGUMENTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_without_regard_to_case() {
        for (line, expected) in [
            ("USER kim\r", Pop3Command::User("kim".into())),
            ("pass  two words ", Pop3Command::Pass(" two words ".into())),
            ("List", Pop3Command::List(None)),
            ("LIST 2", Pop3Command::List(Some(2))),
            ("uidl 3", Pop3Command::Uidl(Some(3))),
            ("TOP 1 0", Pop3Command::Top { message: 1, lines: 0 }),
            ("RETR 1", Pop3Command::Retr(1)),
            ("quit", Pop3Command::Quit),
        ] {
            assert_eq!(parse(line.as_bytes()), Ok(expected), "{line}");
        }
    }

    #[test]
    fn invalid_lines_have_their_reason() {
        for line in ["", "AUTH PLAIN", "APOP a b", "LISTS", "GET / HTTP/1.1"] {
            assert_eq!(parse(line.as_bytes()), Err(UNKNOWN), "{line}");
        }
        for line in
            ["USER", "PASS", "RETR", "RETR x", "RETR -1", "RETR +1", "TOP 1", "TOP 1 2 3", "LIST 1 2", "QUIT now"]
        {
            assert_eq!(parse(line.as_bytes()), Err(ARGUMENTS), "{line}");
        }
        assert_eq!(parse(b"RETR 99999999999999999999999"), Err(ARGUMENTS));
        assert_eq!(parse(b"USER a\0b"), Err(ARGUMENTS));
        assert_eq!(parse(b"USER \xff"), Err(ARGUMENTS));
    }
}
