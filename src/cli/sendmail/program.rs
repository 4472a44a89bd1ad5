//! The command itself: reads settings and standard input, ends with sendmail's exit codes (sysexits.h).

use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use crate::cli::output::stdout;
use crate::clock::Clock;
use crate::config;
use crate::secret::{Entropy, Secret};

use super::arguments::Arguments;
use super::client::{self, HandOver};
use super::letter::{Letter, LetterError, Origin};

const EX_USAGE: u8 = 64;
const EX_DATAERR: u8 = 65;
const EX_UNAVAILABLE: u8 = 69;
const EX_IOERR: u8 = 74;
const EX_TEMPFAIL: u8 = 75;
const EX_CONFIG: u8 = 78;

/// Most bytes of standard input.
const MAX_INPUT: u64 = 256 * 1024 * 1024;

const HELP: &str = "Usage: sendmail [-t] [-i] [-f SENDER] [-F NAME] [-bs] [-S HOST:PORT] [RECIPIENT]...

Hands the message on standard input to Gatepost's capture server (inbox.smtp_address).
  -t          recipients from To, Cc and Bcc, or from Resent-To, Resent-Cc and Resent-Bcc when there are such; also
              without -t when no RECIPIENT is given
  -i, -oi     a line with a dot alone does not end the message
  -f SENDER   envelope sender (--from, MP_SENDMAIL_FROM)
  -F NAME     name for a From field that is missing (--from-name)
  -bs         speak SMTP on standard input and output
  -S ADDRESS  another server (--smtp-addr, MP_SENDMAIL_SMTP_ADDR)
Other options of sendmail are accepted and change nothing.

Exit codes are sendmail's: 0 taken by the server, 64 wrong use or no recipient, 65 the message is too large,
69 refused by the server, be it for some recipients only, 74 standard input cannot be read, 75 the server is not there
or says try again later, 78 the settings cannot be used.";

/// The arguments, when the program was called by sendmail's name: through a link, as a replacement.
pub fn by_name() -> Option<Vec<String>> {
    let mut words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let program = words.next()?;
    (Path::new(&program).file_stem()? == "sendmail").then(|| words.collect())
}

/// Runs it; `arguments` come without the program's name.
pub fn main(arguments: impl IntoIterator<Item = String>) -> ExitCode {
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, reason)) => {
            eprintln!("sendmail: {}", reason.replace(['\n', '\r'], " "));
            ExitCode::from(code)
        }
    }
}

type Failure = (u8, String);

fn run(arguments: impl IntoIterator<Item = String>) -> Result<(), Failure> {
    let arguments = Arguments::parse(arguments).map_err(|error| (EX_USAGE, error.to_string()))?;
    if arguments.help {
        return writeln!(stdout(), "{HELP}").map_err(|error| (EX_IOERR, error.to_string()));
    }
    let arguments = arguments.or(|name| std::env::var(name).ok());
    let (server, login) = server(&arguments)?;
    if arguments.speak_smtp {
        let stream = client::connect(&server).map_err(explained)?;
        return client::relay(&stream).map_err(|error| (EX_IOERR, error.to_string()));
    }
    let letter = Letter::new(&input()?, &arguments, &origin()).map_err(unsendable)?;
    let stream = client::connect(&server).map_err(explained)?;
    client::hand_over(&letter, stream, login.as_ref()).map_err(explained)?;
    Ok(())
}

/// Name and password.
type Login = (String, Secret<String>);

/// Where to, and as whom: `-S` or Mailpit's variable, else the settings. Only these settings are read, so that a mistake elsewhere in the
/// file stops nobody's mail.
fn server(arguments: &Arguments) -> Result<(String, Option<Login>), Failure> {
    if let Some(server) = &arguments.server {
        return Ok((server.clone(), None));
    }
    let settings = config::figment().and_then(config::capture_server);
    settings.map_err(|error| (EX_CONFIG, format!("the settings cannot be used: {error}")))
}

fn input() -> Result<Vec<u8>, Failure> {
    let mut input = Vec::new();
    let read = io::stdin().lock().take(MAX_INPUT + 1).read_to_end(&mut input);
    read.map_err(|error| (EX_IOERR, format!("standard input cannot be read: {error}")))?;
    match input.len() as u64 > MAX_INPUT {
        true => Err((EX_DATAERR, format!("the message is larger than {MAX_INPUT} bytes"))),
        false => Ok(input),
    }
}

fn origin() -> Origin {
    let now = Clock::system().now();
    let user = ["LOGNAME", "USER"].iter().find_map(|name| std::env::var(name).ok()).filter(|name| is_plain(name));
    Origin {
        sender: format!("{}@localhost", user.as_deref().unwrap_or("root")),
        now,
        message_id: format!("{}@localhost", Entropy::system().id(now)),
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn unsendable(error: LetterError) -> Failure {
    let code = match &error {
        LetterError::NoRecipient | LetterError::Control(..) => EX_USAGE,
        LetterError::Unreadable(_) => EX_UNAVAILABLE,
    };
    (code, error.to_string())
}

fn explained(error: HandOver) -> Failure {
    let code = match &error {
        HandOver::Connect { .. } | HandOver::Broken(_) | HandOver::Later(_) => EX_TEMPFAIL,
        HandOver::Recipients { later: true, .. } => EX_TEMPFAIL,
        HandOver::TooLarge(_) => EX_DATAERR,
        HandOver::Refused(_) | HandOver::Unreadable | HandOver::Recipients { .. } => EX_UNAVAILABLE,
    };
    (code, error.to_string())
}
