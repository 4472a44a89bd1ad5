//! The conversation as a pure state machine: bytes in, replies and [`Step`]s out, no I/O. What belongs to a message
//! is in `transaction`.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use memchr::memchr;

use crate::capture::Arrival;
use crate::clock::Clock;
use crate::secret::Entropy;

use super::auth::{self, Answer, Exchange};
use super::body::Unstuffer;
use super::budget::{Budget, Held};
use super::command::{self, Command, MAX_AUTH_LINE, MAX_LINE, Mechanism};
use super::faults::Stage;
use super::settings::{Limits, User};
use super::transaction::{Plan, Transaction};
use super::transcript::Transcript;
use super::verdict::{End, Faults, Moment, Verdict};

/// What every session of a listener has in common.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub protocol: Protocol,
    pub hostname: String,
    pub users: Vec<User>,
    pub max_message_size: usize,
    pub limits: Limits,
    pub faults: Faults,
    pub budget: Budget,
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
    /// The transcript's part for this message is over.
    Forget,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) terms: Arc<Terms>,
    /// The client's address, without port.
    pub(super) client: String,
    /// Whether STARTTLS is on offer: possible, and not under TLS already.
    can_start_tls: bool,
    /// What the client called itself in EHLO, HELO or LHLO.
    pub(super) helo: Option<String>,
    pub(super) user: Option<String>,
    pub(super) state: State,
    pub(super) transaction: Option<Transaction>,
    pub(super) transcript: Transcript,
    turns: VecDeque<Turn>,
    output: Vec<u8>,
    errors: u32,
    auth_failures: u32,
    /// Commands and messages completed: what deadlines run from.
    progress: u64,
}

impl Session {
    /// `secure`: TLS is already on. The greeting is the first turn.
    pub(super) fn new(terms: Arc<Terms>, client: String, secure: bool) -> Self {
        let mut session = Session {
            terms,
            client,
            can_start_tls: !secure,
            helo: None,
            user: None,
            state: State::Lines,
            transaction: None,
            transcript: Transcript::default(),
            turns: VecDeque::new(),
            output: Vec::with_capacity(512),
            errors: 0,
            auth_failures: 0,
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

    /// The handshake is done. RFC 3207 §4.2: everything known about the client is forgotten.
    pub(super) fn secured(&mut self) {
        self.can_start_tls = false;
        self.helo = None;
        self.user = None;
        self.transaction = None;
        self.transcript.note(format_args!("TLS"));
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
                    self.output.extend_from_slice(reply.as_bytes());
                    self.output.extend_from_slice(b"\r\n");
                }
                Turn::Forget => self.transcript.end(),
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

    fn take_line(&mut self, input: &[u8]) -> usize {
        if self.progress == 0 && input.first() == Some(&0x16) {
            // A TLS ClientHello on a plain port: nothing we could say would be understood.
            tracing::debug!(
                client = self.client,
                "a client speaks TLS on a plain SMTP port, use STARTTLS or smtps_address"
            );
            self.close(Ending::Dropped);
            return 0;
        }
        let is_auth = input.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"AUTH "));
        let limit = match self.state {
            State::Auth(_) => MAX_AUTH_LINE,
            _ if is_auth => MAX_AUTH_LINE,
            _ => MAX_LINE,
        };
        let head = input.get(..limit).unwrap_or(input);
        match memchr(b'\n', head) {
            Some(end) => {
                self.progress += 1;
                self.line(head.get(..=end).unwrap_or_default());
                end + 1
            }
            None if head.len() == limit => {
                self.state = State::LongLine;
                limit
            }
            None => 0,
        }
    }

    fn skip_line(&mut self, input: &[u8]) -> usize {
        let Some(end) = memchr(b'\n', input) else { return input.len() };
        self.progress += 1;
        self.state = State::Lines;
        self.transcript.note(format_args!("a line of more than {MAX_LINE} bytes"));
        self.complain("500 5.5.2 Line too long");
        end + 1
    }

    fn line(&mut self, line: &[u8]) {
        if let State::Auth(exchange) = std::mem::replace(&mut self.state, State::Lines) {
            self.transcript.client(b"***");
            let response = line.strip_suffix(b"\r\n").unwrap_or(line);
            let answer = auth::respond(exchange, response, &self.terms.users);
            return self.authenticate(answer);
        }
        if command::is_http(line) {
            tracing::info!(client = self.client, "an HTTP request came to the SMTP port; the connection was closed");
            return self.close(Ending::Dropped);
        }
        self.record(line);
        match command::parse(line) {
            Ok(command) => self.obey_client(command),
            Err(refusal) => self.complain(refusal),
        }
    }

    /// Writes a command into the transcript, without the credentials of AUTH.
    fn record(&mut self, line: &[u8]) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let verb = line.get(..4).unwrap_or_default();
        if verb.eq_ignore_ascii_case(b"MAIL") {
            self.transcript.begin();
        }
        let words = line.split(|byte| *byte == b' ');
        if verb.eq_ignore_ascii_case(b"AUTH") && words.clone().count() > 2 {
            let shown = words.take(2).collect::<Vec<_>>().join(&b' ');
            return self.transcript.client(&[&shown[..], b" ***"].concat());
        }
        self.transcript.client(line);
    }

    fn obey_client(&mut self, command: Command<'_>) {
        match command {
            Command::Helo(name) => self.hello(name, Protocol::Smtp, false),
            Command::Ehlo(name) => self.hello(name, Protocol::Smtp, true),
            Command::Lhlo(name) => self.hello(name, Protocol::Lmtp, true),
            Command::Mail { from, size } => self.mail(from, size),
            Command::Rcpt(to) => self.rcpt(to),
            Command::Data => self.data(),
            Command::Bdat { size, last } => self.bdat(size, last),
            Command::Auth { mechanism, initial } => self.auth(mechanism, initial),
            Command::StartTls => self.start_tls(),
            Command::Rset => self.reset("250 2.0.0 Ok"),
            Command::Noop => self.say("250 2.0.0 Ok"),
            Command::Quit => {
                let bye =
                    format!("221 2.0.0 {} Gatepost ESMTP Service closing transmission channel", self.terms.hostname);
                self.say(bye);
                self.close(Ending::Quit);
            }
        }
    }

    fn hello(&mut self, name: &str, protocol: Protocol, extended: bool) {
        if protocol != self.terms.protocol {
            return self.complain(match protocol {
                Protocol::Smtp => "500 5.5.1 This is LMTP: begin with LHLO",
                Protocol::Lmtp => "500 5.5.1 This is SMTP: begin with EHLO",
            });
        }
        let Some(delay) = self.obey(Stage::Ehlo, &[]) else { return };
        self.helo = Some(name.to_owned());
        self.transaction = None;
        let reply = if extended { self.extensions(name) } else { format!("250 {} greets {name}", self.terms.hostname) };
        self.answer(delay, reply);
    }

    fn extensions(&self, name: &str) -> String {
        let Terms { hostname, max_message_size, .. } = &*self.terms;
        let tls = if self.can_start_tls { "250-STARTTLS\r\n" } else { "" };
        format!(
            "250-{hostname} greets {name}\r\n250-PIPELINING\r\n250-SIZE {max_message_size}\r\n{tls}\
             250-AUTH PLAIN LOGIN CRAM-MD5\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-CHUNKING\r\n\
             250-DSN\r\n250 SMTPUTF8"
        )
    }

    fn start_tls(&mut self) {
        if !self.can_start_tls {
            return self.complain("503 5.5.1 Bad sequence of commands (TLS already in use)");
        }
        self.say("220 2.0.0 Ready to start TLS");
        self.turn(Turn::Do(Step::StartTls));
    }

    fn auth(&mut self, mechanism: Mechanism, initial: Option<&str>) {
        if self.helo.is_none() || self.user.is_some() || self.transaction.is_some() {
            return self.complain("503 5.5.1 Bad sequence of commands (one AUTH after EHLO, before MAIL)");
        }
        let Some(delay) = self.obey(Stage::Auth, &[]) else { return };
        if !delay.is_zero() {
            self.turn(Turn::Do(Step::Pause(delay)));
        }
        let unique: String = self.terms.entropy.bytes::<12>().iter().map(|byte| format!("{byte:02x}")).collect();
        let challenge = format!("<{unique}.{}@{}>", self.terms.clock.now().millis(), self.terms.hostname);
        let answer = auth::start(mechanism, initial, challenge, &self.terms.users);
        self.authenticate(answer);
    }

    fn authenticate(&mut self, answer: Answer) {
        match answer {
            Answer::Challenge(exchange, prompt) => {
                self.state = State::Auth(exchange);
                self.say(format!("334 {prompt}"));
            }
            Answer::Accepted(name) => {
                self.user = Some(name);
                self.say("235 2.7.0 Authentication successful");
            }
            Answer::Malformed => self.complain("501 5.5.2 Syntax error (unable to decode)"),
            Answer::Cancelled => self.complain("501 5.7.0 Authentication cancelled"),
            Answer::Wrong => self.refuse_password(),
        }
    }

    /// Guessing is slowed down and ends the session.
    fn refuse_password(&mut self) {
        self.auth_failures += 1;
        let Limits { auth_failures, auth_pause, .. } = self.terms.limits;
        self.answer(auth_pause * self.auth_failures, "535 5.7.8 Authentication credentials invalid");
        if self.auth_failures >= auth_failures {
            self.hang_up("421 4.7.0 Too many failed authentications, closing transmission channel");
        }
    }

    /// Asks the fault rules, and chance, about this moment. Answers with the delay that the ordinary reply has to
    /// wait for, or `None` when the fault has taken its place.
    pub(super) fn obey(&mut self, stage: Stage, recipients: &[String]) -> Option<Duration> {
        self.obey_verdict(stage, recipients).map(|verdict| verdict.delay)
    }

    pub(super) fn obey_verdict(&mut self, stage: Stage, recipients: &[String]) -> Option<Verdict> {
        if !self.terms.faults.active() {
            return Some(Verdict::default());
        }
        let sender = self.transaction.as_ref().map_or("", |transaction| &transaction.from);
        let moment = Moment { stage, client: &self.client, sender, recipients, message: b"" };
        let mut verdict = self.terms.faults.judge(&moment);
        if verdict.end.is_none() {
            verdict.end = self.terms.faults.chance(stage, || self.terms.entropy.fraction()).map(End::Reply);
        }
        match verdict.end.take() {
            None => Some(verdict),
            Some(end) => {
                self.end_by_fault(verdict.delay, end);
                // A server that refuses the connection does not go on to talk.
                if stage == Stage::Connect {
                    self.close(Ending::Refused);
                }
                None
            }
        }
    }

    pub(super) fn end_by_fault(&mut self, delay: Duration, end: End) {
        match end {
            // 421 announces the end of the connection (RFC 5321 §3.8).
            End::Reply(reply) => {
                let closes = reply.starts_with("421");
                self.answer(delay, reply);
                if closes {
                    self.close(Ending::Refused);
                }
            }
            End::Drop => {
                self.turn(Turn::Do(Step::Pause(delay)));
                self.close(Ending::Dropped);
            }
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
        self.turn(Turn::Forget);
    }

    fn hang_up(&mut self, reply: impl Into<Cow<'static, str>>) {
        self.say(reply);
        self.close(Ending::Refused);
    }

    pub(super) fn close(&mut self, ending: Ending) {
        self.state = State::Closed;
        self.turn(Turn::Do(Step::Close(ending)));
    }

    pub(super) fn count_progress(&mut self) {
        self.progress += 1;
    }
}
