//! Whole messages: the results for ordinary and for hostile ones.

use std::time::{Duration, Instant};

use super::*;

mod charsets;
mod fuzz;
mod limits;
mod parts;

/// The codes of a message's warnings.
fn codes(message: &ParsedMessage) -> Vec<&'static str> {
    message.warnings.iter().map(|warning| warning.code.name()).collect()
}

fn crlf(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

const SHOP: &str = "From: =?utf-8?B?6rCA6rKM?= <shop@example.com>
To: \"Kim, C\" <kim@example.org>, b@example.org
Reply-To: help@example.com
Subject: =?utf-8?Q?=EC=A3=BC=EB=AC=B8?= received
Message-ID: <1@example.com>
Date: Sat, 21 Nov 2026 12:34:00 +0900
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=\"outer\"

preamble
--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=euc-kr
Content-Transfer-Encoding: base64

vsiz5w==
--inner
Content-Type: multipart/related; boundary=deep

--deep
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<p>Hello <a href=3D\"https://example.com/v?t=3D1\">there</a></p><img src=3D\"cid:logo@x\">
--deep
Content-Type: image/png; name=logo.png
Content-Disposition: inline
Content-ID: <logo@x>
Content-Transfer-Encoding: base64

aGVsbG8=
--deep--
--inner--
--outer
Content-Type: application/pdf
Content-Disposition: attachment; filename*=utf-8''%EC%98%81%EC%88%98%EC%A6%9D.pdf

%PDF
--outer
Content-Type: text/plain

Goodbye
--outer--
epilogue
";

#[test]
fn a_message_is_parsed_as_mailpit_does() {
    let bytes = crlf(SHOP);
    let message = ParsedMessage::read(&bytes);
    assert_eq!(codes(&message), [""; 0]);
    assert_eq!(message.from, Contact::new("가게", "shop@example.com"));
    assert_eq!(message.to, [Contact::new("Kim, C", "kim@example.org"), Contact::new("", "b@example.org")]);
    assert_eq!(message.subject, "주문 received");
    assert_eq!(message.message_id, "1@example.com");
    let commented = ParsedMessage::read(b"Message-ID: (by <a relay>) <2@example.com> (a note)\r\n\r\nx");
    assert_eq!(commented.message_id, "2@example.com");
    assert_eq!(message.date.unwrap().rfc3339(), "2026-11-21T12:34:00+09:00");
    assert_eq!(message.text, "안녕\n--\nGoodbye");
    assert!(message.html.starts_with("<p>Hello <a href=\"https://example.com/v?t=1\">"));
    let ids: Vec<(&str, &str)> = message.parts.iter().map(|p| (p.id.as_str(), p.content_type.as_str())).collect();
    assert_eq!(
        ids,
        [
            ("1.1", "text/plain"),
            ("1.2.1", "text/html"),
            ("1.2.2", "image/png"),
            ("2", "application/pdf"),
            ("3", "text/plain")
        ]
    );
    let [logo] = &message.inline[..] else { panic!("one inline part") };
    assert_eq!((logo.id.as_str(), logo.file_name.as_str(), logo.content_id.as_str()), ("1.2.2", "logo.png", "logo@x"));
    assert_eq!(logo.decoded(&bytes), b"hello");
    assert_eq!(MessagePart::checksums(b"hello").md5, "5d41402abc4b2a76b9719d911017c592");
    let [receipt] = &message.attachments[..] else { panic!("one attachment") };
    assert_eq!((receipt.file_name.as_str(), receipt.decoded(&bytes)), ("영수증.pdf", b"%PDF".to_vec()));
    let there = |link: &MessageLink| (link.url.as_str(), link.text.as_str()) == ("https://example.com/v?t=1", "there");
    assert!(matches!(message.links().as_slice(), [link] if there(link)));
    assert_eq!(message.snippet(), "Hello there");
    assert!(message.part("1.2").is_none() && message.part("1.2.2").is_some());
}

#[test]
fn an_html_only_message_has_a_text_rendering() {
    let message = ParsedMessage::read(&crlf("Subject: x\nContent-Type: text/html\n\n<p>One</p><p>Two<br>three</p>"));
    assert_eq!((message.text.as_str(), message.text_or_rendering().as_str()), ("", "One\n\nTwo\nthree"));
    assert_eq!(message.parts[0].id, "0");
}

#[test]
fn an_alternative_gives_its_first_text() {
    let message = ParsedMessage::read(&crlf(
        "Content-Type: multipart/alternative; boundary=b\n\n--b\n\none\n--b\nContent-Type: text/plain\n\ntwo\n--b--\n",
    ));
    assert_eq!(message.text, "one");
}

#[test]
fn bytes_that_are_not_a_message_are_shown_as_text() {
    let message = ParsedMessage::read(b"just\nsome words \xff\n");
    assert_eq!(
        (message.text.as_str(), codes(&message)),
        ("just\nsome words ÿ\n", vec!["no_blank_line", "charset_missing"])
    );
    assert_eq!(ParsedMessage::read(b"").text, "");
    let lost = ParsedMessage::read(&crlf("Content-Type: multipart/mixed; boundary=never\n\nhello"));
    assert_eq!((lost.text.as_str(), codes(&lost)), ("hello", vec!["no_boundary"]));
}

#[test]
fn a_malformed_from_is_shown_as_written() {
    assert_eq!(ParsedMessage::read(b"From: \r\n\r\n").from, Contact::default());
    assert_eq!(ParsedMessage::read(b"\r\n").from, Contact::default());
    let odd = ParsedMessage::read(b"From: Just A Name\r\n\r\n").from;
    assert_eq!(odd.name, "Just A Name");
}

/// Pseudo-random numbers from a seed (xorshift), good enough to choose mutations.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % limit.max(1)
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let html = "Subject: a\nList-Unsubscribe: <mailto:a@b.c>, <https://b.c>\nContent-Type: text/html; charset=x\n\n\
                <p title='a>b'>&eacute;&#x41;</p><!-- --><a href=x>Your code: 123456</a><script>";
    let odd = "From: a: b <c@d>;, \"e\\\"\" (f(g)) h@i\nContent-Type: message/rfc822\nX: =?euc-kr?B?vsiz5w==?=\n\nTo: x\n\n1 2 3 4 5 6";
    vec![crlf(SHOP), crlf(html), crlf(odd), SHOP.as_bytes().to_vec()]
}

fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.below(bytes.len());
    match dice.below(5) {
        _ if bytes.is_empty() => bytes.push(b'x'),
        0 => bytes[at] = u8::try_from(dice.below(256)).unwrap(),
        1 => drop(bytes.remove(at)),
        2 => bytes.insert(at, b"\r\n\0\"<>=?;:-\xff&#"[dice.below(14)]),
        3 => bytes.truncate(at),
        _ => {
            let piece = bytes[at..(at + dice.below(80)).min(bytes.len())].to_vec();
            let to = dice.below(bytes.len());
            bytes.splice(to..to, piece);
        }
    }
}

/// A normal run takes a moment; `GATEPOST_FUZZ_SECONDS=600 cargo test --lib parse::tests::truncated` runs longer with a
/// new seed. A failure prints the seed and the message.
#[test]
fn truncated_and_mutated_messages_never_fail() {
    let seeds = seeds();
    for seed in &seeds {
        (0..seed.len()).step_by(7).for_each(|cut| read_everything(&seed[..cut]));
    }
    let seconds = std::env::var("GATEPOST_FUZZ_SECONDS").ok().map(|text| text.parse::<u64>().unwrap());
    let seed = if seconds.is_some() { u64::from_be_bytes(crate::random::Entropy::system().bytes()) } else { 1 };
    let (mut dice, start, mut rounds) = (Dice(seed | 1), Instant::now(), 0);
    while seconds.map_or(rounds < 2_000, |seconds| start.elapsed() < Duration::from_secs(seconds)) {
        let mut bytes = seeds[dice.below(seeds.len())].clone();
        for _ in 0..=dice.below(8) {
            mutate(&mut bytes, &mut dice);
        }
        let seen = std::panic::catch_unwind(|| read_everything(&bytes));
        assert!(seen.is_ok(), "seed {seed}, round {rounds}: {:?}", String::from_utf8_lossy(&bytes));
        rounds += 1;
    }
    println!("seed {seed}: {rounds} messages in {:?}", start.elapsed());
}

/// Calls everything that a parsed message offers.
fn read_everything(bytes: &[u8]) {
    let parsed = ParsedMessage::read(bytes);
    assert!(!codes(&parsed).contains(&"unreadable"), "{}", String::from_utf8_lossy(bytes));
    let _ = (
        parsed.links(),
        parsed.codes(),
        parsed.snippet(),
        parsed.text_or_rendering(),
        parsed.search_text(&parsed.links(), 10_000),
        parsed.list_unsubscribe(),
        parsed.other_text(bytes, 10_000),
    );
    for part in &parsed.parts {
        let _ = part.decoded(bytes);
        assert_eq!(parsed.part(&part.id).map(|p| p.body.clone()), Some(part.body.clone()));
    }
    assert!(!parsed.subject.contains(['\r', '\n']));
}

#[test]
fn a_code_only_in_the_html_is_found() {
    let message = |text: &str, html: &str| {
        let head = "Content-Type: multipart/alternative; boundary=b\r\nSubject: Log in\r\n\r\n";
        let parts = format!("--b\r\n\r\n{text}\r\n--b\r\nContent-Type: text/html\r\n\r\n{html}\r\n--b--\r\n");
        ParsedMessage::read(format!("{head}{parts}").as_bytes()).codes()
    };
    assert_eq!(message("See the HTML part.", "<p>Your code:</p><p><b>493021</b></p>"), ["493021"]);
    assert_eq!(message("Your code: 111111", "<p>Your code: 222222</p>"), ["111111"]);
    assert_eq!(message("", "<p>Your code: 222222</p>"), ["222222"]);
    assert_eq!(message("Hello", "<p style='color:#123456'>Hello</p>"), [""; 0]);
}

#[test]
fn header_and_prefix_give_the_same_results_in_every_encoding() {
    use base64::Engine as _;
    let line = |n: usize| format!("line {n}: caf\u{e9} https://a.example/{} =\r\n", n % 700);
    let text: String = ["Your code is 482913\r\n".to_owned()].into_iter().chain((0..250_000).map(line)).collect();
    let base64 = base64::engine::general_purpose::STANDARD.encode(&text);
    let base64 = base64.as_bytes().chunks(76).map(|l| String::from_utf8_lossy(l) + "\r\n").collect::<String>();
    let quoted = text.replace('=', "=3D").replace('\u{e9}', "=C3=A9");
    for (encoding, body) in [("8bit", &text), ("base64", &base64), ("quoted-printable", &quoted)] {
        for kind in ["plain", "html"] {
            let message = format!(
                "Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}"
            );
            let (whole, prefix) =
                (ParsedMessage::read(message.as_bytes()), ParsedMessage::parse_header_and_prefix(message.as_bytes()));
            let shown = |p: &ParsedMessage| (p.snippet(), p.links(), p.codes(), p.search_text(&p.links(), 600_000));
            assert!(shown(&whole) == shown(&prefix), "{encoding} {kind}");
            assert_eq!(prefix.codes(), ["482913"], "{encoding} {kind}");
            assert!(prefix.text.len() + prefix.html.len() < whole.text.len() + whole.html.len());
        }
    }
}
