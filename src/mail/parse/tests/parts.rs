//! Which parts become the text and the HTML, and which are listed, with which names.

use super::*;

fn mixed(kind: &str, parts: &[&str]) -> ParsedMessage {
    let parts: String = parts.iter().map(|part| format!("--b\n{part}\n")).collect();
    ParsedMessage::read(&crlf(&format!("Content-Type: multipart/{kind}; boundary=b\n\n{parts}--b--\n")))
}

/// Attachments and inline parts as `id type name`.
fn listed(message: &ParsedMessage) -> (Vec<String>, Vec<String>) {
    let shown = |part: &MessagePart| format!("{} {} {}", part.id, part.content_type, part.file_name);
    (message.attachments.iter().map(shown).collect(), message.inline.iter().map(shown).collect())
}

#[test]
fn every_leaf_is_listed_under_a_name() {
    let message = mixed(
        "mixed",
        &[
            "Content-Type: text/plain\n\nbody",
            "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR",
            "Content-Type: application/pdf\n\n%PDF",
            "Content-Type: text/plain; name=\"notes.txt\"\n\nnotes",
            "Content-Type: text/csv\nContent-Disposition: attachment\n\na,b",
            "Content-Type: image/png\nContent-ID: <../logo@x>\n\nx",
            "Content-Type: message/rfc822\n\nSubject: inner\n\nx",
        ],
    );
    let (attachments, inline) = listed(&message);
    assert_eq!(attachments, ["5 text/csv part-5.csv"]);
    assert_eq!(
        inline,
        [
            "2 text/calendar calendar.ics",
            "3 application/pdf part-3.pdf",
            "4 text/plain notes.txt",
            "6 image/png logo@x",
            "7 message/rfc822 message.eml"
        ]
    );
    assert_eq!(message.text, "body\n--\nnotes");
    let other = message.other_text(&crlf(""), 100);
    assert_eq!(other.trim(), "", "the bytes are another message's");
}

#[test]
fn damaged_attachments_are_named() {
    let source = crlf(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: image/png\n\
         Content-Transfer-Encoding: base64\n\naGVs*\n--b--\n",
    );
    let message = ParsedMessage::read(&source);
    let all: Vec<_> = message.all_warnings(&source).into_iter().map(|w| (w.code.name(), w.location)).collect();
    assert_eq!((codes(&message).len(), all), (0, vec![("broken_encoding", "2".to_owned())]));
}

#[test]
fn reports_and_other_texts_are_read_for_the_search() {
    let source = crlf(
        "Content-Type: multipart/report; boundary=b\n\n--b\n\nnot delivered\n--b\n\
         Content-Type: message/delivery-status\n\nStatus: 5.1.1\n--b\nContent-Type: text/rfc822-headers\n\n\
         Subject: original\n--b\nContent-Type: text/x-log\nContent-Disposition: attachment\n\nlog line\n--b--\n",
    );
    let message = ParsedMessage::read(&source);
    assert_eq!(message.text, "not delivered\n--\nStatus: 5.1.1");
    assert_eq!(message.other_text(&source, 1_000), "Subject: original\nlog line\n");
    assert_eq!(message.other_text(&source, 7).trim_end(), "Subject");
    let (attachments, inline) = listed(&message);
    assert_eq!(attachments, ["4 text/x-log part-4.txt"]);
    assert_eq!(inline, ["2 message/delivery-status delivery-status.txt", "3 text/rfc822-headers headers.txt"]);
}

#[test]
fn a_message_that_is_no_text_is_its_own_attachment() {
    for (header, name) in [
        ("Content-Type: application/pdf", "0 application/pdf part-0.pdf"),
        ("Content-Type: text/calendar", "0 text/calendar calendar.ics"),
        ("Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt", "0 text/plain a.txt"),
    ] {
        let message = ParsedMessage::read(&crlf(&format!("{header}\n\nx")));
        assert_eq!((listed(&message).0, message.text.as_str()), (vec![name.to_owned()], ""), "{header}");
    }
    let inline = ParsedMessage::read(&crlf("Content-Type: image/png\nContent-Disposition: inline\n\nx"));
    assert_eq!(listed(&inline).1, ["0 image/png part-0.png"]);
}

#[test]
fn further_texts_and_html_are_joined_in_order() {
    let apple = mixed(
        "mixed",
        &[
            "Content-Type: text/html\n\n<p>one</p>",
            "Content-Type: image/png; name=p.png\n\nx",
            "Content-Type: text/html\n\n<p>two</p>",
            "Content-Type: text/html; name=report.html\n\n<p>report</p>",
        ],
    );
    assert_eq!(apple.html, "<p>one</p><br>\n<p>two</p>");
    assert_eq!(listed(&apple).1, ["2 image/png p.png", "4 text/html report.html"]);
    let empty = mixed("mixed", &["\n", "\none", "\n  \n", "\ntwo"]);
    assert_eq!(empty.text, "one\n--\ntwo");
    let related = mixed("related", &["Content-Type: text/html\n\n<p>a</p>", "Content-Type: text/html\n\n<p>frame</p>"]);
    assert_eq!((related.html.as_str(), listed(&related).1), ("<p>a</p>", vec!["2 text/html part-2.html".to_owned()]));
    let named = ParsedMessage::read(&crlf("Content-Type: text/html; name=a.html\n\n<p>a</p>"));
    assert_eq!(named.html, "<p>a</p>");
}

#[test]
fn a_file_behind_html_is_not_its_text() {
    let files = mixed(
        "mixed",
        &[
            "Content-Type: text/html\n\n<p>hello</p>",
            "Content-Type: text/plain; name=notes.txt\n\nnotes",
            "Content-Type: message/delivery-status\n\nStatus: 5.1.1",
        ],
    );
    assert_eq!((files.text.as_str(), files.text_or_rendering().as_str()), ("", "hello"));
    assert_eq!(listed(&files).1, ["2 text/plain notes.txt", "3 message/delivery-status delivery-status.txt"]);
    let named = mixed(
        "alternative",
        &["Content-Type: text/plain; name=a.txt\n\nhello", "Content-Type: text/html\n\n<p>hello</p>"],
    );
    assert_eq!(named.text, "hello");
}

#[test]
fn an_alternative_within_other_parts_gives_one_text() {
    let message = mixed(
        "mixed",
        &[
            "Content-Type: multipart/alternative; boundary=c\n\n--c\n\none\n--c\nContent-Type: text/plain\n\nother\n\
             --c\nContent-Type: text/html\n\n<p>one</p>\n--c--",
            "Content-Type: text/plain\n\nfooter",
        ],
    );
    assert_eq!((message.text.as_str(), message.html.as_str()), ("one\n--\nfooter", "<p>one</p>"));
    assert_eq!(listed(&message).1, ["1.2 text/plain part-1.2.txt"]);
}

#[test]
fn parts_of_a_digest_are_messages() {
    let message = mixed("digest", &["\nSubject: one\n\nfirst", "Content-Type: text/plain\n\ncontents"]);
    assert_eq!(listed(&message).1, ["1 message/rfc822 message.eml"]);
    assert_eq!(message.text, "contents");
}

#[test]
fn boundaries_that_are_missing_wrong_or_repeated_hide_nothing() {
    for (source, text, warnings) in [
        ("Content-Type: multipart/mixed\n\n--x\n\none\n--x--\n", "one", vec!["no_boundary"]),
        ("Content-Type: multipart/mixed; boundary=y\n\n--x\n\none\n--x--\n", "one", vec!["no_boundary"]),
        ("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\n", "one", vec!["boundary_not_closed"]),
        (
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n--b\n\ntwo\n--b--\n",
            "one\n--\ntwo",
            vec!["boundary_repeated"],
        ),
        ("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--2\ntwo\n--b--\n", "one\n--b--2\ntwo", vec![]),
        ("Content-Type: multipart/mixed; boundary=b (a line)\n\n--decoy\n\n--b\n\none\n--b--\n", "one", vec![]),
        ("Content-Type: multipart/mixed; boundary=\"b (c)\"\n\n--b\n\n--b (c)\n\none\n--b (c)--\n", "one", vec![]),
        ("Content-Type: multipart/*; boundary=b\n\n--b\n\none\n--b--\n", "one", vec!["content_type"]),
    ] {
        let message = ParsedMessage::read(&crlf(source));
        assert_eq!((message.text.replace('\r', ""), codes(&message)), (text.to_owned(), warnings), "{source}");
    }
}

#[test]
fn raw_names_are_in_the_charset_of_the_message() {
    let message = |charset: &str| {
        let mut source = b"From: \xb1\xe8 <a@b.c>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".to_vec();
        source.extend(format!("Content-Type: text/plain{charset}\r\n\r\nx\r\n--b\r\n").bytes());
        source.extend(b"Content-Type: application/pdf; name=\"\xba\xb8\xb0\xed.pdf\"\r\n\r\nx\r\n--b--\r\n");
        ParsedMessage::read(&source)
    };
    let korean = message("; charset=euc-kr");
    assert_eq!((korean.from.name.as_str(), korean.inline[0].file_name.as_str()), ("김", "보고.pdf"));
    let positions: Vec<_> = korean.warnings.iter().map(|w| (w.code.name(), w.location.as_str())).collect();
    assert_eq!(positions, [("header_not_encoded", "2"), ("header_not_encoded", "From")]);
    assert_eq!(message("").inline[0].file_name, "보고.pdf");
}

#[test]
fn lines_that_end_in_two_carriage_returns_are_lines() {
    let source = b"Subject: x\r\r\nContent-Type: multipart/mixed; boundary=b\r\r\n\r\r\n--b\r\r\n\r\r\nhello\r\r\n\
                   there\r\r\n--b--\r\r\n";
    let message = ParsedMessage::read(source);
    assert_eq!((message.text.as_str(), codes(&message)), ("hello\r\nthere", vec!["line_ends"]));
}

#[test]
fn a_file_in_uuencode_within_a_text_is_an_attachment() {
    let file = "begin 644 hello.txt\n%:&5L;&\\\n`\nend\n";
    let source = crlf(&format!("Subject: x\n\nHello\n{file}Bye\nbegin 600 b\n%:&5L;&\\\n`\nend\n"));
    let message = ParsedMessage::read(&source);
    assert_eq!(message.text, "Hello\r\nBye\r\n");
    let (attachments, inline) = listed(&message);
    assert_eq!(attachments, ["0.1 text/plain hello.txt", "0.2 application/octet-stream b"]);
    assert_eq!((inline.len(), message.warnings.len(), message.all_warnings(&source).len()), (0, 0, 0));
    for part in &message.attachments {
        assert_eq!(part.decoded(&source), b"hello");
    }
    assert!(message.part("0.1").is_some());

    // Within quoted-printable and base64, and beside other parts.
    let quoted = file.replace('=', "=3D");
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, file);
    let source = crlf(&format!(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: quoted-printable\n\na=3Db\n{quoted}\n\
         --b\nContent-Transfer-Encoding: base64\n\n{base64}\n--b\nContent-Type: image/png\n\nx\n--b--\n"
    ));
    let message = ParsedMessage::read(&source);
    let (attachments, inline) = listed(&message);
    assert_eq!(attachments, ["1.1 text/plain hello.txt", "2.1 text/plain hello.txt"]);
    assert_eq!(inline, ["3 image/png part-3.png"]);
    assert!(message.attachments.iter().all(|part| part.decoded(&source) == b"hello"));
    assert_eq!(message.text.trim(), "a=b");
}

#[test]
fn the_name_of_a_file_in_uuencode_is_in_the_charset_of_its_text() {
    let (name, _, _) = encoding_rs::EUC_KR.encode("보고서.txt");
    let head = b"Content-Type: text/plain; charset=euc-kr\r\n\r\nhi\r\nbegin 644 ";
    let message = ParsedMessage::read(&[&head[..], &name, b"\r\n%:&5L;&\\\r\n`\r\nend\r\n"].concat());
    assert_eq!(listed(&message).0, ["0.1 text/plain 보고서.txt"]);
    let source = crlf("Subject: x\n\nbegin 644 ../../x.sh\n%:&5L;&\\\n`\nend\n");
    let message = ParsedMessage::read(&source);
    assert_eq!((message.attachments[0].file_name.as_str(), codes(&message)), ("x.sh", vec!["file_name"]));
}

#[test]
fn a_file_in_uuencode_without_its_end_is_named_as_damaged() {
    let source = crlf("Subject: x\n\nbegin 644 hello.txt\n%:&5L;&\\\n%:&5L");
    let message = ParsedMessage::read(&source);
    assert_eq!(message.attachments[0].decoded(&source), b"hellohel");
    let all: Vec<_> = message.all_warnings(&source).into_iter().map(|w| (w.code.name(), w.location)).collect();
    assert_eq!(all, [("broken_encoding", "0.1".to_owned())]);
}

#[test]
fn lines_that_end_in_cr_alone_are_lines() {
    let source = b"Subject: a\r b\rFrom: x@y.test\rContent-Type: multipart/mixed; boundary=b\r\r--b\r\rone\rtwo\r--b\r\
                   Content-Type: image/png\rContent-Transfer-Encoding: base64\r\raGVs\rbG8=\r--b--\r\r\n";
    let message = ParsedMessage::read(source);
    assert_eq!((message.subject.as_str(), message.text.as_str()), ("a b", "one\ntwo"));
    assert_eq!(message.inline[0].decoded(source), b"hello");
    assert_eq!(codes(&message), ["line_ends"]);
    let mixed = ParsedMessage::read(b"Subject: a\r\n\r\none\rtwo\r\n");
    assert_eq!((mixed.text.as_str(), codes(&mixed)), ("one\rtwo\r\n", vec![]));
    assert!(ParsedMessage::header_ends_without_blank_line(b"Subject: a\r\rlong text"));
}

#[test]
fn flaws_of_a_header_are_named() {
    for (head, flaw, location) in [
        ("From x@y.test Mon Nov  2 10:00:00 2026\nSubject: a", "line_before_header", "header"),
        ("Content-Type:", "content_type", "0"),
        ("Content-Type: ; charset=utf-8", "content_type", "0"),
        ("Content-Type: text/plain; charset=\"utf-8", "content_type", "0"),
        ("Content-Disposition: attachment; filename=\"a.txt", "content_type", "0"),
        ("Content-Disposition: attachment; filename=\"a\u{202e}b.txt\"", "file_name", "0"),
        ("To: \"Kim <kim@x.test>", "address", "To"),
        ("Date: 2026-11-02T10:00:00Z", "date", "Date"),
        ("Date: soon", "date", "Date"),
    ] {
        let message = ParsedMessage::read(&crlf(&format!("{head}\n\nhello\n")));
        let found: Vec<_> = message.warnings.iter().map(|w| (w.code.name(), w.location.as_str())).collect();
        assert_eq!(found, [(flaw, location)], "{head}");
    }
    let clean = ParsedMessage::read(&crlf("To: root, a@x.test\nDate: Mon, 02 Nov 2026 10:00:00 GMT\n\nhello\n"));
    assert_eq!(codes(&clean), [""; 0]);
}

#[test]
fn a_body_whose_lines_end_in_cr_alone_has_a_warning() {
    let read = |body: &str| ParsedMessage::read(format!("Subject: x\r\n\r\n{body}").as_bytes());
    let odd = read("one\rtwo\rthree\r\n");
    assert_eq!((odd.text.as_str(), codes(&odd)), ("one\rtwo\rthree\r\n", vec!["line_ends"]));
    assert_eq!(codes(&read("one\r\ntwo\rthree\r\nfour\r\n")), [""; 0]);
}

#[test]
fn a_multipart_of_its_closing_boundary_alone_has_an_empty_text() {
    let message = mixed("mixed", &[]);
    assert_eq!((message.text.as_str(), codes(&message), message.parts.len()), ("", vec![""; 0], 1));
    let inner = mixed("mixed", &["Content-Type: multipart/alternative; boundary=i\n\n--i--", "\nhello"]);
    assert_eq!((inner.text.as_str(), codes(&inner)), ("hello", vec![""; 0]));
}
