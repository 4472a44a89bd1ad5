//! Sends one message to the capture server.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::cli::connect::connect as connect_to;
use crate::secret::Secret;
use crate::transport::smtp::{SmtpReply, Submission};

use super::message::OutgoingMessage;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The timeout for each reply; long enough for the usual delays of fault rules.
const REPLY_TIMEOUT: Duration = Duration::from_secs(120);

/// Why a message was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum HandOverError {
    #[error("cannot connect to {server}: {source}; check that `gatepost serve` is running")]
    Connect { server: String, source: io::Error },
    #[error("connection to the server lost: {0}")]
    Broken(#[from] io::Error),
    /// A 4xx reply.
    #[error("temporarily refused by the server, try again later: {0}")]
    Later(String),
    #[error("refused by the server: {0}")]
    Refused(String),
    #[error("message too large for the server: {0}")]
    TooLarge(String),
    #[error("not an email address")]
    Unreadable,
    /// The other recipients, if any, received the message. `later` is true if every refusal is temporary.
    #[error("{share} recipients were refused: {reasons}")]
    Recipients { share: &'static str, later: bool, reasons: String },
}

/// A server without a port.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server {0:?} has no port: expected HOST:PORT, such as localhost:1025")]
pub struct NoPortError(String);

/// Checks the form `host:port` or `:port`.
///
/// # Errors
/// There is no port.
pub fn check_server(server: &str) -> Result<(), NoPortError> {
    let port = server.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    match port.filter(|port| *port > 0) {
        Some(_) => Ok(()),
        None => Err(NoPortError(server.to_owned())),
    }
}

/// Connects to `host:port`; `:port` and unspecified addresses mean localhost.
///
/// # Errors
/// [`HandOverError::Connect`].
pub fn connect(server: &str) -> Result<TcpStream, HandOverError> {
    let server = if server.starts_with(':') { format!("localhost{server}") } else { server.to_owned() };
    let failed = |source| HandOverError::Connect { server: server.clone(), source };
    let stream = connect_to(&server, CONNECT_TIMEOUT).map_err(failed)?;
    stream.set_nodelay(true).and_then(|()| stream.set_read_timeout(Some(REPLY_TIMEOUT))).map_err(failed)?;
    Ok(stream)
}

/// Sends `message`; returns the server's reply to the message.
///
/// # Errors
/// [`HandOverError::Recipients`] when the server refused some or all of several recipients; any other variant when no
/// recipient received the message.
pub fn hand_over(
    message: &OutgoingMessage,
    stream: TcpStream,
    login: Option<&(String, Secret<String>)>,
) -> Result<String, HandOverError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(submit(message, stream, login))
}

async fn submit(
    message: &OutgoingMessage,
    stream: TcpStream,
    login: Option<&(String, Secret<String>)>,
) -> Result<String, HandOverError> {
    let mut server = Submission::new(stream, REPLY_TIMEOUT)?;
    accepted(server.reply().await?)?;
    accepted(server.command("EHLO localhost").await?)?;
    if let Some((name, password)) = login {
        accepted(server.log_in(name, password).await?)?;
    }
    let eight_bit = if message.bytes.is_ascii() { "" } else { " BODY=8BITMIME" };
    let utf8 = message.to.iter().chain([&message.from]).any(|address| !address.is_ascii());
    let utf8 = if utf8 { " SMTPUTF8" } else { "" };
    accepted(server.command(&format!("MAIL FROM:<{}>{eight_bit}{utf8}", message.from)).await?)?;
    let mut refused = send_recipients(&mut server, message).await?;
    if refused.len() == message.to.len() {
        refused.extend(unreadable(message));
        return Err(refusals("all", &refused));
    }
    accepted(server.command("DATA").await?)?;
    let taken = accepted(server.content(&message.bytes).await?).map_err(HandOverError::of_a_message)?;
    // The server has accepted the message, so an error of QUIT does not matter.
    let _ = server.command("QUIT").await;
    refused.extend(unreadable(message));
    if refused.is_empty() { Ok(taken) } else { Err(refusals("some", &refused)) }
}

/// Sends RCPT for each recipient and returns the refused ones. If there is only one recipient, its refusal is the error.
async fn send_recipients(
    server: &mut Submission,
    message: &OutgoingMessage,
) -> Result<Vec<RefusedRecipients>, HandOverError> {
    let several = message.to.len() + message.invalid_recipients.len() > 1;
    let mut refused = Vec::new();
    for to in &message.to {
        match accepted(server.command(&format!("RCPT TO:<{to}>")).await?) {
            Ok(_) => {}
            Err(error) if several => refused.push((format!("<{to}>"), error)),
            Err(error) => return Err(error),
        }
    }
    Ok(refused)
}

/// The text of a reply that is no refusal.
fn accepted(reply: SmtpReply) -> Result<String, HandOverError> {
    match reply.code {
        200..400 => Ok(reply.text),
        400..500 => Err(HandOverError::Later(reply.text)),
        _ => Err(HandOverError::Refused(reply.text)),
    }
}

/// A refused recipient and the reason.
type RefusedRecipients = (String, HandOverError);

fn unreadable(message: &OutgoingMessage) -> impl Iterator<Item = RefusedRecipients> {
    message.invalid_recipients.iter().map(|written| (written.clone(), HandOverError::Unreadable))
}

fn refusals(share: &'static str, refused: &[RefusedRecipients]) -> HandOverError {
    let reasons: Vec<String> = refused.iter().map(|(to, why)| format!("{to}: {why}")).collect();
    let later = refused.iter().all(|(_, why)| matches!(why, HandOverError::Later(_)));
    HandOverError::Recipients { share, later, reasons: reasons.join("; ") }
}

impl HandOverError {
    /// RFC 5321 §4.2.3: a 552 reply to a message means that it is too large.
    fn of_a_message(self) -> Self {
        match self {
            HandOverError::Refused(reply) if reply.starts_with("552") => HandOverError::TooLarge(reply),
            other => other,
        }
    }
}

/// Connects standard input and output to the server (`-bs`).
///
/// # Errors
/// When reading or writing fails on either side.
pub fn relay(stream: &TcpStream) -> io::Result<()> {
    let sender = stream.try_clone()?;
    std::thread::spawn(move || {
        let copied = copy_lines(io::stdin().lock(), &sender);
        let _ = sender.shutdown(Shutdown::Write);
        copied
    });
    let mut receiver = stream.try_clone()?;
    receiver.set_read_timeout(None)?;
    let mut buffer = [0; 4096];
    loop {
        let read = receiver.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        out.write_all(buffer.get(..read).unwrap_or_default())?;
        out.flush()?;
    }
}

/// Copies lines and ends each with CR LF. Terminals and most scripts write LF alone, which SMTP forbids.
fn copy_lines(mut input: impl io::Read, mut output: impl io::Write) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let (mut last, mut lines) = (0, Vec::new());
    loop {
        let read = input.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        lines.clear();
        for &byte in buffer.get(..read).unwrap_or_default() {
            if byte == b'\n' && last != b'\r' {
                lines.push(b'\r');
            }
            lines.push(byte);
            last = byte;
        }
        output.write_all(&lines)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copied_lines_end_in_cr_lf_however_the_input_is_split() {
        let (typed, sent) = ("EHLO me\nNOOP\r\n\nQUIT", "EHLO me\r\nNOOP\r\n\r\nQUIT");
        for cut in 0..typed.len() {
            let (first, rest) = typed.as_bytes().split_at(cut);
            let mut copied = Vec::new();
            copy_lines(io::Read::chain(first, rest), &mut copied).unwrap();
            assert_eq!(String::from_utf8(copied).unwrap(), sent, "{cut}");
        }
    }

    #[test]
    fn a_delivery_is_retried_later_only_if_every_refusal_is_temporary() {
        let later = || ("<a@x.test>".to_owned(), HandOverError::Later("451 4.3.0 wait".into()));
        for (refused, waits) in [
            (vec![later(), later()], true),
            (vec![later(), ("<b@x.test>".to_owned(), HandOverError::Refused("550 no".into()))], false),
            (vec![later(), ("bad<".to_owned(), HandOverError::Unreadable)], false),
        ] {
            assert!(matches!(refusals("some", &refused), HandOverError::Recipients { later, .. } if later == waits));
        }
    }
}
