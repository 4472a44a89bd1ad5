//! The session as a pure state machine, in this file and those that extend it: bytes in, replies and steps out, no I/O.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::inbox::{IncomingMessage, SessionOutcome};

use super::auth::AuthExchange;
use super::body::DotUnstuffer;
use super::budget::Reservation;
use super::delivery_plan::DeliveryPlan;
use super::faults::FaultStage;
use super::session_report::SessionReport;
use super::transaction::Transaction;
use super::transcript::Transcript;

pub(super) use super::session_config::{Protocol, SessionConfig};

/// What the connection must do before the session continues.
#[derive(Debug)]
pub(super) enum SessionStep {
    /// Send [`SmtpSession::output`] and read more.
    Read,
    /// Send, then wait.
    Pause(Duration),
    /// Store in the inbox, then call [`SmtpSession::settle_message`].
    Store(Box<Delivery>),
    /// Send, discard the bytes read so far, do the TLS handshake, then call [`SmtpSession::secured`].
    StartTls,
    Close(Ending),
}

/// A message for the inbox, and its memory reservation, held until the message is stored.
#[derive(Debug)]
pub(super) struct Delivery {
    pub arrival: IncomingMessage,
    pub held: Reservation,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The client sent QUIT.
    Quit,
    /// The server ends the session; the client gets time to read the last reply.
    Refused,
    /// The connection is closed without a reply.
    Dropped,
}

#[derive(Debug)]
pub(super) enum SessionState {
    Lines,
    /// Inside a line that is too long.
    LongLine,
    Auth(AuthExchange),
    Data(DotUnstuffer),
    Chunk {
        left: usize,
        last: bool,
        /// The reply to a refused chunk, which must still be read to its end.
        refusal: Option<Cow<'static, str>>,
    },
    Storing(DeliveryPlan),
    Closed,
}

/// An entry of the output queue.
#[derive(Debug)]
pub(super) enum Output {
    Say(Cow<'static, str>),
    Do(SessionStep),
    /// Ends the current part of the transcript: a message, or a transaction that RSET ended.
    Forget {
        message: bool,
    },
}

#[derive(Debug)]
pub(super) struct SmtpSession {
    pub(super) config: Arc<SessionConfig>,
    /// The client's address, without port.
    pub(super) client: String,
    /// Under TLS.
    pub(super) secure: bool,
    /// No command but QUIT has been read since the TLS handshake, and we have not ended the session.
    pub(super) unused_since_tls: bool,
    /// The name that the client gave in EHLO, HELO or LHLO.
    pub(super) helo: Option<String>,
    /// The client used EHLO or LHLO, not HELO.
    pub(super) extended: bool,
    pub(super) user: Option<String>,
    pub(super) state: SessionState,
    pub(super) transaction: Option<Transaction>,
    pub(super) transcript: Transcript,
    pub(super) report: SessionReport,
    outputs: VecDeque<Output>,
    output: Vec<u8>,
    pub(super) errors: u32,
    pub(super) auth_failures: u32,
    /// No valid command has been received since AUTH, so the next line may hold credentials.
    pub(super) credentials_may_follow: bool,
    /// Number of completed commands and messages; each one starts a new deadline.
    pub(super) progress: u64,
}

impl SmtpSession {
    /// `secure` means that TLS is active already. The greeting is the first output.
    pub(super) fn new(terms: Arc<SessionConfig>, client: String, secure: bool) -> Self {
        let mut session = SmtpSession {
            transcript: Transcript::starting(terms.clock.now()),
            config: terms,
            client,
            secure,
            unused_since_tls: secure,
            helo: None,
            extended: false,
            user: None,
            state: SessionState::Lines,
            transaction: None,
            report: SessionReport::new(secure),
            outputs: VecDeque::new(),
            output: Vec::with_capacity(512),
            errors: 0,
            auth_failures: 0,
            credentials_may_follow: false,
            progress: 0,
        };
        if secure {
            session.transcript.note(format_args!("TLS"));
        }
        session.greet();
        session
    }

    /// Processes `input` until a step is needed. Returns the number of bytes used, and the step.
    pub(super) fn advance(&mut self, input: &[u8]) -> (usize, SessionStep) {
        self.transcript.set_time(self.config.clock.now());
        let mut used = 0;
        loop {
            if let Some(step) = self.next_step() {
                return (used, step);
            }
            match self.consume(input.get(used..).unwrap_or_default()) {
                0 if self.outputs.is_empty() => return (used, SessionStep::Read),
                taken => used += taken,
            }
        }
    }

    /// The replies to send. The caller clears the buffer.
    pub(super) fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// A counter that moves with every completed command, and how long the next may take.
    pub(super) fn deadline_policy(&self) -> (u64, Duration) {
        match self.state {
            SessionState::Data(_) | SessionState::Chunk { .. } => (self.progress, self.config.limits.data),
            _ => (self.progress, self.config.limits.idle),
        }
    }

    /// True while a message is being received or stored; a server that shuts down lets it finish.
    pub(super) fn in_message(&self) -> bool {
        self.transaction.as_ref().is_some_and(|transaction| transaction.body.is_some())
            || matches!(self.state, SessionState::Storing(_))
    }

    /// How many bytes per second may be read, if a fault rule limits them.
    pub(super) fn throttle(&self) -> Option<u32> {
        match self.state {
            SessionState::Data(_) | SessionState::Chunk { .. } => self.transaction.as_ref()?.throttle,
            _ => None,
        }
    }

    /// Ends the session after a timeout.
    pub(super) fn expire(&mut self) {
        self.report.on_error = SessionOutcome::TimedOut;
        self.close_after_reply(format!(
            "421 4.4.2 {} Error: timeout exceeded, closing transmission channel",
            self.config.hostname
        ));
    }

    /// Ends the session when the server shuts down.
    pub(super) fn shut_down(&mut self) {
        self.report.on_error = SessionOutcome::ServerStopped;
        self.close_after_reply(format!("421 4.3.2 {} Service closing transmission channel", self.config.hostname));
    }

    fn greet(&mut self) {
        let Some(delay) = self.apply_fault(FaultStage::Connect, &[]) else { return };
        let protocol = match self.config.protocol {
            Protocol::Smtp => "ESMTP",
            Protocol::Lmtp => "LMTP",
        };
        self.reply_after(delay, format!("220 {} Gatepost {protocol} Service ready", self.config.hostname));
    }

    fn next_step(&mut self) -> Option<SessionStep> {
        while let Some(turn) = self.outputs.pop_front() {
            match turn {
                Output::Say(reply) => {
                    self.transcript.server(&reply);
                    self.config.replies.publish(&self.client, &reply);
                    self.output.extend_from_slice(reply.as_bytes());
                    self.output.extend_from_slice(b"\r\n");
                }
                Output::Forget { message } => self.transcript.end(message),
                Output::Do(step) => return Some(step),
            }
        }
        None
    }

    fn consume(&mut self, input: &[u8]) -> usize {
        match self.state {
            SessionState::Lines | SessionState::Auth(_) => self.take_line(input),
            SessionState::LongLine => self.skip_line(input),
            SessionState::Data(_) => self.take_data(input),
            SessionState::Chunk { .. } => self.take_chunk(input),
            SessionState::Storing(_) | SessionState::Closed => 0,
        }
    }

    pub(super) fn reply(&mut self, reply: impl Into<Cow<'static, str>>) {
        let reply = reply.into();
        self.report.reply(&reply);
        self.enqueue(Output::Say(reply));
    }

    /// Replies after `delay`.
    pub(super) fn reply_after(&mut self, delay: Duration, reply: impl Into<Cow<'static, str>>) {
        if !delay.is_zero() {
            self.enqueue(Output::Do(SessionStep::Pause(delay)));
        }
        self.reply(reply);
    }

    /// Sends an error reply and counts it; too many errors end the session.
    pub(super) fn reply_error(&mut self, reply: impl Into<Cow<'static, str>>) {
        self.reply(reply);
        self.errors += 1;
        if self.errors >= self.config.limits.errors {
            self.report.on_error = SessionOutcome::TooManyErrors;
            self.close_after_reply("421 4.7.0 Too many errors, closing transmission channel");
        }
    }

    pub(super) fn enqueue(&mut self, turn: Output) {
        self.outputs.push_back(turn);
    }

    pub(super) fn reset(&mut self, reply: &'static str) {
        self.transaction = None;
        self.reply(reply);
        self.enqueue(Output::Forget { message: false });
    }

    pub(super) fn close_after_reply(&mut self, reply: impl Into<Cow<'static, str>>) {
        self.reply(reply);
        self.close(Ending::Refused);
    }

    pub(super) fn close(&mut self, ending: Ending) {
        self.state = SessionState::Closed;
        self.unused_since_tls &= ending == Ending::Quit;
        self.enqueue(Output::Do(SessionStep::Close(ending)));
    }
}
