//! Command lines, valid and invalid, and the replies to invalid ones.

use super::*;

fn parsed(line: &str) -> Result<SmtpCommand<'static>, CommandError> {
    parse(Box::leak(format!("{line}\r\n").into_boxed_str()).as_bytes())
}

#[test]
fn commands_are_read_in_any_case() {
    for (line, command) in [
        ("ehlo [127.0.0.1]", SmtpCommand::Ehlo("[127.0.0.1]")),
        ("HELO me", SmtpCommand::Helo("me")),
        ("lhlo me ", SmtpCommand::Lhlo("me")),
        ("mail from:<>", SmtpCommand::Mail { from: "", size: 0, utf8: false }),
        (
            "MAIL FROM: <a@b.c> SIZE=12 BODY=8BITMIME SMTPUTF8",
            SmtpCommand::Mail { from: "a@b.c", size: 12, utf8: true },
        ),
        ("MAIL FROM:<a@b.c> RET=HDRS ENVID=x+3D AUTH=<>", SmtpCommand::Mail { from: "a@b.c", size: 0, utf8: false }),
        ("MAIL FROM:<\"a b\"@c.d>", SmtpCommand::Mail { from: "\"a b\"@c.d", size: 0, utf8: false }),
        ("RCPT TO:<a@b.c> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a@b.c", SmtpCommand::Rcpt("a@b.c")),
        ("RCPT TO:<Postmaster>", SmtpCommand::Rcpt("Postmaster")),
        ("BDAT 10", SmtpCommand::Bdat { size: 10, last: false }),
        ("BDAT 0 last", SmtpCommand::Bdat { size: 0, last: true }),
        ("AUTH PLAIN", SmtpCommand::Auth { mechanism: Mechanism::Plain, initial: None }),
        ("AUTH login =", SmtpCommand::Auth { mechanism: Mechanism::Login, initial: Some("=") }),
        ("AUTH CRAM-MD5", SmtpCommand::Auth { mechanism: Mechanism::CramMd5, initial: None }),
        ("NOOP whatever", SmtpCommand::Noop),
        ("rset", SmtpCommand::Rset),
        ("DATA", SmtpCommand::Data),
        ("StartTLS", SmtpCommand::StartTls),
        ("QUIT", SmtpCommand::Quit),
    ] {
        assert_eq!(parsed(line), Ok(command), "{line}");
    }
}

#[test]
fn an_invalid_line_gets_the_reply_code_of_its_error() {
    for (line, code) in [
        ("", "500"),
        ("HELLO me", "500"),
        ("STARTTLSX", "500"),
        ("EHLO", "501"),
        ("EHLO a b", "501"),
        ("DATA now", "501"),
        ("QUIT now", "501"),
        ("RSET now", "501"),
        ("STARTTLS now", "501"),
        ("BDAT", "501"),
        ("BDAT -1", "501"),
        ("BDAT 1 FIRST", "501"),
        ("BDAT 1 LAST LAST", "501"),
        ("BDAT  1", "501"),
        ("MAIL", "501"),
        ("MAIL FROM", "501"),
        ("MAIL FROM:", "501"),
        ("MAIL FROM :<a@b.c>", "501"),
        ("MAIL FROM:  <a@b.c>", "501"),
        ("MAIL FROM:a@b.c", "501"),
        ("MAIL FROM:<a@b.c", "501"),
        ("MAIL FROM:<a@b.c>SIZE=1", "501"),
        ("MAIL FROM:<a@b.c> SIZE=x", "501"),
        ("MAIL FROM:<a@b.c> SIZE=-1", "501"),
        ("MAIL FROM:<a@b.c> FOO=BAR", "555"),
        ("MAIL FROM:<a@b.c> BODY=BINARYMIME", "555"),
        ("MAIL FROM:<a@b.c> REQUIRETLS", "555"),
        ("MAIL FROM:<a@b.c> ENVID=a+0D+0Ab", "501"),
        ("MAIL FROM:<a b@c.d>", "553"),
        ("MAIL FROM:<a>", "553"),
        ("RCPT TO:<>", "501"),
        ("RCPT TO:<a@b.c> ORCPT=rfc822;a+0Ab", "501"),
        ("RCPT TO:<a@b.c> NOTIFY=PERHAPS", "501"),
        ("RCPT TO:<a@b.c> NOTIFY=NEVER,SUCCESS", "501"),
        ("MAIL FROM:<a@b.c> SIZE=1 size=2", "501"),
        ("RCPT TO:<a@b.c> FOO", "555"),
        ("RCPT TO:<@b.c>", "553"),
        ("AUTH", "501"),
        ("AUTH XOAUTH2 abc", "504"),
        ("AUTH GSSAPI", "504"),
        ("AUTH PLAIN a b", "501"),
        ("VRFY", "501"),
        ("EXPN root", "502"),
        ("ETRN x", "502"),
    ] {
        assert_eq!(parsed(line).unwrap_err().get(..3), Some(code), "{line}: {:?}", parsed(line));
    }
    let long = format!("MAIL FROM:<{}@b.c>", "a".repeat(1100));
    assert_eq!(parsed(&long), Err(LONG_ADDRESS));
}

#[test]
fn line_ends_and_controls_inside_a_line_are_refused() {
    for line in ["NOOP\n", "MAIL FROM:<a\r@b.c>\r\n", "RCPT TO:<a@b.c\n>\r\n", "NOOP\r\r\n"] {
        assert_eq!(parse(line.as_bytes()), Err(BARE), "{line:?}");
    }
    for line in ["MAIL FROM:<a\0@b.c>\r\n", "RCPT TO:<a\u{85}b@c.d>\r\n", "EHLO \x1b[2J\r\n", "NOOP\tx\x7f\r\n"] {
        assert_eq!(parse(line.as_bytes()), Err(CONTROL), "{line:?}");
    }
    assert_eq!(parse(b"MAIL FROM:<\xff@b.c>\r\n"), Err(CONTROL));
}

#[test]
fn http_is_recognised_by_its_method_or_its_version() {
    assert!(is_http(b"GET / HTTP/1.1\r\n") && is_http(b"post /x HTTP/1.1\r\n") && is_http(b"CONNECT a:1\r\n"));
    assert!(is_http(b"PRI * HTTP/2.0\r\n") && is_http(b"PROPFIND / HTTP/1.1\r\n") && is_http(b"QUERY /x http/1.0\n"));
    assert!(!is_http(b"GETAWAY\r\n") && !is_http(b"EHLO GET \r\n") && !is_http(b""));
    assert!(!is_http(b"EHLO HTTP/1.1\r\n") && !is_http(b"MAIL FROM:<a@b.test> SIZE=1 HTTP/1.1\r\n"));
    assert!(!is_http(b"NOOP a HTTP/x\r\n"));
    // The line goes on, or is too long for a command.
    assert!(!is_http(b"NOOP a HTTP/1.1") && !is_http(b"NOOP a HTTP/1.1 b\r\n"));
    assert!(!is_http(&[b"NOOP a HTTP/1".as_slice(), &[b'1'; MAX_LINE], b"\r\n"].concat()));
}
