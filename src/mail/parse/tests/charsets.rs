//! Charsets that are stated wrongly, oddly or not at all, and the names of parts.

use super::*;

fn message(kind: &str, body: &[u8]) -> ParsedMessage {
    let head = format!("Subject: Log in\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
    ParsedMessage::read(&[head.as_bytes(), body].concat())
}

#[test]
fn utf_8_labelled_as_ascii_is_read_as_utf_8() {
    for kind in ["text/plain", "text/plain; charset=us-ascii", "text/plain; charset=\"US-ASCII\""] {
        assert_eq!(message(kind, "인증번호：483920".as_bytes()).codes(), ["483920"], "{kind}");
    }
    // Text in another charset and text cut within a character are kept too.
    assert_eq!(message("text/plain; charset=us-ascii", b"caf\xe9 ole").text, "caf\u{e9} ole");
    assert!(message("text/plain; charset=us-ascii", b"caf\xc3\xa9 \xed\x95").text.starts_with("caf\u{e9} "));
}

#[test]
fn html_without_a_charset_parameter_is_read_in_the_one_it_declares() {
    let html = |head: &str| [head.as_bytes(), b"<p>\xc0\xce\xc1\xf5\xb9\xf8\xc8\xa3 483920</p>"].concat();
    for head in
        ["<meta charset=euc-kr>", "<html><meta http-equiv='Content-Type' content='text/html; charset=ks_c_5601-1987'>"]
    {
        let message = message("text/html", &html(head));
        assert_eq!(
            (message.text_or_rendering(), message.codes()),
            ("인증번호 483920".to_owned(), vec!["483920".to_owned()]),
            "{head}"
        );
        assert!(message.search_text(&message.links(), 100).contains("인증번호"), "{head}");
    }
    assert_eq!(message("text/html; charset=utf-8", "<meta charset=euc-kr>안녕".as_bytes()).text_or_rendering(), "안녕");
    assert_eq!(message("text/html", "<meta charset=x-nobody>안녕".as_bytes()).text_or_rendering(), "안녕");
}

#[test]
fn an_extended_file_name_takes_precedence_in_any_order() {
    let name = |fields: &str| {
        let message = format!("Content-Type: application/pdf{fields}\r\n\r\n%PDF");
        ParsedMessage::read(message.as_bytes()).parts.remove(0).file_name
    };
    let disposition = |parameters: &str| name(&format!("\r\nContent-Disposition: attachment; {parameters}"));
    let (plain, extended) = ("filename=\"a;b*.pdf\"", "filename*=utf-8''%EC%98%81.pdf");
    assert_eq!(disposition(&format!("{plain}; {extended}")), "영.pdf");
    assert_eq!(disposition(&format!("{extended}; {plain}")), "영.pdf");
    assert_eq!(disposition(&format!("{plain}; FileName*0*=utf-8''%EC%98%81; FileName*1=.pdf")), "영.pdf");
    assert_eq!(disposition(&format!("{plain}; filename*=utf-8''")), "a;b*.pdf");
    assert_eq!(disposition(plain), "a;b*.pdf");
    assert_eq!(disposition("filename*=utf-8''a%00b%0D%0Ac.pdf"), "a_b__c.pdf");
    assert_eq!(disposition("filename=Annual\treport.pdf"), "Annual report.pdf");
    assert_eq!(name("; name=plain.pdf; name*=utf-8''%EC%98%81.pdf"), "영.pdf");
}

#[test]
fn a_forwarded_message_has_a_name_and_korean_charsets_are_read() {
    let message = b"Subject: =?cp949?B?vsiz58fPvLy/5A==?=\r\nFrom: =?ms949?B?vsiz5w==?= <a@b.c>\r\n\
                 Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=cp949\r\n\r\n\
                 \xbe\xc8\xb3\xe7\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nx\r\n--b--\r\n";
    let parsed = ParsedMessage::read(message);
    assert_eq!((parsed.subject.as_str(), parsed.from.name.as_str()), ("안녕하세요", "안녕"));
    assert_eq!(parsed.text.trim(), "안녕");
    let [part] = parsed.inline.as_slice() else { panic!("{:?}", parsed.inline) };
    assert_eq!(
        (part.file_name.as_str(), part.decoded(message).as_slice()),
        ("message.eml", b"Subject: inner\r\n\r\nx".as_slice())
    );
}

#[test]
fn texts_of_the_header_have_no_byte_order_mark() {
    let parsed = ParsedMessage::read(
        b"From: \xfe\xffraw <raw@x.test>\r\nSubject: =?iso-8859-1?Q?=FF=FEab?=\r\nContent-Type: application/pdf\r\n\
          Content-Disposition: attachment; filename*=iso-8859-1''%FF%FEbad.pdf\r\n\r\nx",
    );
    assert_eq!((parsed.subject.as_str(), parsed.from.address.as_str()), ("\u{ff}\u{fe}ab", "raw@x.test"));
    assert_eq!(parsed.parts[0].file_name, "\u{ff}\u{fe}bad.pdf");
    let utf16 = ParsedMessage::read(b"Subject: =?utf-16?B?//5hAGIA?=\r\n\r\nx");
    assert_eq!(utf16.subject, "ab");
}

/// Names and types from a message reach response headers and pages.
#[test]
fn part_names_and_types_hold_no_control_characters() {
    let message = ParsedMessage::read(
        b"Content-Type: image/svg\x01+xml\"<b>; name=\"a\rb\x7f\"\r\nContent-Disposition: attachment; \
          filename=\"=?utf-8?Q?x=0D=0ASet-Cookie:_a?=\"\r\n\r\nx",
    );
    let part = &message.parts[0];
    assert!(!part.file_name.chars().any(char::is_control), "{:?}", part.file_name);
    assert!(part.content_type.chars().all(|c| c.is_ascii_graphic() && !"<>\"".contains(c)), "{:?}", part.content_type);
}

#[test]
fn korean_text_labelled_as_utf_8_is_read_in_bodies_and_encoded_words() {
    let korean = b"\xbe\xc8\xb3\xe7\xc7\xcf\xbc\xbc\xbf\xe4";
    for kind in ["text/plain; charset=utf-8", "text/html; charset=utf-8", "text/plain; charset=UTF8"] {
        for head in ["", "<meta charset=euc-kr>"] {
            let message = message(kind, &[head.as_bytes(), korean, b"\r\n"].concat());
            assert!(message.text_or_rendering().contains("안녕하세요"), "{kind} {head}");
            assert_eq!(codes(&message), ["charset_wrong"], "{kind} {head}");
        }
    }
    let words = b"Subject: =?utf-8?B?vsiz58fPvLy/5A==?= =?utf-8?Q?_=BE=C8=B3=E7?=\r\nX: \xbe\xc8\xb3\xe7\xc7\xcf\xbc\xbc\xbf\xe4\r\n\
                 Content-Type: text/plain; charset=utf-8\r\n\r\n";
    let parsed = ParsedMessage::read(words);
    assert_eq!((parsed.subject.as_str(), parsed.header("X")), ("안녕하세요 안녕", Some("안녕하세요")));
    assert_eq!(codes(&parsed), ["header_not_encoded", "encoded_word"]);
}

#[test]
fn a_body_with_a_byte_order_mark_is_read_in_its_charset() {
    use base64::Engine as _;
    for (start, to_bytes) in [(b"\xff\xfe", u16::to_le_bytes as fn(u16) -> [u8; 2]), (b"\xfe\xff", u16::to_be_bytes)] {
        for (kind, code) in [
            ("text/plain", "charset_missing"),
            ("text/html", "charset_missing"),
            ("text/plain; charset=utf-8", "charset_wrong"),
            ("text/html; charset=utf-8", "charset_wrong"),
        ] {
            let text: Vec<u8> = "<p>안녕 hello".encode_utf16().flat_map(to_bytes).collect();
            let body = base64::engine::general_purpose::STANDARD.encode([&start[..], &text].concat());
            let head = format!("Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n");
            let message = ParsedMessage::read([head, body].concat().as_bytes());
            assert!(message.text_or_rendering().ends_with("안녕 hello"), "{kind}: {}", message.text_or_rendering());
            assert_eq!(codes(&message), [code], "{kind}");
        }
    }
}

#[test]
fn utf_8_labelled_as_latin_1_is_read_as_utf_8() {
    let body = "Schöne Grüße aus München – …\r\n";
    for kind in ["text/plain; charset=iso-8859-1", "text/plain; charset=windows-1252"] {
        let message = message(kind, body.as_bytes());
        assert_eq!((message.text.as_str(), codes(&message)), (body, vec!["charset_wrong"]), "{kind}");
    }
}
