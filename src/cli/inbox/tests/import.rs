//! Tests of `gatepost inbox import`: which files it takes, in which order, and what it refuses.

use super::*;

/// Writes a file into `folder`, whose path is returned.
fn write(folder: &tempfile::TempDir, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = folder.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn files_that_are_no_mail_are_refused_by_name_and_the_others_are_imported() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = inbox(&folder, "inbox.db").await;
    let utf_16 = [b"\xff\xfe".to_vec(), "Subject: x".encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
    let fine = write(&folder, "fine.eml", "Subject: fine\n\nx");
    for (name, bytes, what) in [
        ("report.pdf", b"%PDF-1.7\n".to_vec(), "a PDF file"),
        ("mail.zip", b"PK\x03\x04\x14\0".to_vec(), "a zip archive"),
        ("mail.mbox.gz", b"\x1f\x8b\x08\0".to_vec(), "a gzip file"),
        ("note.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0".to_vec(), "an Outlook message"),
        ("utf16.eml", utf_16, "UTF-16 text"),
        ("page.eml", b"<!DOCTYPE html>\n<title>To: x</title>".to_vec(), "an HTML or XML page"),
        ("notes.txt", b"hello\n".to_vec(), "text without a header field"),
    ] {
        let path = write(&folder, name, bytes);
        let (done, out, errors) = run_inbox(&inbox, &["import", &path, &fine]).await;
        let why = done.unwrap_err();
        assert!(why.starts_with(&format!("{path}: {what}")) && why.ends_with(", not a message"), "{why}");
        assert_eq!((out.as_str(), errors.as_str()), ("imported 1 messages\n", ""), "{name}");
    }
    assert!(subjects(&inbox).await.iter().all(|subject| subject == "fine"));
}

#[tokio::test]
async fn a_message_is_imported_with_any_line_end_and_a_byte_order_mark() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = inbox(&folder, "inbox.db").await;
    let text = "Subject: x\nTo: kim@example.com\n\none\ntwo\n";
    for (written, stored) in [
        (text.to_owned(), text.to_owned()),
        (text.replace('\n', "\r\n"), text.replace('\n', "\r\n")),
        (format!("\u{feff}{text}"), format!("\u{feff}{text}")),
        // No reader knows CR alone as the end of a line.
        (text.replace('\n', "\r"), text.to_owned()),
    ] {
        let path = write(&folder, "x.eml", &written);
        run_inbox(&inbox, &["import", &path]).await.0.unwrap();
        let id = inbox.latest(None).await.unwrap().unwrap();
        let message = inbox.message(id).await.unwrap().unwrap();
        assert_eq!(String::from_utf8(message.bytes).unwrap(), stored);
    }
    let mbox = "\u{feff}From a@b.c Sat Nov 21 03:34:00 2026\rSubject: one\r\r1\r\rFrom a@b.c Sat Nov 21 03:34:00 2026\r\
                Subject: two\r\r2\r";
    let path = write(&folder, "old.mbox", mbox);
    assert_eq!(run_inbox(&inbox, &["import", &path]).await.1, "imported 2 messages\n");
    assert_eq!(subjects(&inbox).await[4..], ["one", "two"]);
}

#[tokio::test]
async fn a_folder_is_read_with_its_subfolders_and_every_kind_of_mail_file() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = inbox(&folder, "inbox.db").await;
    let eml = |subject: &str| format!("Subject: {subject}\n\nx\n");
    let separator = "From a@b.c Sat Nov 21 03:34:00 2026\n";
    let emlx = |subject: &str, flags: u64| {
        let text = eml(subject);
        format!("{}\n{text}<plist><dict><key>flags</key><integer>{flags}</integer></dict></plist>", text.len())
    };
    for (name, text) in [
        ("mail/b.eml", eml("eml")),
        ("mail/Inbox.mbox/mbox", format!("{separator}{}", eml("apple mbox"))),
        ("mail/V10/Messages/2.emlx", emlx("emlx 2", 0)),
        ("mail/V10/Messages/10.emlx", emlx("emlx 10", 1)),
        ("mail/V10/Messages/10.plist", "<plist/>".to_owned()),
        ("mail/V11/Archive", format!("{separator}{}", eml("thunderbird"))),
        ("mail/V11/Archive.msf", "// <!-- <mdb:mork:z> -->\nTo: x".to_owned()),
        ("mail/V12/cur/1:2,S", eml("maildir")),
        ("mail/V12/tmp/2", eml("not delivered")),
        ("mail/V12/.Sent/new/3", eml("maildir++")),
        ("mail/V13/1", eml("mh 1")),
        ("mail/V13/12", eml("mh 12")),
        ("mail/V13/.mh_sequences", "unseen: 1\n".to_owned()),
        ("mail/notes.txt", eml("not named as mail")),
    ] {
        write(&folder, name, text);
    }
    let root = folder.path().join("mail");
    let (done, out, errors) = run_inbox(&inbox, &["import", root.to_str().unwrap()]).await;
    assert_eq!((done, out.as_str(), errors.as_str()), (Ok(()), "imported 9 messages\n", ""));
    let expected = ["eml", "apple mbox", "emlx 2", "emlx 10", "thunderbird", "maildir", "maildir++", "mh 1", "mh 12"];
    assert_eq!(subjects(&inbox).await, expected);
    let read = inbox.list(&PageRequest::default()).await.unwrap().into_iter().filter(|summary| summary.read);
    assert_eq!(read.map(|summary| summary.subject).collect::<Vec<_>>(), ["maildir", "emlx 10"]);
}

#[tokio::test]
async fn an_mbox_keeps_its_order_although_large_messages_take_longer_to_prepare() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        path: folder.path().join("inbox.db"),
        max_message_size: 0,
        keep_messages: 0,
        keep_days: 0,
        keep_bytes: 0,
    };
    let inbox = Inbox::open(settings, Clock::system(), Entropy::seeded(1)).await.unwrap();
    let separator = "From a@b.c Sat Nov 21 03:34:00 2026\n";
    let expected: Vec<String> = (0..90).map(|n| n.to_string()).collect();
    let text = |n: &String| format!("{separator}Subject: {n}\n\n{}\n\n", "word ".repeat(n.len() % 2 * 60_000));
    let path = write(&folder, "all.mbox", expected.iter().map(text).collect::<String>());
    run_inbox(&inbox, &["import", &path]).await.0.unwrap();
    let all = PageRequest { limit: None, ..PageRequest::default() };
    let found: Vec<_> = inbox.list(&all).await.unwrap().into_iter().rev().map(|summary| summary.subject).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn use_dates_takes_the_date_of_each_message_as_its_time_of_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = inbox(&folder, "inbox.db").await;
    let path = write(&folder, "dated.eml", "Subject: dated\nDate: Fri, 3 Jan 2020 10:00:00 +0900\n\nx");
    let undated = write(&folder, "undated.eml", "Subject: undated\nDate: soon\n\nx");
    run_inbox(&inbox, &["import", &path]).await.0.unwrap();
    run_inbox(&inbox, &["import", "--use-dates", &path, &undated]).await.0.unwrap();
    let created: Vec<String> = inbox
        .list(&PageRequest::default())
        .await
        .unwrap()
        .into_iter()
        .map(|summary| summary.created.rfc3339())
        .collect();
    let now = "2026-11-21T03:34:00.000Z";
    assert_eq!(created, [now, "2020-01-03T01:00:00.000Z", now]);
    let found = inbox.latest(Query::parse("before:2021 subject:dated", &TimeZone::UTC).as_ref()).await.unwrap();
    assert!(found.is_some());
}

#[tokio::test]
async fn unusable_files_are_skipped_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = inbox(&folder, "inbox.db").await;
    let mail = folder.path().join("mail");
    std::fs::create_dir(&mail).unwrap();
    std::fs::write(mail.join("huge.eml"), vec![b'x'; 20_000]).unwrap();
    std::fs::write(mail.join("fine.eml"), "Subject: fine\n\nx").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/passwd", mail.join("link.eml")).unwrap();
    std::fs::write(mail.join("notes.txt"), "no mail").unwrap();
    let missing = folder.path().join("missing");
    let (done, out, errors) = run_inbox(&inbox, &["import", mail.to_str().unwrap(), missing.to_str().unwrap()]).await;
    assert_eq!(out, "imported 1 messages\n");
    assert!(errors.contains("huge.eml: the message is too large\n"), "{errors}");
    assert_eq!(done, Err("2 files or messages were left out (see above)".into()));
}

#[tokio::test]
async fn an_empty_mailbox_imports_nothing_and_an_empty_eml_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = inbox(&folder, "inbox.db").await;
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    for empty in [file("empty.mbox", ""), file("blank", "\n\n")] {
        let (done, out, errors) = run_inbox(&inbox, &["import", &empty]).await;
        assert_eq!((done, out.as_str(), errors.as_str()), (Ok(()), "imported 0 messages\n", ""));
    }
    let empty = file("empty.eml", "");
    let (done, out, _) = run_inbox(&inbox, &["import", &empty]).await;
    assert_eq!((done, out.as_str()), (Err(format!("{empty}: the file is empty")), "imported 0 messages\n"));
    assert!(subjects(&inbox).await.is_empty());
}

#[tokio::test]
async fn a_paragraph_that_begins_with_from_does_not_split_a_message() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = inbox(&folder, "inbox.db").await;
    let separator = "From a@b.c Sat Nov 21 03:34:00 2026\n";
    let text = "Subject: one\n\nFrom the office of Kim: hi\n\nFrom here on\n";
    let import = async |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        run_inbox(&inbox, &["import", path.to_str().unwrap()]).await.1
    };
    let mbox = format!("\n\n{separator}{text}\n{separator}Subject: two\n\nhi\n");
    assert_eq!(import("two.mbox", mbox).await, "imported 2 messages\n");
    assert_eq!(import("one.eml", format!("{separator}{text}\n{separator}hi\n")).await, "imported 1 messages\n");
    assert_eq!(import("text", "From the office of Kim: hi\n".into()).await, "imported 0 messages\n");
    assert_eq!(subjects(&inbox).await, ["one", "two", "one"]);
    let eml = inbox.list(&PageRequest::default()).await.unwrap()[0].id;
    assert!(inbox.message(eml).await.unwrap().unwrap().bytes.starts_with(b"Subject: one\n"));
}

#[tokio::test]
async fn a_maildir_needs_only_new_or_cur_and_a_folder_without_messages_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = inbox(&folder, "inbox.db").await;
    for (part, name) in [("cur", "2:2,S"), ("new", "1")] {
        let maildir = folder.path().join(format!("only-{part}"));
        std::fs::create_dir_all(maildir.join(part)).unwrap();
        let (done, out, _) = run_inbox(&inbox, &["import", maildir.to_str().unwrap()]).await;
        assert_eq!(out, "imported 0 messages\n");
        let why = done.unwrap_err();
        assert!(why.contains(".eml") && why.contains("new or cur"), "{why}");
        std::fs::write(maildir.join(part).join(name), format!("Subject: {part}\n\nx")).unwrap();
        let (done, out, _) = run_inbox(&inbox, &["import", maildir.to_str().unwrap()]).await;
        assert_eq!((done, out.as_str()), (Ok(()), "imported 1 messages\n"));
    }
    assert_eq!(subjects(&inbox).await, ["cur", "new"]);
}

#[tokio::test]
async fn an_import_keeps_the_order_of_the_export() {
    let folder = tempfile::tempdir().unwrap();
    let full = inbox(&folder, "full.db").await;
    let expected: Vec<String> = (0..12).map(|n| format!("message {n}")).collect();
    for subject in &expected {
        let id = full.store(message(subject, "x")).await.unwrap();
        full.set_read(&Selection::Ids(vec![id]), subject.ends_with('3')).await.unwrap();
    }
    for format in ["eml", "mbox", "maildir"] {
        let target = folder.path().join(format);
        run_inbox(&full, &["export", target.to_str().unwrap(), "--format", format]).await.0.unwrap();
        let again = inbox(&folder, &format!("{format}.db")).await;
        run_inbox(&again, &["import", target.to_str().unwrap()]).await.0.unwrap();
        assert_eq!(subjects(&again).await, expected, "{format}");
    }
}

#[tokio::test]
async fn imported_mail_with_return_paths_comes_back_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = inbox(&folder, "inbox.db").await;
    let text = format!("Return-Path: <{}@x.test>\nReturn-Path:\n <a@b.c>\nSubject: one\n\nx\n", "v".repeat(1_200));
    let path = folder.path().join("one.eml");
    std::fs::write(&path, &text).unwrap();
    run_inbox(&inbox, &["import", path.to_str().unwrap()]).await.0.unwrap();
    let target = folder.path().join("out");
    run_inbox(&inbox, &["export", target.to_str().unwrap()]).await.0.unwrap();
    let id = inbox.list(&PageRequest::default()).await.unwrap()[0].id;
    assert_eq!(std::fs::read_to_string(target.join(format!("{id}.eml"))).unwrap(), text);
}

#[tokio::test]
async fn an_interrupted_import_counts_every_message_that_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = inbox(&folder, "inbox.db").await;
    let separator = "From a@b.c Sat Nov 21 03:34:00 2026\n";
    let text = |n: i32| format!("{separator}Subject: {n}\n\nx\n\n");
    let path = write(&folder, "all.mbox", (0..400).map(text).collect::<String>());
    let interruption = Interruption::default();
    let mut reported = 0;
    let imported = files::import(&inbox, vec![path.clone().into()], false, interruption.occurred(), |_| {
        reported += 1;
        interruption.set();
    });
    let stored = imported.await.unwrap().stored;
    assert!((1..400).contains(&stored), "{stored}");
    assert_eq!((reported, inbox.counts().await.unwrap().messages), (stored, stored));
}
