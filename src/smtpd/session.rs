//! The conversation as a pure state machine: bytes in, replies and [`Step`]s out, no I/O. What the client says is
//! read in `dialogue`, what belongs to a message is in `transaction`, and `mischief` is where faults strike.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::capture::{Arrival, ErrorReplies};
use crate::clock::Clock;
use crate::secret::Entropy;

use super::auth::Exchange;
use super::body::Unstuffer;
use super::budget::{Budget, Held};
use super::faults::Stage;
use super::outcome::Plan;
use super::rulebook::Faults;
use super::settings::{Limits, User};
use super::transaction::Transaction;
use super::transcript::Transcript;

/// What every session of a listener has in common.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub protocol: Protocol,
    pub hostname: String,
    pub starttls: bool,
    pub users: Vec<User>,
    pub max_message_size: usize,
    pub limits: Limits,
    pub faults: Faults,
    pub budget: Budget,
    /// Where refusals are told as they are spoken.
    pub replies: ErrorReplies,
    pub clock: Clock,
    pub entropy: Entropy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Smtp,
    Lmtp,
}

/// What the connection has to do before the session goes on.
#[derive(Debug)]
pub(super) enum Step {
    /// Send what is in [`Session::take_output`] and read more.
    Read,
    /// Send, then wait.
    Pause(Duration),
    /// Hand to the inbox, then call [`Session::settled`].
    Store(Box<Delivery>),
    /// Send, forget what has been read, shake hands, then call [`Session::secured`].
    StartTls,
    Close(Ending),
}

/// A message for the inbox, and the hold on the memory budget to keep until it is stored.
#[derive(Debug)]
pub(super) struct Delivery {
    pub arrival: Arrival,
    pub held: Held,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The client said so.
    Quit,
    /// We end it: the client must get the chance to read why.
    Refused,
    /// Without a word.
    Dropped,
}

#[derive(Debug)]
pub(super) enum State {
    Lines,
    /// Inside a line that is too long to be kept.
    LongLine,
    Auth(Exchange),
    Data(Unstuffer),
    Chunk {
        left: usize,
        last: bool,
        /// The chunk must be read to its end, but it is not wanted.
        refusal: Option<Cow<'static, str>>,
    },
    Storing(Plan),
    Closed,
}

/// What happens next, in order.
#[derive(Debug)]
pub(super) enum Turn {
    Say(Cow<'static, str>),
    Do(Step),
    /// The transcript's part for this message, or for what RSET ended, is over.
    Forget {
        message: bool,
    },
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) terms: Arc<Terms>,
    /// The client's address, without port.
    pub(super) client: String,
    /// Under TLS.
    pub(super) secure: bool,
    /// No command but QUIT has been read since the TLS handshake, and we have not ended the session.
    pub(super) unused_since_tls: bool,
    /// What the client called itself in EHLO, HELO or LHLO.
    pub(super) helo: Option<String>,
    /// It was not HELO.
    pub(super) extended: bool,
    pub(super) user: Option<String>,
    pub(super) state: State,
    pub(super) transaction: Option<Transaction>,
    pub(super) transcript: Transcript,
    turns: VecDeque<Turn>,
    output: Vec<u8>,
    pub(super) errors: u32,
    pub(super) auth_failures: u32,
    /// Since AUTH no command has come that is one.
    pub(super) credentials_may_follow: bool,
    /// Commands and messages completed: what deadlines run from.
    pub(super) progress: u64,
}

impl Session {
    /// `secure`: TLS is already on. The greeting is the first turn.
    pub(super) fn new(terms: Arc<Terms>, client: String, secure: bool) -> Self {
        let mut session = Session {
            terms,
            client,
            secure,
            unused_since_tls: secure,
            helo: None,
            extended: false,
            user: None,
            state: State::Lines,
            transaction: None,
            transcript: Transcript::default(),
            turns: VecDeque::new(),
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

    /// Goes on as far as `input` carries; answers with how many bytes were used.
    pub(super) fn advance(&mut self, input: &[u8]) -> (usize, Step) {
        let mut used = 0;
        loop {
            if let Some(step) = self.next_step() {
                return (used, step);
            }
            match self.take(input.get(used..).unwrap_or_default()) {
                0 if self.turns.is_empty() => return (used, Step::Read),
                taken => used += taken,
            }
        }
    }

    /// The replies to send, moved out; the buffer comes back empty.
    pub(super) fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// A counter that moves with every completed command, and how long the next may take.
    pub(super) fn patience(&self) -> (u64, Duration) {
        match self.state {
            State::Data(_) | State::Chunk { .. } => (self.progress, self.terms.limits.data),
            _ => (self.progress, self.terms.limits.idle),
        }
    }

    /// Whether a message is on its way; a stopping server lets it finish.
    pub(super) fn in_message(&self) -> bool {
        self.transaction.as_ref().is_some_and(|transaction| transaction.body.is_some())
            || matches!(self.state, State::Storing(_))
    }

    /// How many bytes per second may be read, when a fault rule limits it.
    pub(super) fn throttle(&self) -> Option<u32> {
        match self.state {
            State::Data(_) | State::Chunk { .. } => self.transaction.as_ref()?.throttle,
            _ => None,
        }
    }

    /// The client took too long.
    pub(super) fn expire(&mut self) {
        self.hang_up(format!(
            "421 4.4.2 {} Error: timeout exceeded, closing transmission channel",
            self.terms.hostname
        ));
    }

    /// The server stops.
    pub(super) fn leave(&mut self) {
        self.hang_up(format!("421 4.3.2 {} Service closing transmission channel", self.terms.hostname));
    }

    fn greet(&mut self) {
        let Some(delay) = self.obey(Stage::Connect, &[]) else { return };
        let protocol = match self.terms.protocol {
            Protocol::Smtp => "ESMTP",
            Protocol::Lmtp => "LMTP",
        };
        self.answer(delay, format!("220 {} Gatepost {protocol} Service ready", self.terms.hostname));
    }

    fn next_step(&mut self) -> Option<Step> {
        while let Some(turn) = self.turns.pop_front() {
            match turn {
                Turn::Say(reply) => {
                    self.transcript.server(&reply);
                    self.terms.replies.tell(&self.client, &reply);
                    self.output.extend_from_slice(reply.as_bytes());
                    self.output.extend_from_slice(b"\r\n");
                }
                Turn::Forget { message } => self.transcript.end(message),
                Turn::Do(step) => return Some(step),
            }
        }
        None
    }

    fn take(&mut self, input: &[u8]) -> usize {
        match self.state {
            State::Lines | State::Auth(_) => self.take_line(input),
            State::LongLine => self.skip_line(input),
            State::Data(_) => self.take_data(input),
            State::Chunk { .. } => self.take_chunk(input),
            State::Storing(_) | State::Closed => 0,
        }
    }

    pub(super) fn say(&mut self, reply: impl Into<Cow<'static, str>>) {
        self.turn(Turn::Say(reply.into()));
    }

    pub(super) fn answer(&mut self, delay: Duration, reply: impl Into<Cow<'static, str>>) {
        if !delay.is_zero() {
            self.turn(Turn::Do(Step::Pause(delay)));
        }
        self.say(reply);
    }

    /// A reply to a mistake; too many of them end the session.
    pub(super) fn complain(&mut self, reply: impl Into<Cow<'static, str>>) {
        self.say(reply);
        self.errors += 1;
        if self.errors >= self.terms.limits.errors {
            self.hang_up("421 4.7.0 Too many errors, closing transmission channel");
        }
    }

    pub(super) fn turn(&mut self, turn: Turn) {
        self.turns.push_back(turn);
    }

    pub(super) fn reset(&mut self, reply: &'static str) {
        self.transaction = None;
        self.say(reply);
        self.turn(Turn::Forget { message: false });
    }

    pub(super) fn hang_up(&mut self, reply: impl Into<Cow<'static, str>>) {
        self.say(reply);
        self.close(Ending::Refused);
    }

    pub(super) fn close(&mut self, ending: Ending) {
        self.state = State::Closed;
        self.unused_since_tls &= ending == Ending::Quit;
        self.turn(Turn::Do(Step::Close(ending)));
    }
}
