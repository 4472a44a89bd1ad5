//! When STARTTLS is offered, and what the log says of clients that then leave.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::Command;

use super::libraries::Shop;
use super::programs::{fed, program, said};
use crate::support::authority::Authority;
use crate::support::process::{Folder, Process};

const CURE: &str = "set inbox.starttls = false, or make the client trust the certificate in ";
const DISTRUST: &str = "the client does not trust the server's certificate";

/// A client on the plain port that has said EHLO; its connection, and what the server offered.
fn greeted(server: &Process) -> (BufReader<TcpStream>, String) {
    let mut stream = BufReader::new(TcpStream::connect(server.smtp()).expect("a connection"));
    reply(&mut stream);
    stream.get_mut().write_all(b"EHLO me\r\n").expect("a command");
    let offered = reply(&mut stream);
    (stream, offered)
}

fn reply(stream: &mut BufReader<TcpStream>) -> String {
    let mut whole = String::new();
    loop {
        let start = whole.len();
        assert!(stream.read_line(&mut whole).expect("a line") > 0, "{whole}");
        if whole.as_bytes().get(start + 3) == Some(&b' ') {
            return whole;
        }
    }
}

fn offers(folder: &Folder) -> bool {
    let (_stream, offered) = greeted(&folder.serve());
    assert!(offered.contains("PIPELINING"), "{offered}");
    offered.contains("STARTTLS")
}

fn inbox(settings: &str) -> Folder {
    Folder::new(&format!("[debug.inbox]\n{settings}"))
}

/// A certificate as an operator gives it.
fn with_certificate(settings: &str) -> Folder {
    let folder = inbox(&format!("tls_certificate = \"own.pem\"\n{settings}"));
    let authority = Authority::new();
    let identity = authority.identity("localhost");
    let [chain, key] = [identity.certificate, identity.key].map(|path| std::fs::read_to_string(path).expect("PEM"));
    folder.write("own.pem", &(chain + &key));
    folder
}

#[test]
fn default_settings_offer_no_starttls_and_make_no_certificate() {
    let folder = inbox("");
    assert!(!offers(&folder));
    assert!(!folder.path().join("data/smtp-tls.pem").exists());
}

#[test]
fn starttls_is_offered_with_a_certificate_unless_it_is_off() {
    assert!(offers(&with_certificate("")));
    assert!(offers(&with_certificate("starttls = true")));
    assert!(!offers(&with_certificate("starttls = false")));
}

#[test]
fn starttls_that_is_on_makes_a_certificate_when_none_is_given() {
    let folder = inbox("starttls = true");
    assert!(offers(&folder));
    assert!(folder.path().join("data/smtp-tls.pem").exists());
}

#[test]
fn an_smtps_address_makes_a_certificate_and_turns_no_starttls_on() {
    let folder = inbox("smtps_address = \"127.0.0.1:0\"");
    assert!(!offers(&folder));
    assert!(folder.path().join("data/smtp-tls.pem").exists());
}

#[test]
fn starttls_is_set_by_a_variable_too_and_anything_but_true_and_false_is_refused() {
    let folder = inbox("");
    let serve = |value: &str| {
        let mut command = folder.command(&["serve"]);
        command.env("GATEPOST_INBOX__STARTTLS", value);
        Process::start(command)
    };
    let offered = |value: &str| greeted(&serve(value).expect("a server")).1.contains("STARTTLS");
    assert!(!offered(""));
    assert!(offered("true"));
    let complaint = serve("maybe").err().expect("a refusal");
    assert!(complaint.contains("inbox.starttls") && complaint.contains("true, false"), "{complaint}");
}

#[test]
fn a_client_that_closes_or_fails_in_the_handshake_is_one_line_with_the_cure() {
    let folder = inbox("starttls = true");
    let server = folder.serve();
    for (nth, sent) in [&b""[..], b"QUIT\r\n", b"\x15\x03\x01\x00\x02\x02\x30"].into_iter().enumerate() {
        let (mut stream, _) = greeted(&server);
        stream.get_mut().write_all(b"STARTTLS\r\n").expect("a command");
        assert!(reply(&mut stream).starts_with("220 "));
        stream.get_mut().write_all(sent).expect("some bytes");
        drop(stream);
        let lines = server.prints("no mail after STARTTLS", nth + 1);
        assert!(lines[nth].contains(CURE) && lines[nth].contains("data/smtp-tls.pem"), "{lines:?}");
        assert!(lines[nth].contains("WARN") && lines[nth].contains("client=127.0.0.1"), "{lines:?}");
        // Neither closing the connection nor the alert unknown_ca leaves a doubt; QUIT in the clear does.
        assert_eq!(lines[nth].contains(DISTRUST), nth != 1, "{lines:?}");
    }
}

fn s_client(server: &str, options: &[&str]) -> Option<Command> {
    let mut openssl = program("openssl")?;
    openssl.args(["s_client", "-connect", server, "-quiet", "-crlf", "-verify_quiet"]).args(options);
    Some(openssl)
}

#[test]
fn a_client_that_leaves_right_after_the_handshake_is_one_line_and_one_that_goes_on_is_none() {
    let folder = inbox("starttls = true");
    let server = folder.serve();
    let starttls = ["-starttls", "smtp"];
    for dialogue in ["EHLO me\nQUIT\n", "QUIT\n", ""] {
        let Some(mut openssl) = s_client(&server.smtp(), &starttls) else { return };
        if dialogue.is_empty() {
            // -quiet alone keeps the connection open at the end of the input.
            openssl.arg("-no_ign_eof");
        }
        let output = fed(&mut openssl, dialogue);
        assert!(!dialogue.contains("QUIT") || said(&output).contains("221 2.0.0"), "{}", said(&output));
    }
    // The two that left without a command; the first one is no line.
    let lines = server.prints("no mail after STARTTLS", 2);
    assert!(lines.iter().all(|line| line.contains("right after") && line.contains(CURE)), "{lines:?}");
}

#[test]
fn a_client_of_smtps_that_refuses_the_certificate_is_a_line_too() {
    let folder = inbox("smtps_address = \"127.0.0.1:0\"");
    let server = folder.serve();
    // A health check of the port is none.
    drop(TcpStream::connect(server.listens("smtps://")).expect("a connection"));
    let Some(mut openssl) = s_client(&server.listens("smtps://"), &["-verify_return_error"]) else { return };
    assert!(!fed(&mut openssl, "").status.success());
    let lines = server.prints("no mail by SMTPS", 1);
    assert!(lines[0].contains(DISTRUST) && lines[0].contains("data/smtp-tls.pem"), "{lines:?}");
    assert!(!lines[0].contains("inbox.starttls"), "{lines:?}");
}

#[test]
fn a_client_that_names_an_ip_address_as_its_server_is_no_warning() {
    let folder = inbox("starttls = true");
    let server = folder.serve();
    let options = ["-starttls", "smtp", "-servername", "127.0.0.1"];
    let Some(mut openssl) = s_client(&server.smtp(), &options) else { return };
    assert!(said(&fed(&mut openssl, "EHLO me\nQUIT\n")).contains("221 2.0.0"));
    let (_, printed) = server.terminate();
    assert!(!printed.contains("SNI") && !printed.contains("WARN"), "{printed}");
}

#[test]
fn libraries_that_refuse_the_certificate_fail_and_the_log_names_the_cure() {
    let shop = Shop::open("starttls = true");
    let clients = [
        shop.nodemailer(),
        shop.python("aiosmtplib_mail.py"),
        shop.client("php", "phpmailer.php"),
        shop.client("php", "symfony.php"),
        shop.go(),
    ];
    for (nth, mut client) in clients.into_iter().flatten().enumerate() {
        assert!(!client.output().expect("the client runs").status.success(), "{client:?}");
        let lines = shop.server().prints("no mail after STARTTLS", nth + 1);
        assert!(lines[nth].contains(DISTRUST) && lines[nth].contains(CURE), "{client:?}: {lines:?}");
    }
}
