//! Built messages, read back by two independent parsers: built-parser and Python's `email`.

use std::io::Write as _;
use std::process::{Command, Stdio};

use mail_parser::{MessageParser, MimeHeaders as _};

use super::*;

fn message() -> Draft {
    let mailbox = |text: &str| text.parse::<Mailbox>().unwrap();
    Draft::new(
        mailbox("Gatepost <no-reply@example.com>"),
        vec![mailbox("\"김, 철수 (과장)\" <kim@example.org>"), mailbox("lee@한국.kr")],
        "안녕하세요 ".repeat(12).trim(),
        "첫 줄\r둘째 줄\nthird\r\n",
        Time::from_millis(1_795_232_040_123),
        "0193a000.1@example.com",
    )
}

fn full() -> Draft {
    Draft {
        html: Some(format!("<p>안녕</p>{}", "x".repeat(3_000))),
        attachments: vec![
            Attachment::new("메모.txt", "안녕\r\n하세요\n".as_bytes().to_vec()),
            Attachment::new("사진.png", vec![0x89, b'P', b'N', b'G', 0, 255]),
            Attachment::new("소리.mp3", vec![1; 1_000]),
            Attachment::new(&format!("{}.pdf", "아주 긴 이름 ".repeat(10).trim()), b"%PDF-1.7".to_vec()),
            Attachment::new("data", vec![0, 13, 10, 46]),
            Attachment::new("empty.bin", Vec::new()),
        ],
        cc: vec!["park@example.org".parse().unwrap()],
        bcc: vec![Address::parse("secret@example.org").unwrap()],
        reply_to: Some("Help <help@example.com>".parse().unwrap()),
        language: Some("ko".into()),
        auto_submitted: true,
        ..message()
    }
}

/// What Python's `email` reads: defects, then headers and parts, one per line.
fn python(bytes: &[u8]) -> String {
    const SCRIPT: &str = r#"
import sys, email, email.policy, hashlib
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
for part in m.walk():
    print("defects", len(part.defects) + sum(len(v.defects) for v in part.values() if hasattr(v, "defects")))
for a in m["to"].addresses: print("to", repr(a.display_name), a.addr_spec)
print("subject", m["subject"])
print("bcc", m["bcc"])
for part in m.walk():
    if part.get_content_maintype() == "multipart": print(part.get_content_type()); continue
    body = part.get_payload(decode=True)
    print(part.get_content_type(), part.get_filename(), part.get_content_charset(), len(body))
    if part.get_content_maintype() == "text" and not part.get_filename(): print(repr(part.get_content()[:40]))
"#;
    let mut child = Command::new("python3")
        .args(["-c", SCRIPT])
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

fn assert_plain_wire(bytes: &[u8]) {
    assert!(bytes.is_ascii());
    let wire = std::str::from_utf8(bytes).unwrap();
    let longest = wire.split("\r\n").max_by_key(|line| line.len()).unwrap();
    assert!(longest.len() <= 78, "{longest}");
    assert!(!wire.replace("\r\n", "").contains(['\r', '\n']), "a bare CR or LF");
}

#[test]
fn a_message_with_all_parts_parses_without_defects() {
    let built = full().build().unwrap();
    assert_plain_wire(&built.bytes);
    let read = python(&built.bytes);
    assert!(!read.is_empty());
    assert!(read.lines().filter(|line| line.starts_with("defects")).all(|line| line == "defects 0"), "{read}");
    for expected in [
        "to '김, 철수 (과장)' kim@example.org",
        "to '' lee@xn--3e0b707e.kr",
        "bcc None",
        "multipart/mixed",
        "multipart/alternative",
        "'첫 줄\\n둘째 줄\\nthird\\n'",
        "text/plain 메모.txt utf-8 18",
        "image/png 사진.png None 6",
        "audio/mpeg 소리.mp3 None 1000",
        "application/octet-stream data None 4",
        "application/octet-stream empty.bin None 0",
    ] {
        assert!(read.contains(expected), "{expected} is missing in\n{read}");
    }
    assert!(read.contains(&format!("subject {}", message().subject)), "{read}");
    assert!(read.contains(&format!("application/pdf {}.pdf", "아주 긴 이름 ".repeat(10).trim())), "{read}");
    let parsed = MessageParser::default().parse(&built.bytes).unwrap();
    let names: Vec<_> = parsed.attachments().filter_map(|part| part.attachment_name()).collect();
    assert_eq!(names[..3], ["메모.txt", "사진.png", "소리.mp3"]);
    assert_eq!(parsed.attachment(4).unwrap().contents(), [0, 13, 10, 46]);
    assert_eq!(parsed.message_id(), Some("0193a000.1@example.com"));
}

#[test]
fn each_recipient_is_in_the_envelope_once_and_bcc_only_there() {
    let built = full().build().unwrap();
    let to: Vec<_> = built.envelope.to.iter().map(Address::to_string).collect();
    assert_eq!(to, ["kim@example.org", "lee@xn--3e0b707e.kr", "park@example.org", "secret@example.org"]);
    assert!(!String::from_utf8(built.bytes).unwrap().contains("secret@"));
    let hidden = Draft { to: Vec::new(), cc: Vec::new(), ..full() };
    assert!(String::from_utf8(hidden.build().unwrap().bytes).unwrap().contains("undisclosed-recipients:;"));
}

#[test]
fn quotes_in_display_names_and_file_names_are_preserved() {
    let message = Draft {
        to: vec![r#""Kim \"K\" Lee" <kim@example.org>"#.parse().unwrap()],
        attachments: vec![Attachment::new("a\"b.txt", Vec::new()), Attachment::new(" .메 \"모.txt", Vec::new())],
        ..message()
    };
    let bytes = message.build().unwrap().bytes;
    let read = python(&bytes);
    // Python drops the space before the name.
    for expected in [r#"to 'Kim "K" Lee' kim@"#, "text/plain a\"b.txt utf-8", "text/plain .메 \"모.txt utf-8"] {
        assert!(read.contains(expected), "{expected} is missing in\n{read}");
    }
    let parsed = MessageParser::default().parse(&bytes).unwrap();
    let names: Vec<_> = parsed.attachments().filter_map(|part| part.attachment_name()).collect();
    assert_eq!(names, ["a\"b.txt", " .메 \"모.txt"]);
}

#[test]
fn user_input_cannot_add_headers() {
    let evil = "x\r\nBcc: evil@example.net\r\n\r\nbody";
    let mut name = message().from;
    name.name = evil.into();
    let message = Draft {
        subject: evil.into(),
        from: name.clone(),
        reply_to: Some(name),
        text: "x\r\n.\r\nMAIL FROM:<a@b.c>".into(),
        attachments: vec![Attachment::new(evil, evil.as_bytes().to_vec())],
        ..message()
    };
    let bytes = message.build().unwrap().bytes;
    assert_plain_wire(&bytes);
    let read = python(&bytes);
    assert!(read.contains("bcc None") && read.contains("multipart/mixed"), "{read}");
    assert!(read.lines().filter(|line| line.starts_with("defects")).all(|line| line == "defects 0"), "{read}");
    let id = Draft { message_id: "a@b\r\nX: y".into(), ..message };
    assert_eq!(id.build().unwrap_err(), BuildError::MessageId);
}

#[test]
fn the_same_draft_gives_identical_bytes() {
    assert_eq!(full().build().unwrap().bytes, full().build().unwrap().bytes);
}

#[test]
fn the_stored_body_lacks_only_the_headers_that_the_outbox_adds() {
    let message = full();
    let body = String::from_utf8(message.build_body().unwrap()).unwrap();
    for name in ["From:", "Date:", "Message-ID:"] {
        assert!(!body.lines().take_while(|line| !line.is_empty()).any(|line| line.starts_with(name)), "{name}");
    }
    let head = format!(
        "{}Date: {}\r\nMessage-ID: <{}>\r\n",
        from_header(&message.from),
        message.date.rfc5322(),
        message.message_id
    );
    let read = python(format!("{head}{body}").as_bytes());
    assert_eq!(read, python(&message.build().unwrap().bytes));
}

#[test]
fn values_at_the_limit_are_accepted_and_values_past_it_rejected() {
    let many = |n: usize| Draft {
        bcc: (0..n).map(|n| Address::parse(&format!("u{n}@example.org")).unwrap()).collect(),
        to: Vec::new(),
        ..message()
    };
    assert!(many(MAX_RECIPIENTS).build().is_ok());
    assert_eq!(many(MAX_RECIPIENTS + 1).build().unwrap_err(), BuildError::TooManyRecipients(MAX_RECIPIENTS + 1));
    assert_eq!(many(0).build().unwrap_err(), BuildError::NoRecipient);
    assert!(Draft { subject: "가".repeat(MAX_SUBJECT), ..message() }.build().is_ok());
    let long = Draft { subject: "가".repeat(MAX_SUBJECT + 1), ..message() };
    assert_eq!(long.build().unwrap_err(), BuildError::SubjectTooLong);
    let attached = |bytes: usize| Draft { attachments: vec![Attachment::new("a.bin", vec![0; bytes])], ..message() };
    assert!(attached(26_000_000).attachments.iter().all(|file| file.encoded_len() < MAX_BYTES));
    assert!(matches!(attached(27_000_000).build().unwrap_err(), BuildError::TooLarge(_)));
}
