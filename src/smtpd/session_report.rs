//! Finds the outcome of a session.

use std::collections::VecDeque;

use crate::inbox::{MAX_SESSION_MESSAGES, MessageId, SessionOutcome};

use super::tls_failure;

/// What has happened so far that decides the outcome.
#[derive(Debug)]
pub(super) struct SessionReport {
    /// The outcome if the server replies to the current command with an error.
    pub on_error: SessionOutcome,
    /// The last name given in EHLO, HELO or LHLO; STARTTLS does not reset it.
    pub hello: String,
    /// A command other than QUIT has been received.
    pub active: bool,
    /// MAIL has been accepted, and no message completed since.
    pub attempting: bool,
    implicit_tls: bool,
    /// The first failure of the current attempt, and the reply or event.
    problem: Option<(SessionOutcome, String)>,
    delivered: bool,
    discarded: bool,
    pub message_count: u64,
    /// The newest ids.
    pub messages: VecDeque<MessageId>,
}

impl SessionReport {
    pub(super) fn new(implicit_tls: bool) -> Self {
        SessionReport {
            on_error: SessionOutcome::CommandRefused,
            hello: String::new(),
            active: false,
            attempting: false,
            implicit_tls,
            problem: None,
            delivered: false,
            discarded: false,
            message_count: 0,
            messages: VecDeque::new(),
        }
    }

    /// Begins a line with the command `verb`.
    pub(super) fn command(&mut self, verb: &[u8]) {
        let outcomes = [
            ("MAIL", SessionOutcome::SenderRefused),
            ("RCPT", SessionOutcome::RecipientRefused),
            ("AUTH", SessionOutcome::LoginRefused),
            ("STARTTLS", SessionOutcome::StarttlsRefused),
        ];
        let known = outcomes.into_iter().find(|(name, _)| verb.eq_ignore_ascii_case(name.as_bytes()));
        self.on_error = known.map_or(SessionOutcome::CommandRefused, |(_, outcome)| outcome);
        self.active |= !verb.eq_ignore_ascii_case(b"QUIT");
    }

    /// Notes a reply; an error reply is a failure.
    pub(super) fn reply(&mut self, reply: &str) {
        if reply.starts_with(['4', '5']) {
            let outcome = match (self.on_error, reply.get(..3)) {
                (SessionOutcome::Fault, _) => SessionOutcome::Fault,
                (_, Some("503")) => SessionOutcome::CommandRefused,
                (_, Some("530")) => SessionOutcome::LoginRequired,
                (outcome, _) => outcome,
            };
            self.fail(outcome, reply);
        }
    }

    /// Notes a failure. The first one of an attempt counts, since later ones follow from it.
    pub(super) fn fail(&mut self, outcome: SessionOutcome, reason: &str) {
        use SessionOutcome::{CommandRefused, ServerStopped, TimedOut};
        let minor = |outcome| matches!(outcome, CommandRefused | ServerStopped | TimedOut);
        let completed = (self.delivered || self.discarded) && !self.attempting;
        let first = self.problem.as_ref().is_none_or(|(earlier, _)| minor(*earlier));
        if first && !(completed && minor(outcome)) {
            self.problem = Some((outcome, reason.to_owned()));
        }
    }

    /// Begins an attempt to send a message, after MAIL was accepted.
    pub(super) fn attempt(&mut self) {
        self.attempting = true;
        self.problem = None;
    }

    /// Earlier failures no longer matter: a later login or the TLS handshake succeeded.
    pub(super) fn recovered(&mut self) {
        self.problem = None;
    }

    /// A message, accepted or refused, is stored in the inbox.
    pub(super) fn stored(&mut self, id: MessageId) {
        self.message_count += 1;
        if self.messages.len() >= MAX_SESSION_MESSAGES {
            self.messages.pop_front();
        }
        self.messages.push_back(id);
    }

    /// A message got the reply 250 for at least one recipient.
    pub(super) fn accepted(&mut self, discarded: bool) {
        self.problem = None;
        self.attempting = false;
        self.delivered |= !discarded;
        self.discarded |= discarded;
    }

    pub(super) fn outcome(&self, unused_since_tls: bool) -> (SessionOutcome, String) {
        let outcome = match &self.problem {
            Some(problem) => return problem.clone(),
            None if unused_since_tls && self.implicit_tls => SessionOutcome::LeftAfterSmtps,
            None if unused_since_tls => SessionOutcome::LeftAfterStarttls,
            None if self.attempting => SessionOutcome::LeftBeforeData,
            None if self.discarded => SessionOutcome::Discarded,
            None if self.delivered => SessionOutcome::Delivered,
            None if self.active => SessionOutcome::NoMessage,
            None => SessionOutcome::PortCheck,
        };
        let reason = match outcome {
            SessionOutcome::LeftAfterSmtps | SessionOutcome::LeftAfterStarttls => tls_failure::LEFT_UNUSED,
            SessionOutcome::Discarded => "a fault rule discarded the message",
            _ => "",
        };
        (outcome, reason.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(report: &SessionReport) -> &'static str {
        report.outcome(false).0.code()
    }

    #[test]
    fn the_first_failure_of_an_attempt_counts_and_a_new_attempt_starts_afresh() {
        let mut report = SessionReport::new(false);
        assert_eq!(outcome(&report), "port_check");
        report.command(b"XCLIENT");
        report.reply("500 5.5.2 Syntax error");
        assert_eq!(outcome(&report), "command_refused");
        report.command(b"mail");
        report.attempt();
        assert_eq!(outcome(&report), "left_before_data");
        report.command(b"RCPT");
        report.reply("550 5.1.1 No such user");
        report.command(b"DATA");
        report.reply("503 5.5.1 Bad sequence of commands");
        assert_eq!(report.outcome(false), (SessionOutcome::RecipientRefused, "550 5.1.1 No such user".to_owned()));
        report.attempt();
        report.accepted(false);
        assert_eq!(outcome(&report), "delivered");
    }

    #[test]
    fn an_idle_connection_that_has_delivered_its_messages_has_not_failed() {
        let mut report = SessionReport::new(false);
        report.attempt();
        report.accepted(false);
        for minor in [SessionOutcome::TimedOut, SessionOutcome::ServerStopped] {
            report.fail(minor, "421");
            assert_eq!(outcome(&report), "delivered");
        }
        report.attempt();
        report.fail(SessionOutcome::TimedOut, "421");
        assert_eq!(outcome(&report), "timed_out");
    }

    #[test]
    fn a_session_names_its_newest_messages_and_counts_all() {
        let mut report = SessionReport::new(false);
        for n in 0..=MAX_SESSION_MESSAGES {
            report.stored(format!("{n:022}").parse().unwrap());
        }
        assert_eq!((report.message_count, report.messages.len()), (51, 50));
        assert_eq!(report.messages[0].to_string(), format!("{:022}", 1));
    }
}
