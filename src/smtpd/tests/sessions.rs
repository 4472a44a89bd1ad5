//! The list of sessions: every way in which a session can end has its outcome there, with the transcript.

use super::transcripts::Client;
use super::*;
use crate::inbox::{SessionFilter, StoredSession};
use crate::secret::Logins;
use crate::smtpd::FaultRules;

const MESSAGE: &str = "MAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\n";

/// The sessions of the inbox, newest first, once there are `count`.
async fn sessions(server: &TestServer, count: u64) -> Vec<StoredSession> {
    let began = std::time::Instant::now();
    loop {
        let page = server.inbox.sessions(SessionFilter::All, 0, 1_000).await.unwrap();
        if page.sessions.iter().map(|stored| stored.session.count).sum::<u64>() >= count {
            return page.sessions;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", page.sessions);
        tokio::task::yield_now().await;
    }
}

/// Sends `bytes`, closes the sending side and reads all replies. Returns the session.
async fn session(server: &TestServer, bytes: &str) -> StoredSession {
    let mut client = Client::connect(server.bound.smtp).await;
    client.send(bytes.as_bytes()).await;
    client.finish().await;
    while client.reply().await != "<closed>" {}
    sessions(server, 1).await.remove(0)
}

async fn outcome(change: impl FnOnce(&mut Settings), bytes: &str) -> (&'static str, String) {
    let server = TestServer::start(change).await;
    let found = session(&server, bytes).await.session;
    server.stop().await;
    (found.outcome.code(), found.details.reason)
}

#[tokio::test]
async fn the_transcript_keeps_the_dialogue_of_a_refused_message_after_rset() {
    let server = TestServer::start(|settings| settings.max_message_size = 10).await;
    let refused = session(&server, &format!("EHLO me\r\n{MESSAGE}RSET\r\nQUIT\r\n")).await.session;
    let transcript = &refused.details.transcript;
    assert_eq!(refused.outcome.code(), "message_too_large");
    for line in ["C: MAIL FROM:", "C: RCPT TO:", "S: 552 ", "C: RSET", "C: QUIT"] {
        assert!(transcript.contains(line), "{line}: {transcript}");
    }
    assert!(!transcript.contains("# earlier messages"), "{transcript}");
    server.stop().await;
}

#[tokio::test]
async fn a_session_is_listed_with_its_client_transcript_and_messages() {
    let server = TestServer::start(|_| {}).await;
    let two = session(&server, &format!("EHLO me\r\n{MESSAGE}{MESSAGE}QUIT\r\n")).await;
    let details = &two.session.details;
    assert_eq!((two.session.outcome.code(), two.session.count), ("delivered", 1));
    assert_eq!(
        (details.client.as_str(), details.hello.as_str(), details.protocol.as_str()),
        ("127.0.0.1", "me", "ESMTP")
    );
    let stored: Vec<_> = server.messages().await.iter().map(|message| message.summary.id).collect();
    let ids = |stored: &StoredSession| stored.messages.iter().map(|message| message.id).collect::<Vec<_>>();
    assert_eq!((details.message_count, ids(&two)), (2, stored.clone()));
    assert!(details.transcript.starts_with("S: 220 gatepost.test ") && details.transcript.contains("\nC: EHLO me\n"));
    assert!(details.transcript.contains("\n# earlier messages of this session: 2\nC: QUIT\nS: 221 "));
    server.inbox.delete(&inbox::Selection::Ids(vec![stored[0]])).await.unwrap();
    let left = sessions(&server, 1).await.remove(0);
    assert_eq!((left.session.details.message_count, ids(&left)), (2, vec![stored[1]]));
    server.inbox.delete(&inbox::Selection::All).await.unwrap();
    assert!(sessions(&server, 0).await.is_empty(), "deleting everything deletes the sessions too");
    server.stop().await;
}

#[tokio::test]
async fn every_end_of_a_session_has_its_outcome() {
    for (bytes, expected, reason) in [
        ("", "port_check", ""),
        ("QUIT\r\n", "port_check", ""),
        ("EHLO me\r\nNOOP\r\nVRFY x\r\nQUIT\r\n", "no_message", ""),
        ("GET / HTTP/1.1\r\n\r\n", "http_request", "an HTTP request on the SMTP port"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http_request", "an HTTP request on the SMTP port"),
        ("\u{16}\u{3}\u{1}", "tls_on_plain_port", "a TLS handshake on a port without TLS"),
        ("LHLO me\r\nQUIT\r\n", "command_refused", "500 5.5.1 This is an SMTP server, use EHLO"),
        ("MAIL FROM:<a@b.c>\r\nQUIT\r\n", "command_refused", "503 5.5.1 "),
        ("EHLO me\r\nAUTH GSSAPI\r\nQUIT\r\n", "login_refused", "504 5.5.4 "),
        ("EHLO me\r\nAUTH LOGIN\r\n*\r\nQUIT\r\n", "login_refused", "501 5.7.0 "),
        ("EHLO me\r\nMAIL FROM:<a..b@c.d>\r\nQUIT\r\n", "sender_refused", "553 5.1.3 "),
        ("EHLO me\r\nMAIL FROM:<a@b.c> SIZE=9999999\r\nQUIT\r\n", "message_too_large", "552 5.3.4 "),
        ("EHLO me\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<a..b@c.d>\r\nDATA\r\nQUIT\r\n", "recipient_refused", "553 5.1.3 "),
        ("EHLO me\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nQUIT\r\n", "left_before_data", ""),
        ("EHLO me\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nRSET\r\nQUIT\r\n", "left_before_data", ""),
        (
            "EHLO me\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nDATA\r\nhalf",
            "left_in_message",
            "the connection was lost",
        ),
    ] {
        let found = outcome(|_| {}, bytes).await;
        assert!(found.0 == expected && found.1.starts_with(reason), "{bytes:?}: {found:?}");
        assert_eq!(found.1.is_empty(), reason.is_empty(), "{bytes:?}: {found:?}");
    }
}

#[tokio::test]
async fn settings_and_limits_decide_outcomes_too() {
    let users = |settings: &mut Settings| {
        settings.users = Logins::plain(&[("ann", "first")]);
    };
    assert_eq!(outcome(|s| s.starttls = false, "EHLO me\r\nSTARTTLS\r\nQUIT\r\n").await.0, "starttls_refused");
    assert_eq!(outcome(users, "EHLO me\r\nMAIL FROM:<a@b.c>\r\nQUIT\r\n").await.0, "login_required");
    let wrong = "EHLO me\r\nAUTH PLAIN AGFubgBzZWNvbmQ=\r\n";
    assert_eq!(outcome(users, &format!("{wrong}QUIT\r\n")).await.0, "login_refused");
    assert_eq!(
        outcome(users, &format!("{wrong}AUTH PLAIN AGFubgBmaXJzdA==\r\n{MESSAGE}QUIT\r\n")).await.0,
        "delivered"
    );
    assert_eq!(outcome(|s| s.limits.errors = 2, "X\r\nY\r\nZ\r\n").await.0, "too_many_errors");
    let large = "EHLO me\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nDATA\r\n0123456789\r\n.\r\nQUIT\r\n";
    assert_eq!(outcome(|s| s.max_message_size = 9, large).await.0, "message_too_large");
    assert_eq!(outcome(|s| s.limits.header = 5, &format!("EHLO me\r\n{MESSAGE}QUIT\r\n")).await.0, "message_refused");
}

#[tokio::test]
async fn a_silent_client_a_failed_store_and_a_full_server_are_listed() {
    let server = TestServer::start_with(
        |settings| (settings.limits.idle, settings.limits.connections) = (Duration::from_millis(50), 1),
        |store| store.max_message_size = 10,
    )
    .await;
    let mut silent = Client::connect(server.bound.smtp).await;
    silent.expect("220 *").await.unwrap();
    let mut second = Client::connect(server.bound.smtp).await;
    second.expect("421 4.3.2 *").await.unwrap();
    silent.expect("421 4.4.2 *").await.unwrap();
    drop(silent);
    sessions(&server, 2).await;
    let mut failed = Client::connect(server.bound.smtp).await;
    failed.send(format!("EHLO me\r\n{MESSAGE}QUIT\r\n").as_bytes()).await;
    while failed.reply().await != "<closed>" {}
    let mut found: Vec<_> = sessions(&server, 3).await.iter().map(|stored| stored.session.outcome.code()).collect();
    found.sort_unstable();
    assert_eq!(found, ["storage_failed", "timed_out", "too_many_connections"]);
    server.stop().await;
}

#[tokio::test]
async fn a_fault_rule_is_the_outcome_of_the_session_that_it_changed() {
    for (rule, expected, reason) in [
        (r#"{"action":{"reply":{"stage":"connect","code":554}}}"#, "fault", "554 "),
        (r#"{"action":{"reply":{"stage":"rcpt","code":503}}}"#, "fault", "503 "),
        (r#"{"action":{"reply":{"stage":"after-data","code":452}}}"#, "fault", "452 "),
        (r#"{"action":{"drop":{"stage":"mail"}}}"#, "fault", "a fault rule dropped the connection"),
        (r#"{"action":{"drop":{"stage":"after-data"}}}"#, "fault", "a fault rule dropped the connection"),
        (r#"{"action":"greylist"}"#, "fault", "450 "),
        (r#"{"action":"discard"}"#, "discarded", "a fault rule discarded the message"),
        (r#"{"action":"accept"}"#, "delivered", ""),
    ] {
        let server = TestServer::start(|_| {}).await;
        server
            .faults
            .set_rules(serde_json::from_str::<FaultRules>(&format!("{{\"rules\":[{rule}]}}")).unwrap())
            .unwrap();
        let found = session(&server, &format!("EHLO me\r\n{MESSAGE}QUIT\r\n")).await.session;
        assert_eq!(found.outcome.code(), expected, "{rule}");
        assert!(found.details.reason.starts_with(reason), "{rule}: {}", found.details.reason);
        server.stop().await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_during_the_handshake_is_listed_with_the_reason() {
    let server = TestServer::start(|_| {}).await;
    let found = session(&server, "EHLO me\r\nSTARTTLS\r\n").await.session;
    assert_eq!(found.outcome.code(), "left_during_starttls");
    let reason = &found.details.reason;
    assert!(reason.contains("does not trust the server's certificate") && reason.contains("smtp-tls.pem"), "{reason}");
    assert!(found.details.transcript.ends_with(&format!("S: 220 2.0.0 Ready to start TLS\n# {reason}\n")));
    drop(TcpStream::connect(server.bound.smtps.unwrap()).await.unwrap());
    let check = sessions(&server, 2).await.remove(0).session;
    assert_eq!(check.outcome.code(), "port_check");
    let mut smtps = Client::connect(server.bound.smtps.unwrap()).await;
    smtps.send(b"\x15\x03\x01\x00\x02\x02\x30").await;
    while smtps.reply().await != "<closed>" {}
    let alert = sessions(&server, 3).await.remove(0).session;
    assert_eq!(alert.outcome.code(), "left_during_smtps");
    assert!(alert.details.reason.contains("TLS alert UnknownCA"), "{}", alert.details.reason);
    server.stop().await;
}

#[tokio::test]
async fn equal_sessions_are_one_entry_with_a_count_and_passwords_are_masked() {
    let server = TestServer::start(|settings| {
        settings.users = Logins::plain(&[("ann", "first")]);
    })
    .await;
    for round in 1..=3 {
        session(&server, "EHLO me\r\nAUTH PLAIN AGFubgBzZWNyZXQ=\r\nQUIT\r\n").await;
        session(&server, "").await;
        sessions(&server, round * 2).await;
    }
    let found = sessions(&server, 6).await;
    let counts: Vec<_> = found.iter().map(|stored| (stored.session.outcome.code(), stored.session.count)).collect();
    assert_eq!(counts.len(), 2, "{counts:?}");
    assert!(counts.contains(&("port_check", 3)) && counts.contains(&("login_refused", 3)), "{counts:?}");
    for stored in &found {
        assert!(stored.session.started <= stored.session.ended);
        assert!(!stored.session.details.transcript.contains("AGFubgBz"), "{}", stored.session.details.transcript);
    }
    server.stop().await;
}
