//! One session: the login, the commands and their replies.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::inbox::Inbox;
use crate::secret::Logins;

use super::command::{self, Pop3Command};
use super::maildrop::{Maildrop, MaildropEntry};
use super::settings::Pop3Limits;
use super::stream::{Line, LineReader, Pop3Stream, send};

/// What all sessions of a server share.
#[derive(Clone)]
pub(super) struct Pop3Context {
    pub inbox: Inbox,
    pub logins: Logins,
    /// The TLS that STLS starts; `None` without STLS.
    pub starttls: Option<TlsAcceptor>,
    pub limits: Pop3Limits,
    /// A permit for each message in memory.
    pub messages: Arc<Semaphore>,
    pub shutdown: CancellationToken,
}

pub(super) struct Pop3Session {
    context: Pop3Context,
    /// `None` while a TLS handshake runs, and after a failed one.
    stream: Option<Pop3Stream>,
    lines: LineReader,
    /// The name of USER.
    name: Option<String>,
    /// Set by the login.
    maildrop: Option<Maildrop>,
    errors: u32,
    login_failures: u32,
}

/// Whether the session goes on.
enum Next {
    Continue,
    Close,
}

const NOT_NOW: &str = "-ERR this command is not allowed now\r\n";
const NO_MESSAGE: &str = "-ERR no such message\r\n";
const FAILED: &str = "-ERR [SYS/TEMP] the inbox cannot be read\r\n";

impl Pop3Session {
    pub(super) fn new(context: Pop3Context, stream: Pop3Stream) -> Self {
        let (lines, name, maildrop) = (LineReader::default(), None, None);
        Pop3Session { context, stream: Some(stream), lines, name, maildrop, errors: 0, login_failures: 0 }
    }

    /// Serves the client until the session ends. Messages are deleted only at QUIT (RFC 1939 §6).
    ///
    /// # Errors
    /// The connection fails, or the client is too slow.
    pub(super) async fn run(mut self) -> io::Result<()> {
        self.reply("+OK Gatepost POP3 server ready\r\n").await?;
        loop {
            let (shutdown, idle) = (self.context.shutdown.clone(), self.context.limits.idle);
            let Some(stream) = &mut self.stream else { return Ok(()) };
            let line = tokio::select! {
                line = timeout(idle, self.lines.next(stream)) => line,
                () = shutdown.cancelled() => return self.reply("-ERR [SYS/TEMP] the server stops\r\n").await,
            };
            let line = match line {
                Ok(Ok(Some(Line::Complete(line)))) => command::parse(&line),
                Ok(Ok(Some(Line::TooLong))) => Err("the line is too long"),
                Ok(Ok(None)) => return Ok(()),
                Ok(Err(error)) => return Err(error),
                Err(_) => return self.reply("-ERR idle for too long\r\n").await,
            };
            let next = match line {
                Ok(command) => self.handle(command).await?,
                Err(reason) => self.refuse(&format!("-ERR {reason}\r\n")).await?,
            };
            if matches!(next, Next::Close) {
                return Ok(());
            }
        }
    }

    async fn handle(&mut self, command: Pop3Command) -> io::Result<Next> {
        match command {
            Pop3Command::Quit => return self.quit().await,
            Pop3Command::Capa => self.reply(&self.capabilities()).await?,
            Pop3Command::Noop if self.maildrop.is_some() => self.reply("+OK\r\n").await?,
            command if self.maildrop.is_some() => return self.in_transaction(command).await,
            Pop3Command::User(name) => {
                self.name = Some(name);
                self.reply("+OK send PASS\r\n").await?;
            }
            Pop3Command::Pass(password) => return self.log_in(&password).await,
            Pop3Command::Stls => return self.start_tls().await,
            _ => return self.refuse(NOT_NOW).await,
        }
        Ok(Next::Continue)
    }

    async fn in_transaction(&mut self, command: Pop3Command) -> io::Result<Next> {
        let Some(maildrop) = &mut self.maildrop else { return self.refuse(NOT_NOW).await };
        let reply = match command {
            Pop3Command::Stat => {
                let (count, size) = maildrop.totals();
                format!("+OK {count} {size}\r\n")
            }
            Pop3Command::List(number) => listing(maildrop, number, |entry| entry.size.to_string()),
            Pop3Command::Uidl(number) => listing(maildrop, number, |entry| entry.id.to_string()),
            Pop3Command::Dele(number) if maildrop.mark(number) => "+OK marked as deleted\r\n".to_owned(),
            Pop3Command::Dele(_) => NO_MESSAGE.to_owned(),
            Pop3Command::Rset => {
                maildrop.unmark_all();
                let (count, size) = maildrop.totals();
                format!("+OK {count} messages ({size} octets)\r\n")
            }
            Pop3Command::Retr(number) => return self.retrieve(number, None).await,
            Pop3Command::Top { message, lines } => return self.retrieve(message, Some(lines)).await,
            _ => return self.refuse(NOT_NOW).await,
        };
        self.reply(&reply).await?;
        Ok(Next::Continue)
    }

    fn capabilities(&self) -> String {
        let stls = if self.can_start_tls() { "STLS\r\n" } else { "" };
        format!(
            "+OK capabilities follow\r\nTOP\r\nUSER\r\nUIDL\r\nPIPELINING\r\nRESP-CODES\r\n{stls}\
             IMPLEMENTATION Gatepost\r\n.\r\n"
        )
    }

    fn can_start_tls(&self) -> bool {
        self.context.starttls.is_some() && self.maildrop.is_none() && matches!(self.stream, Some(Pop3Stream::Plain(_)))
    }

    async fn log_in(&mut self, password: &str) -> io::Result<Next> {
        let Some(name) = self.name.take() else { return self.refuse("-ERR send USER first\r\n").await };
        let logins = &self.context.logins;
        if !logins.is_empty() && !logins.verify(&name, password) {
            self.login_failures += 1;
            sleep(self.context.limits.login_pause * self.login_failures).await;
            self.reply("-ERR [AUTH] wrong name or password\r\n").await?;
            let is_last = self.login_failures >= self.context.limits.login_failures;
            return Ok(if is_last { Next::Close } else { Next::Continue });
        }
        match Maildrop::open(&self.context.inbox, self.context.limits.listed).await {
            Ok(maildrop) => {
                let (count, size) = maildrop.totals();
                self.maildrop = Some(maildrop);
                self.reply(&format!("+OK {count} messages ({size} octets)\r\n")).await?;
            }
            Err(error) => {
                tracing::error!(%error, "cannot list the inbox for a POP3 client");
                self.reply(FAILED).await?;
            }
        }
        Ok(Next::Continue)
    }

    async fn start_tls(&mut self) -> io::Result<Next> {
        let Some(acceptor) = self.context.starttls.clone().filter(|_| self.can_start_tls()) else {
            return self.refuse(NOT_NOW).await;
        };
        self.reply("+OK begin TLS\r\n").await?;
        self.lines.clear();
        self.name = None;
        if let Some(plain) = self.stream.take() {
            let secured = timeout(self.context.limits.answer, plain.secure(&acceptor)).await;
            self.stream = Some(secured.map_err(io::Error::from)??);
        }
        Ok(Next::Continue)
    }

    /// Sends a message, or its header and the first `lines` of its body.
    async fn retrieve(&mut self, number: usize, lines: Option<usize>) -> io::Result<Next> {
        let Some(id) = self.maildrop.as_ref().and_then(|maildrop| maildrop.get(number)).map(|entry| entry.id) else {
            self.reply(NO_MESSAGE).await?;
            return Ok(Next::Continue);
        };
        let Ok(_permit) = self.context.messages.clone().acquire_owned().await else { return Ok(Next::Close) };
        match self.context.inbox.message(id).await {
            Ok(Some(captured)) => {
                let bytes = multi_line(&captured.shown(), captured.octets(), lines);
                drop(captured);
                self.answer(&bytes).await?;
            }
            // Another client has deleted it.
            Ok(None) => self.reply(NO_MESSAGE).await?,
            Err(error) => {
                tracing::error!(%error, "cannot read a message for a POP3 client");
                self.reply(FAILED).await?;
            }
        }
        Ok(Next::Continue)
    }

    async fn quit(&mut self) -> io::Result<Next> {
        let deleted = match &self.maildrop {
            Some(maildrop) => maildrop.delete_marked(&self.context.inbox).await,
            None => Ok(0),
        };
        match deleted {
            Ok(0) => self.reply("+OK bye\r\n").await?,
            Ok(count) => self.reply(&format!("+OK {count} messages deleted, bye\r\n")).await?,
            Err(error) => {
                tracing::error!(%error, "cannot delete the messages that a POP3 client marked");
                self.reply("-ERR [SYS/TEMP] some deleted messages were not removed\r\n").await?;
            }
        }
        Ok(Next::Close)
    }

    /// Replies to an invalid command; too many end the session.
    async fn refuse(&mut self, reply: &str) -> io::Result<Next> {
        self.errors += 1;
        self.reply(reply).await?;
        Ok(if self.errors >= self.context.limits.errors { Next::Close } else { Next::Continue })
    }

    async fn reply(&mut self, reply: &str) -> io::Result<()> {
        self.answer(reply.as_bytes()).await
    }

    async fn answer(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(stream) = &mut self.stream else { return Err(io::ErrorKind::NotConnected.into()) };
        timeout(self.context.limits.answer, send(stream, bytes)).await.map_err(io::Error::from)?
    }
}

/// LIST or UIDL for one message or for all.
fn listing(maildrop: &Maildrop, number: Option<usize>, value: impl Fn(&MaildropEntry) -> String) -> String {
    let Some(number) = number else {
        let mut reply = "+OK\r\n".to_owned();
        for (number, entry) in maildrop.visible() {
            // Writing to a String cannot fail.
            let _ = write!(reply, "{number} {}\r\n", value(entry));
        }
        return reply + ".\r\n";
    };
    match maildrop.get(number) {
        Some(entry) => format!("+OK {number} {}\r\n", value(entry)),
        None => NO_MESSAGE.to_owned(),
    }
}

/// The reply with a message: lines end in CR LF, dots at their beginning are doubled (RFC 1939 §3).
fn multi_line(message: &[u8], octets: usize, body_lines: Option<usize>) -> Vec<u8> {
    let mut reply = Vec::with_capacity(message.len() + message.len() / 32 + 64);
    reply.extend_from_slice(format!("+OK {octets} octets\r\n").as_bytes());
    let mut left: Option<usize> = None;
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (&mut left, body_lines) {
            (Some(0), Some(_)) => break,
            (Some(left), Some(_)) => *left -= 1,
            (None, Some(lines)) if line.is_empty() => left = Some(lines),
            _ => {}
        }
        if line.starts_with(b".") {
            reply.push(b'.');
        }
        reply.extend_from_slice(line);
        reply.extend_from_slice(b"\r\n");
    }
    reply.extend_from_slice(b".\r\n");
    reply
}
