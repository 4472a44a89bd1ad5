//! The files of the inbox: permissions, retention, recovery after a power cut, names of exported files.

use super::*;

#[tokio::test]
async fn retention_keeps_the_newest_by_number_age_and_bytes() {
    let f = fixture().await;
    for n in 0..10 {
        f.inbox.store(incoming("a@b.c", &n.to_string(), "body")).await.unwrap();
        f.clock.advance(Duration::from_secs(24 * 3_600));
    }
    let size = f.inbox.list(&PageRequest::default()).await.unwrap()[0].size;
    let kept = async |change: &dyn Fn(&mut Settings)| {
        let mut settings = settings(&f.folder);
        change(&mut settings);
        let inbox = Inbox::open(settings, f.clock.clone(), Entropy::seeded(3)).await.unwrap();
        inbox.tidy().await.unwrap();
        inbox.list(&PageRequest::default()).await.unwrap().into_iter().map(|m| m.subject).collect::<Vec<_>>()
    };
    assert_eq!(kept(&|_| ()).await.len(), 10);
    assert_eq!(kept(&|s| s.keep_messages = 8).await, ["9", "8", "7", "6", "5", "4", "3", "2"]);
    assert_eq!(kept(&|s| s.keep_days = 6).await, ["9", "8", "7", "6", "5", "4"]);
    assert_eq!(kept(&|s| s.keep_bytes = size * 3).await, ["9", "8", "7"]);
    assert_eq!(f.inbox.counts().await.unwrap().messages, 3);
}

/// Without compression of session and list columns, such a message takes 2,370 bytes.
#[tokio::test]
async fn a_message_of_2_kb_takes_at_most_1200_bytes_with_its_transcript_and_its_index() {
    const COUNT: u64 = 600;
    let f = fixture().await;
    let extensions = ["PIPELINING", "SIZE 52428800", "AUTH PLAIN LOGIN CRAM-MD5", "8BITMIME", "CHUNKING", "DSN"];
    let extensions: String = extensions.iter().map(|name| format!("S: 250-{name}\n")).collect();
    let store = async |number: u64| {
        let (to, body) = (format!("user{number}@example.com"), format!("order {number}\r\n{}", "padding ".repeat(240)));
        let transcript = format!(
            "S: 220 gatepost Gatepost ESMTP Service ready\nC: EHLO client\n{extensions}C: MAIL FROM:<bounce@example.com>\n\
             S: 250 2.1.0 Ok\nC: RCPT TO:<{to}>\nS: 250 2.1.5 Ok\nC: DATA\nS: 354 Start mail input\nS: 250 2.0.0 Ok\n"
        );
        f.inbox
            .store(IncomingMessage { transcript, protocol: "ESMTP", ..incoming(&to, "Order", &body) })
            .await
            .unwrap();
    };
    futures::future::join_all((0..COUNT).map(store)).await;
    while f.inbox.index().await.unwrap() > 0 {}
    let each = f.inbox.file_size().await.unwrap() / COUNT;
    assert!(each <= 1_200, "{each} bytes");
}

#[tokio::test]
async fn refused_messages_never_displace_accepted_ones() {
    let f = fixture().await;
    let kept = async |keep_messages, keep_bytes| {
        let settings = Settings { keep_messages, keep_bytes, ..settings(&f.folder) };
        let inbox = Inbox::open(settings, f.clock.clone(), Entropy::seeded(2)).await.unwrap();
        inbox.tidy().await.unwrap();
        let counts = inbox.counts().await.unwrap();
        (counts.arrived(), counts.refused, counts.bytes)
    };
    for n in 0..3 {
        f.inbox.store(incoming("a@b.c", &n.to_string(), "x")).await.unwrap();
    }
    for n in 0..10 {
        let refusal = Some("552 too large".to_owned());
        f.inbox.store(IncomingMessage { refusal, ..incoming("a@b.c", &n.to_string(), "x") }).await.unwrap();
    }
    let (accepted, refused, bytes) = kept(5, 0).await;
    assert_eq!((accepted, refused), (3, 5));
    let each = bytes / 8;
    assert_eq!(kept(5, 4 * each + each / 2).await, (3, 1, 4 * each));
    assert_eq!(kept(5, 2 * each + each / 2).await, (2, 0, 2 * each));
}

#[tokio::test]
async fn the_newest_message_is_kept_even_if_it_alone_exceeds_the_limit() {
    let f = fixture().await;
    let settings = Settings { keep_bytes: 3_000, ..settings(&f.folder) };
    let inbox = Inbox::open(settings, f.clock.clone(), Entropy::seeded(2)).await.unwrap();
    let kept_after = async |message: IncomingMessage| {
        inbox.store(message).await.unwrap();
        inbox.tidy().await.unwrap();
        let all = PageRequest { limit: None, ..PageRequest::default() };
        inbox.list(&all).await.unwrap().into_iter().map(|m| m.subject).collect::<Vec<_>>()
    };
    let large = |subject: &str| incoming("a@b.c", subject, &"x".repeat(10_000));
    let refused = |message: IncomingMessage| IncomingMessage { refusal: Some("552 too large".to_owned()), ..message };
    assert_eq!(kept_after(refused(large("refused"))).await, ["refused"]);
    assert_eq!(kept_after(incoming("a@b.c", "small", "x")).await, ["small"]);
    assert_eq!(kept_after(refused(large("refused"))).await, ["small"]);
    assert_eq!(kept_after(large("large")).await, ["large"]);
    assert_eq!(kept_after(incoming("a@b.c", "next", "x")).await, ["next"]);
    assert_eq!(kept_after(incoming("a@b.c", "last", "x")).await, ["last", "next"]);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_file_and_its_folder() {
    use std::os::unix::fs::PermissionsExt as _;
    let f = fixture().await;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&settings(&f.folder).path), 0o600);
    assert_eq!(mode(settings(&f.folder).path.parent().unwrap()), 0o700);
}

/// Simulates a power cut, which may truncate the write-ahead log at any byte, even within a page.
#[tokio::test]
async fn a_truncated_log_loses_only_the_newest_messages() {
    let f = fixture().await;
    for n in 0..40 {
        f.inbox.store(incoming("a@b.c", &n.to_string(), "body")).await.unwrap();
    }
    let path = settings(&f.folder).path;
    let log = std::fs::read(path.with_extension("db-wal")).unwrap();
    let mut recovered = Vec::new();
    for part in [0, 1, 3, 50, 77, 99, 100] {
        let folder = tempfile::tempdir().unwrap();
        let truncated = settings(&folder);
        std::fs::create_dir_all(truncated.path.parent().unwrap()).unwrap();
        std::fs::copy(&path, &truncated.path).unwrap();
        std::fs::write(truncated.path.with_extension("db-wal"), &log[..log.len() * part / 100]).unwrap();
        let inbox = Inbox::open(truncated, f.clock.clone(), Entropy::seeded(9)).await.unwrap();
        let subjects: Vec<String> = inbox
            .list(&PageRequest { limit: None, ..PageRequest::default() })
            .await
            .unwrap()
            .into_iter()
            .map(|m| m.subject)
            .rev()
            .collect();
        assert_eq!(subjects, (0..subjects.len()).map(|n| n.to_string()).collect::<Vec<_>>());
        assert_eq!(inbox.counts().await.unwrap().messages, subjects.len() as u64);
        inbox.store(incoming("a@b.c", "after", "the cut")).await.unwrap();
        while inbox.index().await.unwrap() > 0 {}
        assert_eq!(self::subjects(&inbox, "after").await, ["after"]);
        recovered.push(subjects.len());
    }
    assert!(recovered.is_sorted() && recovered.last() == Some(&40), "{recovered:?}");
}

#[tokio::test]
async fn names_of_exported_files_contain_nothing_from_the_message() {
    let f = fixture().await;
    let evil = "../../../evil";
    let head = format!("Subject: {evil}\r\nMessage-ID: <{evil}>\r\nContent-ID: <{evil}>\r\nDate: {evil}\r\n\r\n");
    let message =
        IncomingMessage { envelope_from: evil.into(), bytes: head.into_bytes(), ..incoming("a@b.c", evil, "x") };
    let id = f.inbox.store(message).await.unwrap().to_string();
    let outer = f.folder.path().join("outer");
    for (format, file) in [
        (files::ExportFormat::Eml, format!("{id}.eml")),
        (files::ExportFormat::Mbox, "inbox.mbox".to_owned()),
        (files::ExportFormat::Maildir, format!("new/{id}")),
    ] {
        let folder = outer.join("made").join(file.replace('/', "-"));
        let wanted = files::ExportSelection { format, ..files::ExportSelection::default() };
        files::export(&f.inbox, &folder, wanted, |_, _| {}).await.unwrap();
        assert!(folder.join(&file).is_file(), "{file}");
        // An export does not overwrite an earlier one.
        assert!(files::export(&f.inbox, &folder, wanted, |_, _| {}).await.is_err(), "{file}");
    }
    let made: Vec<_> = std::fs::read_dir(&outer).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(made, ["made"]);
}
