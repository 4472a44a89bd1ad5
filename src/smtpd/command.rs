//! Parses a command line. smtp-proto reads verbs and parameters. This module first rejects what smtp-proto accepts:
//! control characters, bare CR and LF, trailing arguments, spaces before the path. `path` parses the paths.

use std::borrow::Cow;

use smtp_proto::request::parser::Rfc5321Parser;
use smtp_proto::{
    AUTH_CRAM_MD5, AUTH_LOGIN, AUTH_PLAIN, Error, MAIL_BODY_7BIT, MAIL_BODY_8BITMIME, MAIL_RET_FULL, MAIL_RET_HDRS,
    MAIL_SMTPUTF8, MailFrom, RCPT_NOTIFY_DELAY, RCPT_NOTIFY_FAILURE, RCPT_NOTIFY_NEVER, RCPT_NOTIFY_SUCCESS, RcptTo,
    Request,
};

use super::path;

/// Longest command line with its line end, in bytes. RFC 5321 §4.5.3.1.4 requires 512 and extensions add to it; the
/// limit is Mailpit's.
pub(super) const MAX_LINE: usize = 2048;
/// Longest line of an AUTH exchange, in bytes (RFC 4954 §4).
pub(super) const MAX_AUTH_LINE: usize = 12_288;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum SmtpCommand<'a> {
    Helo(&'a str),
    Ehlo(&'a str),
    Lhlo(&'a str),
    /// `size` is the SIZE parameter in bytes, 0 without one; `utf8` is true with SMTPUTF8.
    Mail {
        from: &'a str,
        size: usize,
        utf8: bool,
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
    Vrfy,
    Help,
    Quit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mechanism {
    Plain,
    Login,
    CramMd5,
}

/// The reply to an invalid line.
pub(super) type CommandError = &'static str;

const UNKNOWN: CommandError = "500 5.5.2 Syntax error, command unrecognized";
const NOT_IMPLEMENTED: CommandError = "502 5.5.1 Command not implemented";
const BARE: CommandError = "500 5.5.2 Syntax error, bare CR or LF is not allowed";
const CONTROL: CommandError = "500 5.5.2 Syntax error, control characters and invalid UTF-8 are not allowed";
const ARGUMENTS: CommandError = "501 5.5.4 Syntax error in parameters or arguments";
const NO_ARGUMENT: CommandError = "501 5.5.4 Syntax error (no parameters allowed)";
const FROM: CommandError = "501 5.5.4 Syntax error in parameters or arguments (invalid FROM parameter)";
const TO: CommandError = "501 5.5.4 Syntax error in parameters or arguments (invalid TO parameter)";
const SIZE: CommandError = "501 5.5.4 Syntax error in parameters or arguments (invalid SIZE parameter)";
const PARAMETER: CommandError = "555 5.5.4 Unsupported or unknown parameter";
const NO_ADDRESS: CommandError = "553 5.1.3 The address is not a valid RFC 5321 address";
const LONG_ADDRESS: CommandError = "500 5.1.3 The address is too long";
const MECHANISM: CommandError = "504 5.5.4 Unrecognized authentication type";

/// Parses one line, given with its LF.
///
/// # Errors
/// Returns the reply to an invalid line.
pub(super) fn parse(line: &[u8]) -> Result<SmtpCommand<'_>, CommandError> {
    let text = text(line)?;
    let (verb, argument) = text.split_once(' ').unwrap_or((text, ""));
    if verb.eq_ignore_ascii_case("MAIL") {
        return mail(argument);
    }
    if verb.eq_ignore_ascii_case("RCPT") {
        return rcpt(argument);
    }
    match Request::parse(&mut line.iter()) {
        Ok(Request::Helo { .. }) => host(argument).map(SmtpCommand::Helo),
        Ok(Request::Ehlo { .. }) => host(argument).map(SmtpCommand::Ehlo),
        Ok(Request::Lhlo { .. }) => host(argument).map(SmtpCommand::Lhlo),
        Ok(Request::Bdat { is_last, .. }) => bdat(argument, is_last),
        Ok(Request::Auth { mechanism, .. }) => auth(argument, mechanism),
        Ok(Request::Noop { .. }) => Ok(SmtpCommand::Noop),
        Ok(Request::Data) => no_arguments(argument, SmtpCommand::Data),
        Ok(Request::Rset) => no_arguments(argument, SmtpCommand::Rset),
        Ok(Request::Quit) => no_arguments(argument, SmtpCommand::Quit),
        Ok(Request::StartTls) => no_arguments(argument, SmtpCommand::StartTls),
        Ok(Request::Vrfy { .. }) => Ok(SmtpCommand::Vrfy),
        Ok(Request::Help { .. }) => Ok(SmtpCommand::Help),
        Ok(Request::Expn { .. } | Request::Etrn { .. } | Request::Atrn { .. } | Request::Burl { .. }) => {
            Err(NOT_IMPLEMENTED)
        }
        // MAIL and RCPT are parsed above.
        Ok(Request::Mail { .. } | Request::Rcpt { .. }) | Err(Error::UnknownCommand) => Err(UNKNOWN),
        Err(_) if verb.eq_ignore_ascii_case("AUTH") && !argument.is_empty() => Err(MECHANISM),
        Err(_) => Err(ARGUMENTS),
    }
}

/// True for the first line of an HTTP request: one of the usual methods, or a whole line that ends in the protocol's
/// version, such as HTTP/2's `PRI * HTTP/2.0`. Replying to one would only help cross-protocol attacks: the form of a hostile page
/// can post to any port.
pub(super) fn is_http(line: &[u8]) -> bool {
    const METHODS: [&[u8]; 9] =
        [b"GET ", b"POST ", b"HEAD ", b"PUT ", b"DELETE ", b"OPTIONS ", b"PATCH ", b"TRACE ", b"CONNECT "];
    let begins_with = |method: &&[u8]| line.get(..method.len()).is_some_and(|start| start.eq_ignore_ascii_case(method));
    METHODS.iter().any(begins_with) || whole_line(line).is_some_and(has_http_version)
}

/// The first line of `input` without its line end; `None` if it goes on, or is longer than a command may be.
fn whole_line(input: &[u8]) -> Option<&[u8]> {
    let beginning = input.get(..MAX_LINE).unwrap_or(input);
    beginning.get(..memchr::memchr(b'\n', beginning)?)
}

/// True if the line is three words, the last of which is `HTTP/` and a number.
fn has_http_version(line: &[u8]) -> bool {
    let mut words = line.trim_ascii_end().split(|byte| *byte == b' ');
    let (version, rest) = (words.nth(2).unwrap_or_default(), words.next());
    let (protocol, number) = version.split_at_checked(5).unwrap_or_default();
    rest.is_none() && protocol.eq_ignore_ascii_case(b"HTTP/") && number.first().is_some_and(u8::is_ascii_digit)
}

fn text(line: &[u8]) -> Result<&str, CommandError> {
    let text = line.strip_suffix(b"\r\n").ok_or(BARE)?;
    if memchr::memchr2(b'\r', b'\n', text).is_some() {
        return Err(BARE);
    }
    let text = std::str::from_utf8(text).map_err(|_| CONTROL)?;
    if text.chars().any(char::is_control) { Err(CONTROL) } else { Ok(text.trim_end_matches(' ')) }
}

fn host(argument: &str) -> Result<&str, CommandError> {
    let valid = !argument.is_empty() && argument.len() <= 255 && !argument.contains(' ');
    if valid { Ok(argument) } else { Err(ARGUMENTS) }
}

fn no_arguments<'a>(argument: &str, command: SmtpCommand<'a>) -> Result<SmtpCommand<'a>, CommandError> {
    if argument.is_empty() { Ok(command) } else { Err(NO_ARGUMENT) }
}

fn mail(argument: &str) -> Result<SmtpCommand<'_>, CommandError> {
    const KNOWN: u64 = MAIL_BODY_7BIT | MAIL_BODY_8BITMIME | MAIL_RET_FULL | MAIL_RET_HDRS | MAIL_SMTPUTF8;
    let (path, rest) = bracketed(argument, "FROM:", FROM)?;
    let huge = huge_size(rest);
    // smtp-proto rejects so long a number or lets it overflow, so it is given 0 instead.
    let readable = huge.map_or(Cow::Borrowed(rest), |digits| Cow::Owned(rest.replacen(digits, "0", 1)));
    let read =
        |parser: &mut Rfc5321Parser<'_, '_>| parser.mail_from_parameters(Cow::Borrowed("")).map(MailFrom::into_owned);
    let given = parameters(&readable, read)?;
    let unsupported = given.flags & !KNOWN != 0
        || given.by != 0
        || given.hold_for != 0
        || given.hold_until != 0
        || given.mt_priority != 0
        || given.trans_id.is_some()
        || given.solicit.is_some()
        || given.mtrk.is_some();
    if unsupported {
        return Err(PARAMETER);
    }
    reject_controls(given.env_id.as_deref())?;
    reject_controls(given.auth.as_deref())?;
    let from = if path.is_empty() { path } else { path::mailbox(path).ok_or(NO_ADDRESS)? };
    let size = if huge.is_some() { usize::MAX } else { given.size };
    Ok(SmtpCommand::Mail { from, size, utf8: given.flags & MAIL_SMTPUTF8 != 0 })
}

fn rcpt(argument: &str) -> Result<SmtpCommand<'_>, CommandError> {
    const KNOWN: u64 = RCPT_NOTIFY_DELAY | RCPT_NOTIFY_FAILURE | RCPT_NOTIFY_NEVER | RCPT_NOTIFY_SUCCESS;
    let (path, rest) = bracketed(argument, "TO:", TO)?;
    let given = parameters(rest, |parser| parser.rcpt_to_parameters(Cow::Borrowed("")).map(RcptTo::into_owned))?;
    if given.flags & !KNOWN != 0 || given.rrvs != 0 {
        return Err(PARAMETER);
    }
    // NEVER excludes all other values (RFC 3461 §4.1).
    if given.flags & RCPT_NOTIFY_NEVER != 0 && given.flags & KNOWN != RCPT_NOTIFY_NEVER {
        return Err(ARGUMENTS);
    }
    reject_controls(given.orcpt.as_deref())?;
    match path {
        "" => Err(TO),
        path => path::mailbox(path).map(SmtpCommand::Rcpt).ok_or(NO_ADDRESS),
    }
}

/// The digits of a SIZE parameter that is longer than any message's size.
fn huge_size(parameters: &str) -> Option<&str> {
    const HUGE: usize = 16;
    let mut pairs = parameters.split(' ').filter_map(|word| word.split_once('='));
    let (_, digits) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("SIZE"))?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    Some(digits).filter(|_| is_number && digits.trim_start_matches('0').len() >= HUGE)
}

/// Splits `argument` into the path after `keyword` and the parameters, which are empty or begin with a space.
fn bracketed<'a>(argument: &'a str, keyword: &str, refusal: CommandError) -> Result<(&'a str, &'a str), CommandError> {
    let fits = argument.get(..keyword.len()).is_some_and(|start| start.eq_ignore_ascii_case(keyword));
    let rest = argument.get(keyword.len()..).filter(|_| fits).ok_or(refusal)?;
    let (path, parameters) = path::cut(rest).ok_or(refusal)?;
    match path.len() > path::MAX_PATH {
        true => Err(LONG_ADDRESS),
        false if parameters.is_empty() || parameters.starts_with(' ') => Ok((path, parameters)),
        false => Err(refusal),
    }
}

/// Parses the parameters. smtp-proto needs a copy of them with an LF; most commands have none and need no copy.
fn parameters<T: Default>(
    text: &str,
    read: impl FnOnce(&mut Rfc5321Parser<'_, '_>) -> Result<T, Error>,
) -> Result<T, CommandError> {
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

/// Rejects control characters, since xtext (RFC 3461 §4) can encode line ends as `+0D+0A`.
fn reject_controls(decoded: Option<&str>) -> Result<(), CommandError> {
    if decoded.is_some_and(|value| value.chars().any(char::is_control)) { Err(ARGUMENTS) } else { Ok(()) }
}

/// Parses the size without smtp-proto, in which a large one overflows.
fn bdat(argument: &str, last: bool) -> Result<SmtpCommand<'_>, CommandError> {
    let mut parts = argument.split(' ');
    let digits = parts.next().filter(|word| word.bytes().all(|b| b.is_ascii_digit()));
    let size = digits.and_then(|digits| digits.parse().ok());
    let end = parts.next().is_none_or(|word| word.eq_ignore_ascii_case("LAST")) && parts.next().is_none();
    size.filter(|_| end).map(|size| SmtpCommand::Bdat { size, last }).ok_or(ARGUMENTS)
}

fn auth(argument: &str, mechanism: u64) -> Result<SmtpCommand<'_>, CommandError> {
    let mechanism = match mechanism {
        AUTH_PLAIN => Mechanism::Plain,
        AUTH_LOGIN => Mechanism::Login,
        AUTH_CRAM_MD5 => Mechanism::CramMd5,
        _ => return Err(MECHANISM),
    };
    let mut parts = argument.split(' ').skip(1);
    let initial = parts.next();
    if parts.next().is_some() { Err(ARGUMENTS) } else { Ok(SmtpCommand::Auth { mechanism, initial }) }
}

#[cfg(test)]
mod tests;
