//! Random messages for all code that reads one. The corpus is in tests/corpus/mime.

use super::*;
use crate::clock::Time;
use crate::mail::html_check;
use crate::mail::lint::lint;
use crate::mail::parse::boundary::MAX_PARTS;
use crate::tests::fuzz::{corpus, rounds};

pub const PIECES: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b"\0",
    b"\xff",
    b"\xed\x95",
    b"--b\r\n",
    b"--b--\r\n",
    b"--",
    b"=",
    b"=3D",
    b"=\r\n",
    b"=?utf-8?B?",
    b"=?utf-8?Q?=",
    b"=?euc-kr?B?vsiz5w==?=",
    b"=?iso-2022-jp?B?GyRC?=",
    b"?=",
    b"\"",
    b"\\",
    b"(",
    b")",
    b"<",
    b">",
    b"<!--",
    b"<a href='",
    b"<style>",
    b"</p",
    b"&#x110000;",
    b"&amp",
    b":",
    b";",
    b"Content-Type: multipart/mixed; boundary=b\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Type: text/html; charset=utf-7\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"Content-Disposition: attachment; filename*0*=utf-8''%ED; filename*1=x\r\n",
    b"Content-ID: <../../x>\r\n",
    b"List-Unsubscribe: <mailto:a>, (x) <http://a b>\r\n",
    b"Date: Sat, 99 Foo 99999 99:99:99 +9999\r\n",
    b"To: g: a@b, \"c\" <d@e>;, <@a,@b:c@d>\r\n",
    b"DKIM-Signature: v=1; a=; b=\r\n",
    b"https://example.com/?a=1&amp;b=2",
    b"code: 123 456",
    b"odd line\r\n",
    b"\xef\xbb\xbf",
    b"\r\r\n",
    b"\x1b$B",
    b"\x1b(B",
    b"Content-Type: text/html charset=iso-2022-jp-2\r\n",
    b"Content-Type: multipart/digest\r\n",
    b"Content-Type: multipart/alternative; boundary=b\r\n",
    b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 x\r\n",
    b"From: a (b) c @ d . e <f@(g)h> i@j k, l:;\r\n",
    b"=?hz-gb-2312?B?fns=?=",
    b"filename=\"C:\\..\\x\"",
    b"\r\r",
    b"begin 644 x.txt\n%:&5L;&\\\n`\nend\n",
    b"Content-Type: text/plain; format=flowed; delsp=yes\r\n",
    b"+AOk-+-",
    b"Date: 2026-11-21T12:34:00.5+09:00\r\n",
    b"<base href=//x/><area href=y>",
    b"[4] [8] | 12-34-56 482.913",
    b"\xe2\x80\xae",
];

#[test]
fn fuzz_mime_random_messages_parse_within_limits() {
    let corpus = corpus("corpus/mime");
    rounds(|dice| {
        let bytes = dice.mutate(&corpus, PIECES);
        let began = Instant::now();
        let parsed = ParsedMessage::read(&bytes);
        assert!(parsed.parts.len() <= MAX_PARTS);
        assert!(!codes(&parsed).contains(&"unreadable"));
        let mut ids: Vec<&str> = parsed.parts.iter().map(|part| part.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), parsed.parts.len(), "duplicate part ids");
        assert!(!parsed.subject.contains(char::is_control), "{:?}", parsed.subject);
        assert!(parsed.snippet().len() <= 203 && !parsed.snippet().contains('\n'));
        assert!(parsed.links().len() <= 500);
        for code in parsed.codes() {
            assert!(code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{code:?}");
        }
        for part in &parsed.parts {
            let decoded = part.decoded(&bytes);
            // Line ends in quoted-printable may become CR LF, and a line of uuencode may be cut after its length.
            assert!(decoded.len() <= 2 * part.body.len() + 64, "{part:?}: {}", decoded.len());
            assert!(!part.file_name.is_empty() && !part.file_name.contains(['/', '\\']), "{part:?}");
            assert!(!part.file_name.contains("..") && !part.file_name.contains(char::is_control), "{part:?}");
            assert!(!part.file_name.contains(['\u{202e}', '\u{2028}', '\u{feff}']), "{part:?}");
        }
        let _ = (parsed.text_or_rendering(), parsed.search_text(&parsed.links(), 1_000), parsed.list_unsubscribe());
        let _ = lint(&bytes, &parsed, Time::from_millis(0));
        let _ = html_check::check(&parsed.html);
        assert!(began.elapsed() < Duration::from_secs(20), "{} bytes took {:?}", bytes.len(), began.elapsed());
    });
}
