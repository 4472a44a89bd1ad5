//! Replies of an SMTP server: where a reply ends, what it says, and the form in which mail-send reads it.

use mail_parser::decoders::charsets::map::charset_decoder;
use smtp_proto::EhloResponse;

use crate::mail::short_line;

/// Characters of a reply that are shown to the operator.
const MAX_SHOWN: usize = 500;

/// A reply of the server. mail-send's own type has no details above 255 (`5.7.509`) and loses text that is not UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpReply {
    /// That of the last line.
    pub code: u16,
    /// Enhanced status code (RFC 2034); zeros if absent.
    pub enhanced: [u16; 3],
    /// `550 5.1.1 No such user`: one line, no control characters.
    pub text: String,
}

impl SmtpReply {
    pub(super) fn new(raw: &[u8]) -> Self {
        let text = decode(raw);
        let code_of = |line: &str| line.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0);
        // All codes should be the same (RFC 5321 §4.2.1); where they differ, other clients use the last.
        let code = code_of(text.lines().last().unwrap_or_default());
        let first = text.lines().find(|line| code_of(line) == code).unwrap_or_default();
        let status = first.get(4..).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        let mut numbers = status.split('.').map(str::parse::<u16>);
        let enhanced = match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(a @ (2 | 4 | 5))), Some(Ok(b)), Some(Ok(c)), None) => [a, b, c],
            _ => [0; 3],
        };
        let mut joined = first.get(..3).unwrap_or(first).to_owned();
        let repeated = Some(status).filter(|_| enhanced != [0; 3]);
        let mut is_shown = false;
        for line in text.lines().filter_map(|line| line.get(4..)).filter(|line| !line.is_empty()) {
            // Servers repeat the enhanced status code on every line.
            let rest = repeated.and_then(|status| line.strip_prefix(status));
            joined.push(' ');
            joined.push_str(rest.filter(|_| is_shown).unwrap_or(line).trim_start());
            is_shown |= rest.is_some();
        }
        SmtpReply { code, enhanced, text: short_line(&joined, MAX_SHOWN) }
    }

    /// True for 2xx.
    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }
}

/// Checks one line of a reply; true if it is the last (RFC 5321 §4.2).
///
/// # Errors
/// The line as text, when it is not of SMTP.
pub(super) fn is_last(line: &[u8]) -> Result<bool, String> {
    let line = line.trim_ascii_end();
    match line {
        [b'2'..=b'5', b, c, rest @ ..] if b.is_ascii_digit() && c.is_ascii_digit() => match rest {
            [] | [b' ', ..] => Ok(true),
            [b'-', ..] => Ok(false),
            _ => Err(garbled(line)),
        },
        _ => Err(garbled(line)),
    }
}

fn garbled(line: &[u8]) -> String {
    short_line(&decode(line), 100)
}

/// The reply as mail-send can read it, whatever its size, charset and codes: one line, or for the reply to EHLO one line
/// for each extension that smtp-proto knows.
pub(super) fn readable(raw: &[u8], reply: &SmtpReply) -> Vec<u8> {
    let text = decode(raw);
    let mut lines: Vec<String> = match reply.code {
        250 => text.lines().skip(1).filter_map(extension).collect(),
        _ => Vec::new(),
    };
    let last = lines.pop();
    let mut out = match &last {
        None => return format!("{}\r\n", reply.text).into_bytes(),
        Some(_) => "250-server\r\n".to_owned(),
    };
    lines.iter().for_each(|line| out.push_str(&format!("250-{line}\r\n")));
    out.push_str(&format!("250 {}\r\n", last.unwrap_or_default()));
    out.into_bytes()
}

/// An extension in the reply to EHLO; `None` if smtp-proto does not know it, or if its parameters are invalid. The
/// parser would reject all extensions because of one.
fn extension(line: &str) -> Option<String> {
    let line = line.get(4..)?.trim();
    // Mechanisms in the form of old servers (`AUTH=LOGIN`), and those of Exchange that are announced under this name
    // alone.
    let mechanisms = ["AUTH=", "X-EXPS=", "X-EXPS "].iter().find_map(|name| {
        let (start, rest) = line.split_at_checked(name.len())?;
        start.eq_ignore_ascii_case(name).then_some(rest)
    });
    let line = mechanisms.map_or_else(|| line.to_owned(), |mechanisms| format!("AUTH {mechanisms}"));
    let alone = format!("250-server\r\n250 {line}\r\n");
    let parsed = EhloResponse::parse(&mut alone.as_bytes().iter()).ok()?;
    (line.len() < MAX_SHOWN && parsed.capabilities != 0).then_some(line)
}

/// Text of a server. Replies are ASCII or UTF-8 by the standards (RFC 5321 §4.2, RFC 6531 §3.7.4.2); servers in Korea
/// also send EUC-KR, and servers in Europe Latin-1.
fn decode(raw: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(raw) {
        return text.to_owned();
    }
    let decoded = |charset: &[u8]| charset_decoder(charset).map(|decode| decode(raw));
    let is_korean = |text: &String| {
        text.chars().filter(|c| !c.is_ascii()).all(|c| matches!(c, '가'..='힣' | '\u{3000}'..='\u{303f}' | '·' | '…'))
    };
    decoded(b"euc-kr")
        .filter(is_korean)
        .or_else(|| decoded(b"windows-1252"))
        .unwrap_or_else(|| String::from_utf8_lossy(raw).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multiline_reply_becomes_one_line() {
        let reply = SmtpReply::new(b"550-5.7.1 This mail\r\n550 5.7.1 is unwanted\r\n");
        assert_eq!((reply.code, reply.enhanced), (550, [5, 7, 1]));
        assert_eq!(reply.text, "550 5.7.1 This mail is unwanted");
        assert_eq!(SmtpReply::new(b"250\r\n").text, "250");
        let contradicting = SmtpReply::new(b"250-ok\r\n550 5.1.1 no\r\n");
        assert_eq!((contradicting.code, contradicting.enhanced), (550, [5, 1, 1]));
        assert_eq!(contradicting.text, "550 ok 5.1.1 no", "the code that is judged is the one that is shown");
        assert_eq!(SmtpReply::new("550 \u{202e}no\r\n".as_bytes()).text, "550  no");
        assert_eq!(SmtpReply::new(b"450 later\x07\r\n").enhanced, [0; 3]);
        assert_eq!(SmtpReply::new(b"550 5.7.509 no\r\n").enhanced, [5, 7, 509]);
    }

    #[test]
    fn a_line_that_is_not_a_reply_is_rejected() {
        assert!(is_last(b"250 ok\r").unwrap());
        assert!(is_last(b"250\r").unwrap());
        assert!(!is_last(b"250-ok").unwrap());
        for bad in [&b"HTTP/1.1 400 Bad Request"[..], b"25", b"", b"250_ok", b"999 x"] {
            assert!(is_last(bad).is_err());
        }
    }

    #[test]
    fn replies_in_other_charsets_are_shown_as_text() {
        let korean = b"550 5.1.1 \xb9\xde\xb4\xc2 \xbb\xe7\xb6\xf7\xc0\xcc \xbe\xf8\xbd\xc0\xb4\xcf\xb4\xd9\r\n";
        assert_eq!(SmtpReply::new(korean).text, "550 5.1.1 받는 사람이 없습니다");
        assert_eq!(SmtpReply::new(b"550 Empf\xe4nger unbekannt\r\n").text, "550 Empfänger unbekannt");
        assert_eq!(SmtpReply::new(b"550 bo\xeete pleine, d\xe9sol\xe9\r\n").text, "550 boîte pleine, désolé");
        assert_eq!(SmtpReply::new("550 없음\r\n".as_bytes()).text, "550 없음");
    }

    #[test]
    fn extensions_are_read_one_by_one() {
        let offered = |lines: &str| {
            let raw = format!("250-test\r\n{lines}250 OK\r\n").into_bytes();
            let text = readable(&raw, &SmtpReply::new(&raw));
            EhloResponse::parse(&mut text.iter()).unwrap()
        };
        let many = "250-X-OWN a\r\n".repeat(3_000);
        let known = offered(&format!("{many}250-SIZE ten\r\n250-SIZE 10\r\n250-\u{e4}\r\n250-\r\n250-STARTTLS\r\n"));
        assert!(known.has_capability(smtp_proto::EXT_START_TLS | smtp_proto::EXT_SIZE));
        assert_eq!(known.size, 10);
        for line in ["250-AUTH LOGIN\r\n", "250-AUTH=LOGIN\r\n", "250-X-EXPS GSSAPI LOGIN\r\n", "250-x-exps=LOGIN\r\n"]
        {
            assert!(offered(line).auth() & smtp_proto::AUTH_LOGIN != 0, "{line}");
        }
        assert_eq!(offered("").capabilities, 0);
    }
}
