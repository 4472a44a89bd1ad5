//! The `sendmail` command: reads settings and standard input; exits with sendmail's codes (sysexits.h).

use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use crate::cli::output::stdout;
use crate::clock::Clock;
use crate::config;
use crate::random::Entropy;
use crate::secret::Secret;

use super::arguments::Arguments;
use super::client::{self, HandOverError};
use super::message::{MessageError, OutgoingMessage, SenderDefaults};
use super::user::current_user;

const EX_USAGE: u8 = 64;
const EX_DATAERR: u8 = 65;
const EX_UNAVAILABLE: u8 = 69;
const EX_IOERR: u8 = 74;
const EX_TEMPFAIL: u8 = 75;
const EX_CONFIG: u8 = 78;

/// The longest standard input, in bytes.
const MAX_INPUT: u64 = 256 * 1024 * 1024;

const HELP: &str = "Usage: sendmail [-t] [-i] [-f SENDER] [-F NAME] [-bs] [-S HOST:PORT] [RECIPIENT]...

Sends the message on standard input to Gatepost's capture server (inbox.smtp_address).
  -t          take the recipients from To, Cc and Bcc, or from Resent-To, Resent-Cc and Resent-Bcc if present; this
              is the default when no RECIPIENT is given
  -i, -oi     a line with a single dot does not end the message
  -f SENDER   envelope sender (--from, MP_SENDMAIL_FROM)
  -F NAME     name in the From field, if the message has none (--from-name)
  -bs         speak SMTP on standard input and output
  -S ADDRESS  another server (--smtp-addr, MP_SENDMAIL_SMTP_ADDR)
Other common options of sendmail are accepted and ignored.

Exit codes: 0 accepted by the server, 64 invalid arguments or no recipient, 65 message too large, 69 refused by the
server, at least for some recipients, 74 standard input not readable, 75 server unreachable or temporary refusal,
78 invalid settings.";

/// The arguments, if the program was called through a link named `sendmail`.
pub fn by_name() -> Option<Vec<String>> {
    let mut arguments = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    let program = arguments.next()?;
    (Path::new(&program).file_stem()? == "sendmail").then(|| arguments.collect())
}

/// Runs the command; `arguments` do not include the program's name.
pub fn main(arguments: impl IntoIterator<Item = String>) -> ExitCode {
    finish(run(arguments, None))
}

/// Runs the command without settings; `server` is used if no other is given.
pub fn main_at(arguments: impl IntoIterator<Item = String>, server: &str) -> ExitCode {
    finish(run(arguments, Some(server)))
}

/// Sends one message to `server` without a login; returns the server's reply.
///
/// # Errors
/// The server cannot be reached, or refuses the message or some of its recipients.
pub fn send(message: &OutgoingMessage, server: &str) -> Result<String, HandOverError> {
    client::hand_over(message, client::connect(server)?, None)
}

fn finish(done: Result<(), SendmailFailure>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, reason)) => {
            eprintln!("sendmail: {}", reason.replace(['\n', '\r'], " "));
            ExitCode::from(code)
        }
    }
}

type SendmailFailure = (u8, String);

fn run(arguments: impl IntoIterator<Item = String>, default: Option<&str>) -> Result<(), SendmailFailure> {
    let arguments = Arguments::parse(arguments).map_err(|error| (EX_USAGE, error.to_string()))?;
    if arguments.help {
        return writeln!(stdout(), "{HELP}").map_err(|error| (EX_IOERR, error.to_string()));
    }
    let arguments = arguments.or(|name| std::env::var(name).ok());
    let (server, login) = match (&arguments.server, default) {
        (None, Some(default)) => (default.to_owned(), None),
        _ => server(&arguments)?,
    };
    if arguments.speak_smtp {
        let stream = client::connect(&server).map_err(delivery_failure)?;
        return client::relay(&stream).map_err(|error| (EX_IOERR, error.to_string()));
    }
    let message = OutgoingMessage::new(&input()?, &arguments, &sender_defaults()).map_err(message_failure)?;
    let stream = client::connect(&server).map_err(delivery_failure)?;
    client::hand_over(&message, stream, login.as_ref()).map_err(delivery_failure)?;
    Ok(())
}

const NO_PORT: &str =
    "inbox.smtp_address has port 0, so that only the server knows its port; name the one that it printed with -S";

/// A name and a password.
type ServerLogin = (String, Secret<String>);

/// The server and the login: from `-S` or Mailpit's variable, otherwise from the settings. Other settings are not read,
/// so that an error in them does not stop delivery.
fn server(arguments: &Arguments) -> Result<(String, Option<ServerLogin>), SendmailFailure> {
    if let Some(server) = &arguments.server {
        client::check_server(server).map_err(|error| (EX_USAGE, error.to_string()))?;
        return Ok((server.clone(), None));
    }
    let settings = config::figment().and_then(config::capture_server);
    let (server, login) = settings.map_err(|error| (EX_CONFIG, format!("invalid settings: {error}")))?;
    match server.ends_with(":0") {
        true => Err((EX_CONFIG, NO_PORT.to_owned())),
        false => Ok((server, login)),
    }
}

fn input() -> Result<Vec<u8>, SendmailFailure> {
    let mut input = Vec::new();
    let read = io::stdin().lock().take(MAX_INPUT + 1).read_to_end(&mut input);
    read.map_err(|error| (EX_IOERR, format!("cannot read standard input: {error}")))?;
    match input.len() as u64 > MAX_INPUT {
        true => Err((EX_DATAERR, format!("message too large: at most {MAX_INPUT} bytes"))),
        false => Ok(input),
    }
}

fn sender_defaults() -> SenderDefaults {
    let now = Clock::system().now();
    SenderDefaults {
        sender: format!("{}@localhost", current_user()),
        now,
        message_id: format!("{}@localhost", Entropy::system().id(now)),
    }
}

fn message_failure(error: MessageError) -> SendmailFailure {
    let code = match &error {
        MessageError::NoRecipient | MessageError::Control(..) => EX_USAGE,
        MessageError::Unreadable(_) => EX_UNAVAILABLE,
    };
    (code, error.to_string())
}

fn delivery_failure(error: HandOverError) -> SendmailFailure {
    let code = match &error {
        HandOverError::Connect { .. } | HandOverError::Broken(_) | HandOverError::Later(_) => EX_TEMPFAIL,
        HandOverError::Recipients { later: true, .. } => EX_TEMPFAIL,
        HandOverError::TooLarge(_) => EX_DATAERR,
        HandOverError::Refused(_) | HandOverError::Unreadable | HandOverError::Recipients { .. } => EX_UNAVAILABLE,
    };
    (code, error.to_string())
}
