//! SMTP sessions in the file: counts, age and number.

use super::*;
use crate::inbox::types::{MAX_SESSIONS, SESSION_AGE};

impl Fixture {
    fn session(&self, outcome: SessionOutcome, client: &str) -> EndedSession {
        let now = self.clock.now();
        let details = SessionDetails { client: client.to_owned(), ..SessionDetails::default() };
        EndedSession { started: now, ended: now, count: 1, outcome, details }
    }

    async fn listed(&self, filter: SessionFilter) -> SessionPage {
        self.inbox.sessions(filter, 0, u64::MAX).await.unwrap()
    }
}

#[tokio::test]
async fn equal_sessions_share_a_row_across_writes_and_the_latest_is_listed_first() {
    let f = fixture().await;
    for client in ["192.0.2.1", "192.0.2.2", "192.0.2.1"] {
        f.inbox.record_session(f.session(SessionOutcome::TimedOut, client));
        f.clock.advance(Duration::from_secs(1));
        f.listed(SessionFilter::All).await;
    }
    let page = f.listed(SessionFilter::All).await;
    let found: Vec<_> = page.sessions.iter().map(|s| (s.session.details.client.as_str(), s.session.count)).collect();
    assert_eq!((page.total, found), (2, vec![("192.0.2.1", 2), ("192.0.2.2", 1)]));
    assert_eq!(page.sessions[0].session.ended.since(page.sessions[0].session.started), Duration::from_secs(2));
}

#[tokio::test]
async fn delivered_sessions_do_not_displace_others_and_both_are_limited() {
    let f = fixture().await;
    f.inbox.record_session(f.session(SessionOutcome::RecipientRefused, "192.0.2.1"));
    for n in 0..MAX_SESSIONS + 10 {
        f.inbox.record_session(f.session(SessionOutcome::Delivered, &format!("client {n}")));
        f.clock.advance(Duration::from_millis(1));
        if n % 100 == 0 {
            f.listed(SessionFilter::All).await;
        }
    }
    let delivered = f.listed(SessionFilter::Delivered).await;
    assert_eq!((delivered.total, delivered.sessions.len()), (MAX_SESSIONS as u64, MAX_SESSIONS));
    assert_eq!(delivered.sessions[0].session.details.client, format!("client {}", MAX_SESSIONS + 9));
    let others = f.listed(SessionFilter::NotDelivered).await;
    assert_eq!((others.total, others.sessions[0].session.outcome), (1, SessionOutcome::RecipientRefused));
    let second = f.inbox.sessions(SessionFilter::Delivered, 50, 50).await.unwrap();
    assert_eq!(second.sessions[0].session.details.client, format!("client {}", MAX_SESSIONS + 9 - 50));
}

#[tokio::test]
async fn old_sessions_are_neither_listed_nor_kept() {
    let f = fixture().await;
    f.inbox.record_session(f.session(SessionOutcome::TimedOut, "192.0.2.1"));
    assert_eq!(f.listed(SessionFilter::All).await.total, 1);
    f.clock.advance(SESSION_AGE + Duration::from_millis(1));
    assert_eq!(f.listed(SessionFilter::All).await.total, 0);
    f.inbox.record_session(f.session(SessionOutcome::TimedOut, "192.0.2.1"));
    let page = f.listed(SessionFilter::All).await;
    assert_eq!((page.total, page.sessions[0].session.count), (1, 1), "a new row, not the old one");
}

#[tokio::test]
async fn sessions_survive_a_restart_and_end_with_the_server() {
    let f = fixture().await;
    f.inbox.record_session(f.session(SessionOutcome::TimedOut, "192.0.2.1"));
    let shutdown = tokio_util::sync::CancellationToken::new();
    shutdown.cancel();
    f.inbox.run(shutdown).await;
    let again = Inbox::open(settings(&f.folder), f.clock.clone(), Entropy::seeded(2)).await.unwrap();
    assert_eq!(again.sessions(SessionFilter::All, 0, 10).await.unwrap().total, 1);
}
