//! One contract, every transport: what the outbox may rely on, whichever way a mail leaves.

use std::sync::Arc;

use mail_parser::{Message as Parsed, MessageParser, MimeHeaders};

use super::gmail::tests::bench::Bench;
use super::smtp::tests::server::{Plan, Server};
use super::{Capture, Receipt, Transport};
use crate::capture::{Inbox, Settings};
use crate::clock::{Clock, Time};
use crate::mail::{Attachment, Mail, Message};
use crate::secret::Entropy;

/// A way out whose other side can be looked at.
enum Way {
    Capture(Capture, Inbox, #[expect(dead_code, reason = "removed when dropped")] tempfile::TempDir),
    Smtp(super::smtp::Smtp, Server),
    Gmail(Box<Bench>),
}

impl Way {
    async fn all() -> [Way; 3] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inbox.db");
        let settings = Settings { path, max_message_size: 1 << 20, keep_messages: 0, keep_days: 0, keep_bytes: 0 };
        let inbox = Inbox::open(settings, Clock::system(), Entropy::seeded(1)).await.unwrap();
        let server = Server::start(Plan::ordinary()).await;
        [
            Way::Capture(Capture::new(inbox.clone()), inbox, folder),
            Way::Smtp(server.transport(), server),
            Way::Gmail(Box::new(Bench::new(false).await)),
        ]
    }

    fn transport(&self) -> &dyn Transport {
        match self {
            Way::Capture(transport, ..) => transport,
            Way::Smtp(transport, _) => transport,
            Way::Gmail(bench) => &bench.gmail,
        }
    }

    async fn deliver(&self, mail: &Mail) -> Receipt {
        let name = self.transport().name();
        self.transport().deliver(mail).await.unwrap_or_else(|failure| panic!("{name}: {failure}"))
    }

    /// The bytes as they arrived, in order.
    async fn arrived(&self) -> Vec<Vec<u8>> {
        match self {
            Way::Capture(_, inbox, _) => {
                let list = inbox.list(&crate::capture::Window::default()).await.unwrap();
                let mut bytes = Vec::new();
                for summary in list.iter().rev() {
                    bytes.push(inbox.message(summary.id).await.unwrap().unwrap().bytes);
                }
                bytes
            }
            Way::Smtp(_, server) => server.mails().iter().map(|data| unstuffed(data).into_bytes()).collect(),
            Way::Gmail(bench) => bench.google.sent().into_iter().map(|sent| sent.raw).collect(),
        }
    }
}

/// The test server keeps what follows DATA as it came: dots doubled, the last line a dot (RFC 5321 §4.5.2).
fn unstuffed(data: &str) -> String {
    let body = data.strip_suffix(".\r\n").unwrap_or(data);
    body.split_inclusive("\r\n")
        .map(|line| line.strip_prefix("..").map_or(line.to_owned(), |l| format!(".{l}")))
        .collect()
}

fn letter(id: &str) -> Message {
    Message {
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
async fn a_letter_arrives_with_everything_that_is_in_it() {
    for way in Way::all().await {
        let name = way.transport().name();
        let mail = letter("row").build().unwrap();
        way.deliver(&mail).await;
        let arrived = way.arrived().await;
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
async fn a_receipt_is_one_line_with_the_other_sides_name_for_the_mail() {
    for way in Way::all().await {
        let name = way.transport().name();
        let receipt = way.deliver(&letter("row").build().unwrap()).await;
        assert!(!receipt.reply.is_empty() && !receipt.reply.contains(['\r', '\n']), "{name}: {receipt:?}");
        assert!(receipt.refused.is_empty(), "{name}");
        if let Some(id) = &receipt.remote_id {
            assert!(receipt.reply.contains(id.as_str()), "{name}: {receipt:?}");
        }
    }
}

#[tokio::test]
async fn a_repeated_hand_over_is_recognisable_as_the_same_mail() {
    for way in Way::all().await {
        let name = way.transport().name();
        for _ in 0..2 {
            way.deliver(&letter("row").build().unwrap()).await;
        }
        let arrived = way.arrived().await;
        assert!(arrived.iter().all(|copy| *copy == arrived[0]), "{name}");
    }
}

#[tokio::test]
async fn hidden_recipients_are_reached_and_stand_in_no_field_that_others_see() {
    for way in Way::all().await {
        let name = way.transport().name();
        let message = Message { bcc: vec!["hidden@example.org".parse().unwrap()], ..letter("row") };
        way.deliver(&message.build().unwrap()).await;
        let arrived = way.arrived().await;
        let seen = String::from_utf8_lossy(&arrived[0]).into_owned();
        match &way {
            // Gmail delivers to Bcc and takes the field out of what it delivers.
            Way::Gmail(_) => assert!(seen.starts_with("Bcc: hidden@example.org\r\n"), "{seen}"),
            Way::Capture(..) => assert!(!seen.contains("hidden@"), "{name}: {seen}"),
            Way::Smtp(_, server) => {
                assert!(!seen.contains("hidden@"), "{name}: {seen}");
                assert!(server.lines().iter().any(|line| line.contains("<hidden@example.org>")), "{name}");
            }
        }
        let parsed = parse(&arrived[0]);
        assert_eq!(parsed.to().unwrap().iter().count() + parsed.cc().unwrap().iter().count(), 3, "{name}");
    }
}

#[tokio::test]
async fn a_check_says_what_it_found_and_sends_nothing() {
    for way in Way::all().await {
        let name = way.transport().name();
        let said = way.transport().check().await.unwrap();
        assert!(said.len() > 10 && !said.contains('\n'), "{name}: {said}");
        assert!(way.arrived().await.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn many_mails_at_once_arrive_each_once() {
    for way in Way::all().await {
        let way = Arc::new(way);
        let name = way.transport().name();
        let tasks: Vec<_> = (0..12)
            .map(|n| {
                let way = Arc::clone(&way);
                tokio::spawn(async move { way.deliver(&letter(&format!("row{n}")).build().unwrap()).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let arrived = way.arrived().await;
        let mut ids: Vec<_> = arrived.iter().map(|copy| parse(copy).message_id().unwrap().to_owned()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!((arrived.len(), ids.len()), (12, 12), "{name}");
    }
}
