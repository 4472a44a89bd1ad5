//! The record of a session, for the list of sessions.

use std::io;

use crate::clock::Time;
use crate::inbox::{EndedSession, SessionDetails, SessionOutcome};
use crate::smtpd::tls::Tls;
use crate::smtpd::tls_failure;

use super::SmtpSession;

impl SmtpSession {
    /// Notes a failed handshake after STARTTLS.
    pub(in crate::smtpd) fn starttls_failed(&mut self, tls: Option<&Tls>, error: &io::Error) {
        let reason = tls.and_then(|tls| tls_failure::reason(false, tls, error)).unwrap_or_default();
        self.transcript.note(format_args!("{reason}"));
        self.report.fail(SessionOutcome::LeftDuringStarttls, &reason);
    }

    /// The record of the session, which has ended now.
    pub(in crate::smtpd) fn ended(&mut self, started: Time) -> EndedSession {
        let (outcome, reason) = self.report.outcome(self.unused_since_tls);
        let details = SessionDetails {
            client: self.client.clone(),
            hello: std::mem::take(&mut self.report.hello),
            protocol: self.protocol().to_owned(),
            username: self.user.clone().unwrap_or_default(),
            reason,
            message_count: self.report.message_count,
            messages: self.report.messages.iter().map(ToString::to_string).collect(),
            transcript: self.transcript.render(""),
            line_times: self.transcript.times(""),
        };
        EndedSession { started, ended: self.config.clock.now(), count: 1, outcome, details }
    }
}
