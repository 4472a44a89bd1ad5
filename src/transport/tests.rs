//! Tests of the contract that every transport fulfils and the outbox relies on.

use std::sync::Arc;

use mail_parser::{Message as Parsed, MessageParser, MimeHeaders};

use super::gmail::tests::bench::Bench;
use super::smtp::tests::server::{Plan, Server};
use super::{Capture, Receipt, Transport};
use crate::clock::{Clock, Time};
use crate::inbox::{Inbox, Settings};
use crate::mail::{Attachment, Draft, Message};
use crate::random::Entropy;

/// A transport and the server or store that receives its messages.
enum Target {
    Capture(Capture, Inbox, #[expect(dead_code, reason = "removed when dropped")] tempfile::TempDir),
    Smtp(super::smtp::Smtp, Server),
    Gmail(Box<Bench>),
}

impl Target {
    async fn all() -> [Target; 3] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inbox.db");
        let settings = Settings { path, max_message_size: 1 << 20, keep_messages: 0, keep_days: 0, keep_bytes: 0 };
        let inbox = Inbox::open(settings, Clock::system(), Entropy::seeded(1)).await.unwrap();
        let server = Server::start(Plan::ordinary()).await;
        [
            Target::Capture(Capture::new(inbox.clone()), inbox, folder),
            Target::Smtp(server.transport(), server),
            Target::Gmail(Box::new(Bench::new(false).await)),
        ]
    }

    fn transport(&self) -> &dyn Transport {
        match self {
            Target::Capture(transport, ..) => transport,
            Target::Smtp(transport, _) => transport,
            Target::Gmail(bench) => &bench.gmail,
        }
    }

    async fn deliver(&self, mail: &Message) -> Receipt {
        let name = self.transport().name();
        self.transport().deliver(mail).await.unwrap_or_else(|failure| panic!("{name}: {failure}"))
    }

    /// The messages as received, in order.
    async fn arrived(&self) -> Vec<Vec<u8>> {
        match self {
            Target::Capture(_, inbox, _) => {
                let list = inbox.list(&crate::inbox::PageRequest::default()).await.unwrap();
                let mut bytes = Vec::new();
                for summary in list.iter().rev() {
                    bytes.push(inbox.message(summary.id).await.unwrap().unwrap().bytes);
                }
                bytes
            }
            Target::Smtp(_, server) => server.mails().iter().map(|data| unstuffed(data).into_bytes()).collect(),
            Target::Gmail(bench) => bench.google.sent().into_iter().map(|sent| sent.raw).collect(),
        }
    }
}

/// Undoes dot-stuffing (RFC 5321 §4.5.2): the test server stores the content of DATA as received.
fn unstuffed(data: &str) -> String {
    let body = data.strip_suffix(".\r\n").unwrap_or(data);
    body.split_inclusive("\r\n")
        .map(|line| line.strip_prefix("..").map_or(line.to_owned(), |l| format!(".{l}")))
        .collect()
}

fn draft(id: &str) -> Draft {
    Draft {
        id: id.to_owned(),
        purpose: Some("verify".to_owned()),
        from: "Gatepost <post@example.com>".parse().unwrap(),
        reply_to: None,
        to: vec!["김철수 <kim@example.org>".parse().unwrap(), "lee@example.org".parse().unwrap()],
        cc: vec!["park@example.org".parse().unwrap()],
        bcc: Vec::new(),
        subject: "가입을 확인해 주세요".to_owned(),
        text: ".점으로 시작하는 줄\n.\nhttps://id.example.com/verify/1\n".to_owned(),
        html: Some("<p>안녕하세요</p>".to_owned()),
        attachments: vec![Attachment::new("메모.txt", "기억할 것\n".into())],
        date: Time::from_millis(1_795_232_040_000),
        message_id: format!("{id}.1@example.com"),
        language: Some("ko".to_owned()),
        auto_submitted: true,
    }
}

fn parse(bytes: &[u8]) -> Parsed<'_> {
    MessageParser::default().parse(bytes).unwrap()
}

#[tokio::test]
async fn a_message_arrives_with_all_its_parts() {
    for target in Target::all().await {
        let name = target.transport().name();
        let mail = draft("row").build().unwrap();
        target.deliver(&mail).await;
        let arrived = target.arrived().await;
        assert_eq!(arrived.len(), 1, "{name}");
        assert!(arrived[0].trim_ascii_end() == mail.bytes.trim_ascii_end(), "{name}: {}", arrived[0].escape_ascii());
        let parsed = parse(&arrived[0]);
        assert_eq!(parsed.subject(), Some("가입을 확인해 주세요"), "{name}");
        assert_eq!(parsed.message_id(), Some("row.1@example.com"), "{name}");
        assert!(parsed.body_text(0).unwrap().contains(".점으로 시작하는 줄\n.\n"), "{name}");
        assert!(parsed.body_html(0).unwrap().contains("안녕하세요"), "{name}");
        let attachment = parsed.attachment(0).unwrap();
        assert_eq!(attachment.attachment_name(), Some("메모.txt"), "{name}");
        assert_eq!(attachment.contents(), "기억할 것\n".as_bytes(), "{name}");
    }
}

#[tokio::test]
async fn a_receipt_is_one_line_with_the_servers_id_for_the_message() {
    for target in Target::all().await {
        let name = target.transport().name();
        let receipt = target.deliver(&draft("row").build().unwrap()).await;
        assert!(!receipt.reply.is_empty() && !receipt.reply.contains(['\r', '\n']), "{name}: {receipt:?}");
        assert!(receipt.refused.is_empty(), "{name}");
        if let Some(id) = &receipt.remote_id {
            assert!(receipt.reply.contains(id.as_str()), "{name}: {receipt:?}");
        }
    }
}

#[tokio::test]
async fn a_repeated_delivery_sends_the_same_bytes() {
    for target in Target::all().await {
        let name = target.transport().name();
        for _ in 0..2 {
            target.deliver(&draft("row").build().unwrap()).await;
        }
        let arrived = target.arrived().await;
        assert!(arrived.iter().all(|copy| *copy == arrived[0]), "{name}");
    }
}

#[tokio::test]
async fn bcc_recipients_receive_the_message_and_are_not_visible_to_others() {
    for target in Target::all().await {
        let name = target.transport().name();
        let message = Draft { bcc: vec!["hidden@example.org".parse().unwrap()], ..draft("row") };
        target.deliver(&message.build().unwrap()).await;
        let arrived = target.arrived().await;
        let seen = String::from_utf8_lossy(&arrived[0]).into_owned();
        match &target {
            // Gmail delivers to the Bcc recipients and removes the field.
            Target::Gmail(_) => assert!(seen.starts_with("Bcc: hidden@example.org\r\n"), "{seen}"),
            Target::Capture(..) => assert!(!seen.contains("hidden@"), "{name}: {seen}"),
            Target::Smtp(_, server) => {
                assert!(!seen.contains("hidden@"), "{name}: {seen}");
                assert!(server.lines().iter().any(|line| line.contains("<hidden@example.org>")), "{name}");
            }
        }
        let parsed = parse(&arrived[0]);
        assert_eq!(parsed.to().unwrap().iter().count() + parsed.cc().unwrap().iter().count(), 3, "{name}");
    }
}

#[tokio::test]
async fn a_check_describes_the_connection_and_sends_nothing() {
    for target in Target::all().await {
        let name = target.transport().name();
        let said = target.transport().check().await.unwrap();
        assert!(said.len() > 10 && !said.contains('\n'), "{name}: {said}");
        assert!(target.arrived().await.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn concurrent_messages_each_arrive_once() {
    for target in Target::all().await {
        let target = Arc::new(target);
        let name = target.transport().name();
        let tasks: Vec<_> = (0..12)
            .map(|n| {
                let target = Arc::clone(&target);
                tokio::spawn(async move { target.deliver(&draft(&format!("row{n}")).build().unwrap()).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let arrived = target.arrived().await;
        let mut ids: Vec<_> = arrived.iter().map(|copy| parse(copy).message_id().unwrap().to_owned()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!((arrived.len(), ids.len()), (12, 12), "{name}");
    }
}
