//! Messages at and beyond every limit.

use super::*;

/// Each bomb has some hundred kilobytes. It must give a marked result in the time that an ordinary message takes.
#[test]
fn mime_bombs_give_a_marked_result_in_ordinary_time() {
    let nested: String =
        (0..10_000).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n")).collect();
    let header = "Content-Type: multipart/mixed; boundary=b\n\n";
    let digests = "--b\nContent-Type: message/rfc822\n\n".repeat(30_000);
    let continuations: String = (0..30_000).map(|n| format!(";\n name*{n}=aaaaaaaaaaaaaaaaaaaaaa")).collect();
    let words = "=?utf-8?Q?a?= ".repeat(70_000);
    for (name, message, code) in [
        ("parts", format!("{header}{}", "--b\n\n".repeat(200_000)), "too_many_parts"),
        ("depth", nested, "too_deep"),
        ("messages in messages", format!("{header}{digests}"), "too_many_parts"),
        ("headers", "a: b\n".repeat(100_000), "header_cut"),
        ("one header", format!("a: {}\n\nx", "y".repeat(300_000)), "field_cut"),
        ("folded header", format!("Subject: a\n{}\nx", " b\n".repeat(300_000)), "field_cut"),
        ("encoded words", format!("Subject: {}\n\nx", &words[..250_000]), ""),
        ("addresses", format!("To: {}\n\nx", "a@b.c, ".repeat(35_000)), ""),
        ("comments", format!("To: {}\n\nx", "(".repeat(250_000)), ""),
        ("quotes", format!("To: {}\n\nx", "\"\\".repeat(120_000)), ""),
        ("parameters", format!("Content-Type: text/plain{}\n\nx", &continuations[..250_000]), ""),
        ("almost boundaries", format!("{header}{}", "--bx\n".repeat(200_000)), "no_boundary"),
        ("tags", format!("Content-Type: text/html\n\n{}", "<a href='".repeat(110_000)), ""),
        ("open tags", format!("Content-Type: text/html\n\n{}", "<".repeat(300_000)), ""),
        ("comments in HTML", format!("Content-Type: text/html\n\n{}", "<!--".repeat(250_000)), ""),
        ("scripts", format!("Content-Type: text/html\n\n{}", "<script>".repeat(125_000)), ""),
        ("entities", format!("Content-Type: text/html\n\n{}", "&".repeat(300_000)), ""),
        ("links", format!("\n{}", "http://".repeat(140_000)), ""),
        ("syllables in links", format!("\nhttp://a/?{}", "\u{d1a0}=".repeat(100_000)), ""),
        (
            "relative links",
            format!(
                "Content-Type: text/html\n\n<base href=https://{}>{}",
                "a/".repeat(3_000),
                (0..60_000).map(|n| format!("<a href={n}>")).collect::<String>()
            ),
            "",
        ),
        ("files in text", format!("\n{}", "begin 644 x\n%:&5L;&\\\n`\nend\n".repeat(12_000)), ""),
        ("beginnings of files", format!("\n{}", "begin 644 x\n%:&5L;&\\\n".repeat(14_000)), ""),
        ("flowed lines", format!("Content-Type: text/plain; format=flowed\n\n{}", "> a \n".repeat(60_000)), ""),
        ("shifts", format!("Content-Type: text/plain; charset=utf-7\n\n{}", "+AOk".repeat(80_000)), ""),
        ("lines that end in CR", format!("Subject: x\r\r{}", "a\r".repeat(150_000)), "line_ends"),
        ("closing brackets", format!("\nhttp://a{}", ")".repeat(300_000)), ""),
        ("digits", format!("Subject: code\n\n{}", "123456 ".repeat(140_000)), ""),
        ("labels", format!("Subject: x\n\n{}", "is code: 1234\u{c77c} ".repeat(60_000)), ""),
        ("glued digits", format!("Subject: x\n\n{}", "1234,".repeat(200_000)), ""),
        ("names", format!("Content-Type: text/plain; name*=x{}\n\nx", "; name=;name*=".repeat(17_000)), ""),
    ] {
        let start = Instant::now();
        let bytes = crlf(&message);
        let parsed = ParsedMessage::read(&bytes);
        let all = (
            parsed.links(),
            parsed.codes(),
            parsed.snippet(),
            parsed.text_or_rendering(),
            parsed.search_text(&parsed.links(), 1 << 20),
            parsed.list_unsubscribe(),
        );
        // Generous, so that it also holds unoptimized on a busy machine, where an ordinary message takes a second.
        // Quadratic behaviour takes minutes.
        assert!(start.elapsed() < Duration::from_secs(20), "{name}: {:?}", start.elapsed());
        assert!(all.2.len() < 300, "{name}");
        assert!(code.is_empty() || codes(&parsed).contains(&code), "{name}: {:?}", parsed.warnings);
        assert!(!codes(&parsed).contains(&"unreadable"), "{name}");
        assert!(parsed.parts.len() <= 501, "{name}");
    }
}

fn multipart(parts: usize) -> ParsedMessage {
    let parts: String = (0..parts).map(|n| format!("--b\n\npart {n}\n")).collect();
    ParsedMessage::read(&crlf(&format!("Content-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n")))
}

#[test]
fn parts_up_to_the_limit_are_read() {
    let message = multipart(500);
    assert_eq!((message.parts.len(), codes(&message).as_slice()), (500, &[][..]));
    assert!(message.text.ends_with("part 499"));
    for beyond in [501, 10_000] {
        let message = multipart(beyond);
        assert_eq!((message.parts.len(), codes(&message).as_slice()), (500, &["too_many_parts"][..]));
    }
}

#[test]
fn levels_up_to_the_limit_are_read() {
    let nested = |levels: usize| {
        let open: String =
            (0..levels).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}x\n\n--b{n}x\n")).collect();
        let close: String = (0..levels).rev().map(|n| format!("\n--b{n}x--")).collect();
        ParsedMessage::read(&crlf(&format!("{open}\ndeepest{close}\n")))
    };
    let message = nested(32);
    assert_eq!((message.text.as_str(), codes(&message).as_slice()), ("deepest", &[][..]));
    for beyond in [33, 1_000] {
        let message = nested(beyond);
        assert!(message.text.contains("deepest") && codes(&message).contains(&"too_deep"), "{beyond}");
    }
}

#[test]
fn a_header_field_of_a_megabyte_is_cut_and_the_rest_of_the_message_is_read() {
    let long = format!("To: {}\nSubject: s\nFrom: a@b.c\n\nhello", "kim@example.com, ".repeat(62_000));
    let message = ParsedMessage::read(&crlf(&long));
    assert_eq!((message.subject.as_str(), message.text.as_str(), message.to.len()), ("s", "hello", 2_000));
    assert_eq!(codes(&message), ["field_cut", "addresses_cut"]);
    let word = format!("Subject: =?utf-8?Q?{}?=\n\nx", "=ED=95=9C".repeat(8_000));
    let message = ParsedMessage::read(&crlf(&word));
    assert_eq!((message.subject.chars().count(), codes(&message).len()), (8_000, 0));
}

#[test]
fn warnings_are_limited() {
    let parts = "--b\nContent-Type: text\nContent-Transfer-Encoding: odd\n\nx\n".repeat(200);
    let message = ParsedMessage::read(&crlf(&format!("Content-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n")));
    assert_eq!(message.warnings.len(), 100);
}
