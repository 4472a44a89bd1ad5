//! `gatepost mailpit ingest`: sends messages of files and folders to a running server by SMTP.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::cli::output::stdout;
use crate::cli::progress::{Progress, ProgressUnit};
use crate::cli::sendmail::{self, HandOverError, OutgoingMessage};
use crate::clock::Clock;
use crate::config::mailpit::MailpitUsageError;
use crate::inbox::files::{self, FileSelection};
use crate::mail::parse::ParsedMessage;

use super::argument::Argument;
use super::failure::{MailpitFailure, MailpitResult, failed, wrong_use};
use super::interruption::watch_signals;

/// Largest message that is read, in bytes.
const MAX_MESSAGE: usize = 256 * 1024 * 1024;
/// The recipient of a message that names none.
const NOBODY: &str = "undisclosed-recipients@localhost";

struct IngestArguments {
    paths: Vec<PathBuf>,
    server: String,
    recent_days: Option<u32>,
}

/// Sends every message; a refused one is named, and the others are sent. After a signal no further one is sent.
pub(super) fn run(arguments: Vec<String>) -> MailpitResult {
    let arguments = IngestArguments::parse(arguments)?;
    let (_runtime, interruption) = watch_signals()?;
    let now = Clock::system().now();
    let days = |days: u32| Duration::from_secs(u64::from(days) * 86_400);
    let oldest = arguments.recent_days.map(|count| now - days(count));
    let selection = FileSelection { paths: arguments.paths, limit: MAX_MESSAGE, modified_after: oldest };
    let mut progress = Progress::new("sending", ProgressUnit::Bytes, files::total_size(&selection.paths));
    let (messages, scanning) = files::read(selection);
    let (mut sent, mut failures) = (0_u64, Vec::new());
    for message in messages {
        if interruption.is_set() {
            drop(progress);
            return Err(failed(format!("interrupted; {sent} messages were sent to {}", arguments.server)));
        }
        progress.add(message.len() as u64);
        match sendmail::send(&envelope(message), &arguments.server) {
            Ok(_) => sent += 1,
            // Without a server, every other message would fail too.
            Err(error @ HandOverError::Connect { .. }) => return Err(failed(error)),
            Err(error) => failures.push(error.to_string()),
        }
    }
    drop(progress);
    failures.extend(scanning.join().unwrap_or_default());
    writeln!(stdout(), "sent {sent} messages to {}", arguments.server).map_err(failed)?;
    match failures.as_slice() {
        [] => Ok(()),
        [one] => Err(failed(one)),
        many => {
            many.iter().for_each(|line| eprintln!("{}", line.replace(char::is_control, " ")));
            Err(failed(format!("{} files or messages were left out (see above)", many.len())))
        }
    }
}

/// The message with the envelope that its header names.
fn envelope(bytes: Vec<u8>) -> OutgoingMessage {
    let parsed = ParsedMessage::parse_header_and_prefix(&bytes);
    let lists = [&parsed.to, &parsed.cc, &parsed.bcc];
    let mut to: Vec<String> = Vec::new();
    for address in lists.into_iter().flatten().map(|contact| contact.address.clone()) {
        if address.contains('@') && !address.contains(char::is_control) && !to.contains(&address) {
            to.push(address);
        }
    }
    if to.is_empty() {
        to.push(NOBODY.to_owned());
    }
    let from = parsed.from.address.clone();
    let from = if from.contains('@') && !from.contains(char::is_control) { from } else { String::new() };
    OutgoingMessage { from, to, invalid_recipients: Vec::new(), bytes: with_cr_lf(&bytes) }
}

/// The message with lines that end in CR LF, as SMTP needs them.
fn with_cr_lf(bytes: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) => {
                lines.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
                lines.extend_from_slice(b"\r\n");
            }
            None => lines.extend_from_slice(line),
        }
    }
    lines
}

impl IngestArguments {
    fn parse(arguments: Vec<String>) -> Result<Self, MailpitFailure> {
        let server = std::env::var("MP_SENDMAIL_SMTP_ADDR").ok().filter(|server| !server.trim().is_empty());
        let server = server.unwrap_or_else(|| "localhost:1025".to_owned());
        let mut parsed = IngestArguments { paths: Vec::new(), server, recent_days: None };
        let mut rest = arguments.into_iter();
        while let Some(argument) = rest.next().map(Argument::new) {
            match argument.name.as_str() {
                "-S" | "--smtp-addr" => parsed.server = argument.value(&mut rest)?,
                "--recent" => {
                    let days = argument.value(&mut rest)?;
                    let invalid = || format!("--recent: {days:?}: expected a number of days");
                    let days = days.parse().map_err(|_| MailpitFailure::Usage(invalid()))?;
                    parsed.recent_days = Some(days).filter(|days| *days > 0);
                }
                _ if argument.is_flag() => return Err(MailpitUsageError::Argument(argument.name).into()),
                _ => parsed.paths.push(argument.name.into()),
            }
        }
        sendmail::check_server(&parsed.server).map_err(wrong_use)?;
        match parsed.paths.is_empty() {
            true => Err(MailpitFailure::Usage("name at least one file or folder".to_owned())),
            false => Ok(parsed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_comes_from_the_header() {
        let message = envelope(b"From: Kim <kim@a.test>\nTo: b@b.test, b@b.test\nCc: c@b.test\n\nhi\n".to_vec());
        assert_eq!(
            (message.from.as_str(), message.to),
            ("kim@a.test", vec!["b@b.test".to_owned(), "c@b.test".to_owned()])
        );
        assert!(message.bytes.ends_with(b"\r\n\r\nhi\r\n"));
        let bare = envelope(b"Subject: x\r\n\r\n".to_vec());
        assert_eq!((bare.from.as_str(), bare.to), ("", vec![NOBODY.to_owned()]));
    }
}
