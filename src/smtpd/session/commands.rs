//! Handles the client's lines: splits them, and executes commands, authentication and STARTTLS.

use memchr::memchr;

use crate::inbox::SessionOutcome;
use crate::smtpd::auth::{self, AuthExchange, AuthStep};
use crate::smtpd::command::{self, CommandError, MAX_AUTH_LINE, MAX_LINE, Mechanism, SmtpCommand};
use crate::smtpd::faults::FaultStage;
use crate::smtpd::session_config::{Protocol, SessionConfig};
use crate::smtpd::settings::SmtpLimits;

use super::{SessionState, SessionStep, SmtpSession};

/// Neither confirms nor denies an address (RFC 5321 §3.5.3).
const UNVERIFIED: &str = "252 2.5.2 Cannot verify the address, but messages to it are accepted";
const HELP: &str = "214 2.0.0 Commands: EHLO HELO LHLO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT";

impl SmtpSession {
    /// Handles the first line of `input`. Returns the number of bytes used.
    pub(super) fn take_line(&mut self, input: &[u8]) -> usize {
        if self.progress == 0 && input.first() == Some(&0x16) {
            // The client would not understand a reply.
            return self.drop_other_protocol(SessionOutcome::TlsOnPlainPort, "a TLS handshake on a port without TLS");
        }
        let in_auth = matches!(self.state, SessionState::Auth(_));
        // Checked before the line is complete, since a request line may be longer than `MAX_LINE`.
        if !in_auth && command::is_http(input) {
            return self.drop_other_protocol(SessionOutcome::HttpRequest, "an HTTP request on the SMTP port");
        }
        let is_auth = in_auth || input.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"AUTH "));
        let limit = if is_auth { MAX_AUTH_LINE } else { MAX_LINE };
        let head = input.get(..limit).unwrap_or(input);
        match memchr(b'\n', head) {
            Some(end) => {
                self.progress += 1;
                self.handle_complete_line(head.get(..=end).unwrap_or_default());
                end + 1
            }
            None if head.len() == limit => {
                self.state = SessionState::LongLine;
                limit
            }
            None => 0,
        }
    }

    /// Closes the connection of a client that speaks another protocol. Uses no input.
    fn drop_other_protocol(&mut self, outcome: SessionOutcome, reason: &str) -> usize {
        self.report.active = true;
        self.report.fail(outcome, reason);
        self.transcript.note(format_args!("{reason}"));
        self.close(SessionStep::Drop);
        0
    }

    /// Skips the rest of a line that is too long. Returns the number of bytes used.
    pub(super) fn skip_line(&mut self, input: &[u8]) -> usize {
        let Some(end) = memchr(b'\n', input) else { return input.len() };
        self.progress += 1;
        self.state = SessionState::Lines;
        self.report.command(b"");
        self.transcript.note(format_args!("a line of more than {MAX_LINE} bytes"));
        self.reply_error("500 5.5.2 Line too long");
        end + 1
    }

    fn handle_complete_line(&mut self, line: &[u8]) {
        if let SessionState::Auth(exchange) = std::mem::replace(&mut self.state, SessionState::Lines) {
            self.transcript.client(b"***");
            let response = line.strip_suffix(b"\r\n").unwrap_or(line);
            if self.is_refused_for_failures(auth::claimed_name(&exchange, response).as_deref()) {
                return;
            }
            let answer = auth::respond(exchange, response, &self.config.users);
            return self.authenticate(answer);
        }
        let command = command::parse(line);
        self.record(line, command.as_ref().err());
        self.unused_since_tls &= matches!(command, Ok(SmtpCommand::Quit));
        match command {
            Ok(command) => self.handle_command(command),
            Err(refusal) => self.reply_error(refusal),
        }
    }

    /// Writes a command into the transcript, without the credentials of AUTH. This includes misspelled AUTH commands,
    /// and credentials that a client sends before it has read that AUTH failed.
    fn record(&mut self, line: &[u8], refusal: Option<&CommandError>) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let verb = words.next().unwrap_or_default();
        self.report.command(verb);
        if verb.eq_ignore_ascii_case(b"MAIL") {
            self.transcript.begin();
        }
        if verb.eq_ignore_ascii_case(b"AUTH") {
            self.credentials_may_follow = true;
            let (mechanism, initial) = (words.next(), words.next());
            return match mechanism.filter(|_| initial.is_some()) {
                Some(mechanism) => self.transcript.client(&[verb, b" ", mechanism, b" ***"].concat()),
                None => self.transcript.client(line),
            };
        }
        match refusal {
            Some(_) if self.credentials_may_follow => self.transcript.client(b"***"),
            Some(_) => self.transcript.client(line),
            None => {
                self.credentials_may_follow = false;
                self.transcript.client(line);
            }
        }
    }

    fn handle_command(&mut self, command: SmtpCommand<'_>) {
        match command {
            SmtpCommand::Helo(name) => self.hello(name, Protocol::Smtp, false),
            SmtpCommand::Ehlo(name) => self.hello(name, Protocol::Smtp, true),
            SmtpCommand::Lhlo(name) => self.hello(name, Protocol::Lmtp, true),
            SmtpCommand::Mail { from, size, utf8 } => self.mail(from, size, utf8),
            SmtpCommand::Rcpt(to) => self.rcpt(to),
            SmtpCommand::Data => self.data(),
            SmtpCommand::Bdat { size, last } => self.bdat(size, last),
            SmtpCommand::Auth { mechanism, initial } => self.auth(mechanism, initial),
            SmtpCommand::StartTls => self.start_tls(),
            SmtpCommand::Rset => self.reset("250 2.0.0 Ok"),
            SmtpCommand::Noop => self.reply("250 2.0.0 Ok"),
            SmtpCommand::Vrfy => self.reply(UNVERIFIED),
            SmtpCommand::Help => self.reply(HELP),
            SmtpCommand::Quit => {
                let bye =
                    format!("221 2.0.0 {} Gatepost ESMTP Service closing transmission channel", self.config.hostname);
                self.reply(bye);
                self.close(SessionStep::Quit);
            }
        }
    }

    fn hello(&mut self, name: &str, protocol: Protocol, extended: bool) {
        if protocol != self.config.protocol {
            return self.reply_error(match protocol {
                Protocol::Smtp => "500 5.5.1 This is an LMTP server, use LHLO",
                Protocol::Lmtp => "500 5.5.1 This is an SMTP server, use EHLO",
            });
        }
        let Some(decision) = self.apply_faults(FaultStage::Ehlo, &[]) else { return };
        self.helo = Some(name.to_owned());
        name.clone_into(&mut self.report.hello);
        self.extended = extended;
        self.transaction = None;
        let reply =
            if extended { self.extensions(name) } else { format!("250 {} greets {name}", self.config.hostname) };
        self.reply_after(decision.delay, reply);
    }

    fn extensions(&self, name: &str) -> String {
        let SessionConfig { hostname, max_message_size, .. } = &*self.config;
        // RFC 1870 §3: 0 means no fixed limit.
        let size = if *max_message_size == usize::MAX { 0 } else { *max_message_size };
        let tls = if self.can_start_tls() { "250-STARTTLS\r\n" } else { "" };
        let cram_md5 = if self.config.users.are_plain() { " CRAM-MD5" } else { "" };
        format!(
            "250-{hostname} greets {name}\r\n250-PIPELINING\r\n250-SIZE {size}\r\n{tls}\
             250-AUTH PLAIN LOGIN{cram_md5}\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-CHUNKING\r\n\
             250-DSN\r\n250 SMTPUTF8"
        )
    }

    /// The protocol of this session as Received fields name it (RFC 3848).
    pub(super) fn protocol(&self) -> &'static str {
        match (self.config.protocol, self.secure, self.user.is_some()) {
            _ if !self.extended => "SMTP",
            (Protocol::Smtp, false, false) => "ESMTP",
            (Protocol::Smtp, true, false) => "ESMTPS",
            (Protocol::Smtp, false, true) => "ESMTPA",
            (Protocol::Smtp, true, true) => "ESMTPSA",
            (Protocol::Lmtp, false, false) => "LMTP",
            (Protocol::Lmtp, true, false) => "LMTPS",
            (Protocol::Lmtp, false, true) => "LMTPA",
            (Protocol::Lmtp, true, true) => "LMTPSA",
        }
    }

    fn can_start_tls(&self) -> bool {
        self.config.starttls && !self.secure
    }

    fn start_tls(&mut self) {
        if !self.can_start_tls() {
            return self.reply_error(match self.config.starttls {
                true => "503 5.5.1 Bad sequence of commands (TLS already in use)",
                false => "502 5.5.1 Command not implemented",
            });
        }
        self.reply("220 2.0.0 Ready to start TLS");
        self.enqueue(SessionStep::StartTls);
    }

    /// The handshake is done. RFC 3207 §4.2: everything known about the client is forgotten.
    pub(in crate::smtpd) fn secured(&mut self) {
        self.secure = true;
        self.unused_since_tls = true;
        self.helo = None;
        self.extended = false;
        self.user = None;
        self.transaction = None;
        self.report.recovered();
        self.transcript.note(format_args!("TLS"));
    }

    fn auth(&mut self, mechanism: Mechanism, initial: Option<&str>) {
        if self.helo.is_none() || self.user.is_some() || self.transaction.is_some() {
            return self.reply_error("503 5.5.1 Bad sequence of commands (one AUTH after EHLO, before MAIL)");
        }
        let plain = initial.filter(|_| matches!(mechanism, Mechanism::Plain));
        let name = plain.and_then(|response| auth::claimed_name(&AuthExchange::Plain, response.as_bytes()));
        if self.is_refused_for_failures(name.as_deref()) {
            return;
        }
        let Some(decision) = self.apply_faults(FaultStage::Auth, &[]) else { return };
        self.pause(decision.delay);
        let unique: String = self.config.entropy.bytes::<12>().iter().map(|byte| format!("{byte:02x}")).collect();
        let challenge = format!("<{unique}.{}@{}>", self.config.clock.now().millis(), self.config.hostname);
        let answer = auth::start(mechanism, initial, challenge, &self.config.users);
        self.authenticate(answer);
    }

    fn authenticate(&mut self, answer: AuthStep) {
        match answer {
            AuthStep::Challenge(exchange, prompt) => {
                self.state = SessionState::Auth(exchange);
                self.reply(format!("334 {prompt}"));
            }
            AuthStep::Accepted(name) => {
                self.user = Some(name);
                self.report.recovered();
                self.reply("235 2.7.0 Authentication successful");
            }
            AuthStep::Malformed => self.reply_error("501 5.5.2 Syntax error (unable to decode)"),
            AuthStep::Cancelled => self.reply_error("501 5.7.0 Authentication cancelled"),
            AuthStep::Wrong(name) => self.refuse_password(&name),
        }
    }

    /// True, with an error reply, if the client sent too many wrong passwords, in whatever sessions: for this name, or
    /// for all names while it has given none.
    fn is_refused_for_failures(&mut self, name: Option<&str>) -> bool {
        let (failed, now) = (&self.config.failed_logins, self.config.clock.now());
        let wait = match name {
            Some(name) => failed.wait(&self.client, name, now),
            None => failed.wait_for_all(&self.client, now),
        };
        if wait.is_some() {
            self.reply_error("454 4.7.0 Too many failed authentications, try again in a minute");
        }
        wait.is_some()
    }

    /// Delays the reply longer with each failure, and ends the session after too many.
    fn refuse_password(&mut self, name: &str) {
        self.config.failed_logins.record(&self.client, name, "SMTP", self.config.clock.now());
        self.auth_failures += 1;
        let SmtpLimits { auth_failures, auth_pause, .. } = self.config.limits;
        self.reply_after(auth_pause * self.auth_failures, "535 5.7.8 Authentication credentials invalid");
        if self.auth_failures >= auth_failures {
            self.close_after_reply("421 4.7.0 Too many failed authentications, closing transmission channel");
        }
    }
}
