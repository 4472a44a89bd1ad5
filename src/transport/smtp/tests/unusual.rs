//! Servers and messages that are unusual and yet work.

use super::server::{Plan, Server, mail};
use crate::transport::Transport as _;
use crate::transport::smtp::Smtp;

const KIM: &[&str] = &["kim@example.org"];

#[tokio::test]
async fn a_server_that_knows_only_helo_receives_messages() {
    let server = Server::start(Plan { old: true, ..Plan::default() }).await;
    server.transport().deliver(&mail(KIM)).await.unwrap();
    assert!(server.lines().iter().any(|line| line.starts_with("HELO ")), "{:?}", server.lines());
}

#[tokio::test]
async fn mechanisms_under_other_names_and_beside_invalid_extensions_are_used() {
    for line in ["X-EXPS GSSAPI NTLM LOGIN", "AUTH=LOGIN", "X-EXPS=LOGIN", "auth LOGIN"] {
        let plan = Plan { extensions: vec!["SIZE much", "X-ODD \u{1}", line], ..Plan::default() };
        let server = Server::start(plan).await;
        Smtp::new(server.with_login()).check().await.unwrap();
        assert!(server.lines().contains(&"AUTH LOGIN".to_owned()), "{line}: {:?}", server.lines());
    }
}

#[tokio::test]
async fn a_message_with_bare_line_ends_and_8_bit_text_is_sent_with_standard_line_ends() {
    let server = Server::start(Plan { extensions: vec!["8BITMIME"], ..Plan::default() }).await;
    let mut captured = mail(KIM);
    for (bytes, sent) in [
        ("Subject: x\n\n안녕\n.\n", "Subject: x\r\n\r\n안녕\r\n..\r\n.\r\n"),
        ("Subject: x\r\n\n안녕\r\n\r\n", "Subject: x\r\n\r\n안녕\r\n\r\n.\r\n"),
        (".\r\nRSET\r\n", "..\r\nRSET\r\n.\r\n"),
        ("a\r.\rb", "a\r\n..\r\nb\r\n.\r\n"),
    ] {
        captured.bytes = bytes.as_bytes().to_vec();
        server.transport().deliver(&captured).await.unwrap();
        assert_eq!(server.mails().last().map(String::as_str), Some(sent), "{bytes:?}");
    }
    captured.bytes = "Subject: 안녕\n\n.".as_bytes().to_vec();
    assert!(server.transport().deliver(&captured).await.unwrap_err().reason.contains("8-bit header fields"));
}
