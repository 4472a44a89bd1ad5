//! The session as a pure state machine: bytes in, replies and steps out, no I/O. This file has the state and the queue of
//! replies; `commands` handles lines, `message_body` receives messages, `replies` completes them, and `fault_injection`
//! applies fault rules.

mod commands;
mod fault_injection;
mod message_body;
mod record;
mod replies;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::inbox::{IncomingMessage, SessionOutcome};
use crate::smtpd::auth::AuthExchange;
use crate::smtpd::body::DotUnstuffer;
use crate::smtpd::budget::Reservation;
use crate::smtpd::delivery_plan::DeliveryPlan;
use crate::smtpd::faults::FaultStage;
use crate::smtpd::session_config::{Protocol, SessionConfig};
use crate::smtpd::session_report::SessionReport;
use crate::smtpd::transaction::Transaction;
use crate::smtpd::transcript::Transcript;

/// What the connection must do before the session continues.
#[derive(Debug)]
pub(super) enum SessionStep {
    /// Send the replies that wait, and read more.
    Read,
    /// Add this reply to those that wait.
    Reply(Cow<'static, str>),
    /// Send, then wait.
    Pause(Duration),
    /// Store in the inbox, then call [`SmtpSession::settle_message`].
    Store(Box<Delivery>),
    /// Send, discard the bytes read so far, do the TLS handshake, then call [`SmtpSession::secured`].
    StartTls,
    /// The client sent QUIT: send, and close the connection.
    Quit,
    /// The server ends the session: send, and give the client time to read the last reply.
    End,
    /// Close the connection without a reply.
    Drop,
}

/// A message for the inbox, and its memory reservation, held until the message is stored.
#[derive(Debug)]
pub(super) struct Delivery {
    pub arrival: IncomingMessage,
    pub held: Reservation,
}

/// What the next bytes of the client are.
#[derive(Debug)]
enum SessionState {
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

#[derive(Debug)]
pub(super) struct SmtpSession {
    config: Arc<SessionConfig>,
    /// The client's address, without port.
    client: String,
    /// Under TLS.
    secure: bool,
    /// No command but QUIT has been read since the TLS handshake, and we have not ended the session.
    unused_since_tls: bool,
    /// The name that the client gave in EHLO, HELO or LHLO.
    helo: Option<String>,
    /// The client used EHLO or LHLO, not HELO.
    extended: bool,
    user: Option<String>,
    state: SessionState,
    transaction: Option<Transaction>,
    transcript: Transcript,
    pub(super) report: SessionReport,
    steps: VecDeque<SessionStep>,
    /// The part of the transcript that ends once all steps are taken; true for an accepted message, false for a refused
    /// one and for a transaction that RSET ended.
    ended_part: Option<bool>,
    errors: u32,
    auth_failures: u32,
    /// No valid command has been received since AUTH, so the next line may hold credentials.
    credentials_may_follow: bool,
    /// Number of completed commands and messages; each one starts a new deadline.
    progress: u64,
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
            steps: VecDeque::new(),
            ended_part: None,
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
                0 if self.steps.is_empty() => return (used, SessionStep::Read),
                taken => used += taken,
            }
        }
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
        let Some(decision) = self.apply_faults(FaultStage::Connect, &[]) else { return };
        let protocol = match self.config.protocol {
            Protocol::Smtp => "ESMTP",
            Protocol::Lmtp => "LMTP",
        };
        self.reply_after(decision.delay, format!("220 {} Gatepost {protocol} Service ready", self.config.hostname));
    }

    fn next_step(&mut self) -> Option<SessionStep> {
        let step = self.steps.pop_front();
        match &step {
            Some(SessionStep::Reply(reply)) => {
                self.transcript.server(reply);
                self.config.replies.publish(&self.client, reply);
            }
            Some(_) => {}
            None => self.ended_part.take().into_iter().for_each(|message| self.transcript.end(message)),
        }
        step
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

    fn reply(&mut self, reply: impl Into<Cow<'static, str>>) {
        let reply = reply.into();
        self.report.reply(&reply);
        self.enqueue(SessionStep::Reply(reply));
    }

    /// Replies after `delay`.
    fn reply_after(&mut self, delay: Duration, reply: impl Into<Cow<'static, str>>) {
        self.pause(delay);
        self.reply(reply);
    }

    /// Sends an error reply and counts it; too many errors end the session.
    fn reply_error(&mut self, reply: impl Into<Cow<'static, str>>) {
        self.reply(reply);
        self.errors += 1;
        if self.errors >= self.config.limits.errors {
            self.report.on_error = SessionOutcome::TooManyErrors;
            self.close_after_reply("421 4.7.0 Too many errors, closing transmission channel");
        }
    }

    fn pause(&mut self, delay: Duration) {
        if !delay.is_zero() {
            self.enqueue(SessionStep::Pause(delay));
        }
    }

    fn enqueue(&mut self, step: SessionStep) {
        self.steps.push_back(step);
    }

    fn reset(&mut self, reply: &'static str) {
        self.transaction = None;
        self.reply(reply);
        self.ended_part = Some(false);
    }

    fn close_after_reply(&mut self, reply: impl Into<Cow<'static, str>>) {
        self.reply(reply);
        self.close(SessionStep::End);
    }

    /// Ends the session with `step`.
    fn close(&mut self, step: SessionStep) {
        self.state = SessionState::Closed;
        self.unused_since_tls &= matches!(step, SessionStep::Quit);
        self.enqueue(step);
    }
}
