//! What the connections of a listener share, and how they record their sessions in the inbox and in the log.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::inbox::{EndedSession, Inbox, SessionDetails, SessionOutcome, SettingNames};

use super::session_config::SessionConfig;
use super::tls::Tls;

/// What all connections of a listener share.
#[derive(Clone)]
pub(super) struct ConnectionContext {
    pub config: Arc<SessionConfig>,
    pub inbox: Inbox,
    /// `None` if no listener uses TLS.
    pub tls: Option<Tls>,
    /// True if the stream uses TLS from the first byte.
    pub implicit_tls: bool,
    pub shutdown: CancellationToken,
}

impl ConnectionContext {
    /// Records a session in the inbox and logs it. Who has read the log line finds the session in the inbox.
    pub(super) fn record(&self, session: EndedSession) {
        let SessionDetails { client, hello, reason, .. } = &session.details;
        let (outcome, client, hello, reason) = (session.outcome, client.clone(), hello.clone(), reason.clone());
        self.inbox.record_session(session);
        log(outcome, &client, &hello, &reason, self.config.names);
    }

    /// Records a connection that was refused before its session began.
    pub(super) fn record_refused(&self, peer: SocketAddr, outcome: SessionOutcome, reason: &str, transcript: &str) {
        let now = self.config.clock.now();
        let (client, transcript) = (peer.ip().to_canonical().to_string(), transcript.to_owned());
        let details = SessionDetails { client, reason: reason.to_owned(), transcript, ..SessionDetails::default() };
        self.record(EndedSession { started: now, ended: now, count: 1, outcome, details });
    }
}

/// Logs a session, with the cure if something went wrong. The field `outcome` limits the number of lines, see cli/log.rs.
fn log(ended: SessionOutcome, client: &str, hello: &str, reason: &str, names: SettingNames) {
    use SessionOutcome::{LeftAfterSmtps, LeftAfterStarttls, LeftDuringSmtps, LeftDuringStarttls};
    let (outcome, cure) = (ended.code(), ended.cure(names));
    let reason = if reason.is_empty() { String::new() } else { format!("{reason}. ") };
    match ended {
        LeftDuringStarttls | LeftAfterStarttls | LeftDuringSmtps | LeftAfterSmtps => {
            tracing::warn!(outcome, %client, ?hello, "SMTP session without a message: {reason}{cure}");
        }
        routine if routine.is_routine() => tracing::debug!(outcome, %client, ?hello, "SMTP session ended"),
        _ => tracing::info!(outcome, %client, ?hello, "SMTP session failed: {reason}{cure}"),
    }
}
