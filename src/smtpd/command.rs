//! One line in, one command out. smtp-proto reads verbs and parameters; what it is lenient about is checked here
//! first (control characters, bare CR and LF, trailing arguments, spaces before the path), and paths are `path`'s.

use std::borrow::Cow;

use smtp_proto::request::parser::Rfc5321Parser;
use smtp_proto::{
    AUTH_CRAM_MD5, AUTH_LOGIN, AUTH_PLAIN, Error, MAIL_BODY_7BIT, MAIL_BODY_8BITMIME, MAIL_RET_FULL, MAIL_RET_HDRS,
    MAIL_SMTPUTF8, MailFrom, RCPT_NOTIFY_DELAY, RCPT_NOTIFY_FAILURE, RCPT_NOTIFY_NEVER, RCPT_NOTIFY_SUCCESS, RcptTo,
    Request,
};

use super::path;

/// Longest command line with its line end; RFC 5321 §4.5.3.1.4 asks for 512, extensions add to it, and Mailpit
/// draws the line here.
pub(super) const MAX_LINE: usize = 2048;
/// Longest line of an AUTH exchange (RFC 4954 §4).
pub(super) const MAX_AUTH_LINE: usize = 12_288;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    Helo(&'a str),
    Ehlo(&'a str),
    Lhlo(&'a str),
    /// `size` is what the client announced, 0 when it did not.
    Mail {
        from: &'a str,
        size: usize,
    },
    Rcpt(&'a str),
    Data,
    Bdat {
        size: usize,
        last: bool,
    },
    Auth {
        mechanism: Mechanism,
        initial: Option<&'a str>,
    },
    StartTls,
    Rset,
    Noop,
    Quit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mechanism {
    Plain,
    Login,
    CramMd5,
}

/// The reply a refused line gets.
pub(super) type Refusal = &'static str;

const UNKNOWN: Refusal = "500 5.5.2 Syntax error, command unrecognized";
const NOT_IMPLEMENTED: Refusal = "502 5.5.1 Command not implemented";
const BARE: Refusal = "500 5.5.2 Syntax error, lines end with CR LF and hold neither alone";
const CONTROL: Refusal = "500 5.5.2 Syntax error, control characters and broken UTF-8 are not allowed";
const ARGUMENTS: Refusal = "501 5.5.4 Syntax error in parameters or arguments";
const NO_ARGUMENT: Refusal = "501 5.5.4 Syntax error (no parameters allowed)";
const FROM: Refusal = "501 5.5.4 Syntax error in parameters or arguments (invalid FROM parameter)";
const TO: Refusal = "501 5.5.4 Syntax error in parameters or arguments (invalid TO parameter)";
const SIZE: Refusal = "501 5.5.4 Syntax error in parameters or arguments (invalid SIZE parameter)";
const PARAMETER: Refusal = "555 5.5.4 Unsupported or unknown parameter";
const NO_ADDRESS: Refusal = "553 5.1.3 The address is not a valid RFC 5321 address";
const LONG_ADDRESS: Refusal = "500 5.1.3 The address is too long";
const MECHANISM: Refusal = "504 5.5.4 Unrecognized authentication type";

/// Reads one line, which ends with its LF.
///
/// # Errors
/// The reply to give instead.
pub(super) fn parse(line: &[u8]) -> Result<Command<'_>, Refusal> {
    let text = text(line)?;
    let (verb, argument) = text.split_once(' ').unwrap_or((text, ""));
    if verb.eq_ignore_ascii_case("MAIL") {
        return mail(argument);
    }
    if verb.eq_ignore_ascii_case("RCPT") {
        return rcpt(argument);
    }
    match Request::parse(&mut line.iter()) {
        Ok(Request::Helo { .. }) => host(argument).map(Command::Helo),
        Ok(Request::Ehlo { .. }) => host(argument).map(Command::Ehlo),
        Ok(Request::Lhlo { .. }) => host(argument).map(Command::Lhlo),
        Ok(Request::Bdat { is_last, .. }) => bdat(argument, is_last),
        Ok(Request::Auth { mechanism, .. }) => auth(argument, mechanism),
        Ok(Request::Noop { .. }) => Ok(Command::Noop),
        Ok(Request::Data) => alone(argument, Command::Data),
        Ok(Request::Rset) => alone(argument, Command::Rset),
        Ok(Request::Quit) => alone(argument, Command::Quit),
        Ok(Request::StartTls) => alone(argument, Command::StartTls),
        Ok(Request::Vrfy { .. } | Request::Expn { .. } | Request::Help { .. })
        | Ok(Request::Etrn { .. } | Request::Atrn { .. } | Request::Burl { .. }) => Err(NOT_IMPLEMENTED),
        // Read above, never by this parser.
        Ok(Request::Mail { .. } | Request::Rcpt { .. }) | Err(Error::UnknownCommand) => Err(UNKNOWN),
        Err(_) if verb.eq_ignore_ascii_case("AUTH") && !argument.is_empty() => Err(MECHANISM),
        Err(_) => Err(ARGUMENTS),
    }
}

/// A browser or a scanner, not a mail client: talking on could only serve cross-protocol attacks (the form of a
/// hostile page can post to any port).
pub(super) fn is_http(line: &[u8]) -> bool {
    const METHODS: [&[u8]; 9] =
        [b"GET ", b"POST ", b"HEAD ", b"PUT ", b"DELETE ", b"OPTIONS ", b"PATCH ", b"TRACE ", b"CONNECT "];
    METHODS.iter().any(|method| line.get(..method.len()).is_some_and(|start| start.eq_ignore_ascii_case(method)))
}

fn text(line: &[u8]) -> Result<&str, Refusal> {
    let text = line.strip_suffix(b"\r\n").ok_or(BARE)?;
    if memchr::memchr2(b'\r', b'\n', text).is_some() {
        return Err(BARE);
    }
    let text = std::str::from_utf8(text).map_err(|_| CONTROL)?;
    if text.chars().any(char::is_control) { Err(CONTROL) } else { Ok(text.trim_end_matches(' ')) }
}

fn host(argument: &str) -> Result<&str, Refusal> {
    let fine = !argument.is_empty() && argument.len() <= 255 && !argument.contains(' ');
    if fine { Ok(argument) } else { Err(ARGUMENTS) }
}

fn alone<'a>(argument: &str, command: Command<'a>) -> Result<Command<'a>, Refusal> {
    if argument.is_empty() { Ok(command) } else { Err(NO_ARGUMENT) }
}

fn mail(argument: &str) -> Result<Command<'_>, Refusal> {
    const KNOWN: u64 = MAIL_BODY_7BIT | MAIL_BODY_8BITMIME | MAIL_RET_FULL | MAIL_RET_HDRS | MAIL_SMTPUTF8;
    let (path, rest) = bracketed(argument, "FROM:", FROM)?;
    let huge = huge_size(rest);
    // smtp-proto reads no number of that length, or lets it wrap around: it gets another one to read.
    let readable = huge.map_or(Cow::Borrowed(rest), |digits| Cow::Owned(rest.replacen(digits, "0", 1)));
    let read =
        |parser: &mut Rfc5321Parser<'_, '_>| parser.mail_from_parameters(Cow::Borrowed("")).map(MailFrom::into_owned);
    let given = parameters(&readable, read)?;
    let foreign = given.flags & !KNOWN != 0
        || given.by != 0
        || given.hold_for != 0
        || given.hold_until != 0
        || given.mt_priority != 0
        || given.trans_id.is_some()
        || given.solicit.is_some()
        || given.mtrk.is_some();
    if foreign {
        return Err(PARAMETER);
    }
    harmless(given.env_id.as_deref())?;
    harmless(given.auth.as_deref())?;
    let from = if path.is_empty() { path } else { path::mailbox(path).ok_or(NO_ADDRESS)? };
    let size = if huge.is_some() { usize::MAX } else { given.size };
    Ok(Command::Mail { from, size })
}

fn rcpt(argument: &str) -> Result<Command<'_>, Refusal> {
    const KNOWN: u64 = RCPT_NOTIFY_DELAY | RCPT_NOTIFY_FAILURE | RCPT_NOTIFY_NEVER | RCPT_NOTIFY_SUCCESS;
    let (path, rest) = bracketed(argument, "TO:", TO)?;
    let given = parameters(rest, |parser| parser.rcpt_to_parameters(Cow::Borrowed("")).map(RcptTo::into_owned))?;
    if given.flags & !KNOWN != 0 || given.rrvs != 0 {
        return Err(PARAMETER);
    }
    // NEVER stands alone (RFC 3461 §4.1).
    if given.flags & RCPT_NOTIFY_NEVER != 0 && given.flags & KNOWN != RCPT_NOTIFY_NEVER {
        return Err(ARGUMENTS);
    }
    harmless(given.orcpt.as_deref())?;
    match path {
        "" => Err(TO),
        path => path::mailbox(path).map(Command::Rcpt).ok_or(NO_ADDRESS),
    }
}

/// The digits of a SIZE that no message has.
fn huge_size(parameters: &str) -> Option<&str> {
    const HUGE: usize = 16;
    let mut pairs = parameters.split(' ').filter_map(|word| word.split_once('='));
    let (_, digits) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("SIZE"))?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    Some(digits).filter(|_| is_number && digits.trim_start_matches('0').len() >= HUGE)
}

/// The path behind `keyword`, and the parameters behind it: nothing, or a space and more.
fn bracketed<'a>(argument: &'a str, keyword: &str, refusal: Refusal) -> Result<(&'a str, &'a str), Refusal> {
    let fits = argument.get(..keyword.len()).is_some_and(|start| start.eq_ignore_ascii_case(keyword));
    let rest = argument.get(keyword.len()..).filter(|_| fits).ok_or(refusal)?;
    let (path, parameters) = path::cut(rest).ok_or(refusal)?;
    match path.len() > path::MAX_PATH {
        true => Err(LONG_ADDRESS),
        false if parameters.is_empty() || parameters.starts_with(' ') => Ok((path, parameters)),
        false => Err(refusal),
    }
}

/// Most commands have none, which needs no copy of the line with the LF that smtp-proto looks for.
fn parameters<T: Default>(
    text: &str,
    read: impl FnOnce(&mut Rfc5321Parser<'_, '_>) -> Result<T, Error>,
) -> Result<T, Refusal> {
    if text.is_empty() {
        return Ok(T::default());
    }
    let mut names = text.split(' ').filter_map(|word| word.split('=').next()).filter(|name| !name.is_empty());
    while let Some(name) = names.next() {
        if names.clone().any(|other| other.eq_ignore_ascii_case(name)) {
            return Err(ARGUMENTS);
        }
    }
    let line = [text, "\n"].concat();
    read(&mut Rfc5321Parser::new(&mut line.as_bytes().iter())).map_err(|error| match error {
        Error::UnsupportedParameter { .. } => PARAMETER,
        Error::InvalidParameter { param: "SIZE" } => SIZE,
        _ => ARGUMENTS,
    })
}

/// xtext (RFC 3461 §4) can smuggle in line ends as `+0D+0A`.
fn harmless(decoded: Option<&str>) -> Result<(), Refusal> {
    if decoded.is_some_and(|value| value.chars().any(char::is_control)) { Err(ARGUMENTS) } else { Ok(()) }
}

/// The size is read here: smtp-proto lets one wrap around that is larger than its type.
fn bdat(argument: &str, last: bool) -> Result<Command<'_>, Refusal> {
    let mut words = argument.split(' ');
    let digits = words.next().filter(|word| word.bytes().all(|b| b.is_ascii_digit()));
    let size = digits.and_then(|digits| digits.parse().ok());
    let end = words.next().is_none_or(|word| word.eq_ignore_ascii_case("LAST")) && words.next().is_none();
    size.filter(|_| end).map(|size| Command::Bdat { size, last }).ok_or(ARGUMENTS)
}

fn auth(argument: &str, mechanism: u64) -> Result<Command<'_>, Refusal> {
    let mechanism = match mechanism {
        AUTH_PLAIN => Mechanism::Plain,
        AUTH_LOGIN => Mechanism::Login,
        AUTH_CRAM_MD5 => Mechanism::CramMd5,
        _ => return Err(MECHANISM),
    };
    let mut words = argument.split(' ').skip(1);
    let initial = words.next();
    if words.next().is_some() { Err(ARGUMENTS) } else { Ok(Command::Auth { mechanism, initial }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command<'static>, Refusal> {
        parse(Box::leak(format!("{line}\r\n").into_boxed_str()).as_bytes())
    }

    #[test]
    fn commands_are_read_in_any_case() {
        for (line, command) in [
            ("ehlo [127.0.0.1]", Command::Ehlo("[127.0.0.1]")),
            ("HELO me", Command::Helo("me")),
            ("lhlo me ", Command::Lhlo("me")),
            ("mail from:<>", Command::Mail { from: "", size: 0 }),
            ("MAIL FROM: <a@b.c> SIZE=12 BODY=8BITMIME SMTPUTF8", Command::Mail { from: "a@b.c", size: 12 }),
            ("MAIL FROM:<a@b.c> RET=HDRS ENVID=x+3D AUTH=<>", Command::Mail { from: "a@b.c", size: 0 }),
            ("MAIL FROM:<\"a b\"@c.d>", Command::Mail { from: "\"a b\"@c.d", size: 0 }),
            ("RCPT TO:<a@b.c> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a@b.c", Command::Rcpt("a@b.c")),
            ("RCPT TO:<Postmaster>", Command::Rcpt("Postmaster")),
            ("BDAT 10", Command::Bdat { size: 10, last: false }),
            ("BDAT 0 last", Command::Bdat { size: 0, last: true }),
            ("AUTH PLAIN", Command::Auth { mechanism: Mechanism::Plain, initial: None }),
            ("AUTH login =", Command::Auth { mechanism: Mechanism::Login, initial: Some("=") }),
            ("AUTH CRAM-MD5", Command::Auth { mechanism: Mechanism::CramMd5, initial: None }),
            ("NOOP whatever", Command::Noop),
            ("rset", Command::Rset),
            ("DATA", Command::Data),
            ("StartTLS", Command::StartTls),
            ("QUIT", Command::Quit),
        ] {
            assert_eq!(parsed(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn what_smtp_proto_lets_through_is_refused_here() {
        for (line, code) in [
            ("", "500"),
            ("HELLO me", "500"),
            ("STARTTLSX", "500"),
            ("EHLO", "501"),
            ("EHLO a b", "501"),
            ("DATA now", "501"),
            ("QUIT now", "501"),
            ("RSET now", "501"),
            ("STARTTLS now", "501"),
            ("BDAT", "501"),
            ("BDAT -1", "501"),
            ("BDAT 1 FIRST", "501"),
            ("BDAT 1 LAST LAST", "501"),
            ("BDAT  1", "501"),
            ("MAIL", "501"),
            ("MAIL FROM", "501"),
            ("MAIL FROM:", "501"),
            ("MAIL FROM :<a@b.c>", "501"),
            ("MAIL FROM:  <a@b.c>", "501"),
            ("MAIL FROM:a@b.c", "501"),
            ("MAIL FROM:<a@b.c", "501"),
            ("MAIL FROM:<a@b.c>SIZE=1", "501"),
            ("MAIL FROM:<a@b.c> SIZE=x", "501"),
            ("MAIL FROM:<a@b.c> SIZE=-1", "501"),
            ("MAIL FROM:<a@b.c> FOO=BAR", "555"),
            ("MAIL FROM:<a@b.c> BODY=BINARYMIME", "555"),
            ("MAIL FROM:<a@b.c> REQUIRETLS", "555"),
            ("MAIL FROM:<a@b.c> ENVID=a+0D+0Ab", "501"),
            ("MAIL FROM:<a b@c.d>", "553"),
            ("MAIL FROM:<a>", "553"),
            ("RCPT TO:<>", "501"),
            ("RCPT TO:<a@b.c> ORCPT=rfc822;a+0Ab", "501"),
            ("RCPT TO:<a@b.c> NOTIFY=PERHAPS", "501"),
            ("RCPT TO:<a@b.c> NOTIFY=NEVER,SUCCESS", "501"),
            ("MAIL FROM:<a@b.c> SIZE=1 size=2", "501"),
            ("RCPT TO:<a@b.c> FOO", "555"),
            ("RCPT TO:<@b.c>", "553"),
            ("AUTH", "501"),
            ("AUTH XOAUTH2 abc", "504"),
            ("AUTH GSSAPI", "504"),
            ("AUTH PLAIN a b", "501"),
            ("VRFY root", "502"),
            ("EXPN root", "502"),
            ("HELP", "502"),
            ("ETRN x", "502"),
        ] {
            assert_eq!(parsed(line).unwrap_err().get(..3), Some(code), "{line}: {:?}", parsed(line));
        }
        let long = format!("MAIL FROM:<{}@b.c>", "a".repeat(1100));
        assert_eq!(parsed(&long), Err(LONG_ADDRESS));
    }

    #[test]
    fn line_ends_and_controls_inside_a_line_are_refused() {
        for line in ["NOOP\n", "MAIL FROM:<a\r@b.c>\r\n", "RCPT TO:<a@b.c\n>\r\n", "NOOP\r\r\n"] {
            assert_eq!(parse(line.as_bytes()), Err(BARE), "{line:?}");
        }
        for line in ["MAIL FROM:<a\0@b.c>\r\n", "RCPT TO:<a\u{85}b@c.d>\r\n", "EHLO \x1b[2J\r\n", "NOOP\tx\x7f\r\n"] {
            assert_eq!(parse(line.as_bytes()), Err(CONTROL), "{line:?}");
        }
        assert_eq!(parse(b"MAIL FROM:<\xff@b.c>\r\n"), Err(CONTROL));
    }

    #[test]
    fn http_is_recognised_by_its_method() {
        assert!(is_http(b"GET / HTTP/1.1\r\n") && is_http(b"post /x HTTP/1.1\r\n") && is_http(b"CONNECT a:1\r\n"));
        assert!(!is_http(b"GETAWAY\r\n") && !is_http(b"EHLO GET \r\n") && !is_http(b""));
    }
}
