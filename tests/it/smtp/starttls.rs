//! When STARTTLS is offered, and what the list of sessions and the log say about clients that then disconnect.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::libraries::CaptureServer;
use super::programs::{fed, program, said};
use crate::support::authority::Authority;
use crate::support::process::{Folder, Process};

const REMEDY: &str = "Set inbox.starttls = false, or make the client trust the server's certificate.";
const DISTRUST: &str = "does not trust the server's certificate";
const LOGGED: &str = "SMTP session without a message";

/// The sessions whose outcome begins with `outcome`, once there are `count` of them.
fn sessions(server: &Process, outcome: &str, count: u64) -> Vec<Value> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let started = Instant::now();
    loop {
        let page = runtime.block_on(async { server.visitor().get("/dev/inbox/api/v1/sessions").await.json() });
        let mut found = page["sessions"].as_array().expect("a list").clone();
        found.retain(|session| session["Outcome"].as_str().is_some_and(|code| code.starts_with(outcome)));
        if found.iter().filter_map(|session| session["Count"].as_u64()).sum::<u64>() >= count {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{page}");
    }
}

/// Sends EHLO on the plain port; returns the connection and the reply.
fn connect(server: &Process) -> (BufReader<TcpStream>, String) {
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
    let (_stream, offered) = connect(&folder.serve());
    assert!(offered.contains("PIPELINING"), "{offered}");
    offered.contains("STARTTLS")
}

fn inbox(settings: &str) -> Folder {
    Folder::new(&format!("[debug.inbox]\n{settings}"))
}

/// Settings with a certificate of the operator.
fn with_certificate(settings: &str) -> Folder {
    let folder = inbox(&format!("tls_certificate = \"own.pem\"\n{settings}"));
    let authority = Authority::new();
    let identity = authority.identity("localhost");
    let [chain, key] = [identity.certificate, identity.key].map(|path| std::fs::read_to_string(path).expect("PEM"));
    folder.write("own.pem", &(chain + &key));
    folder
}

#[test]
fn default_settings_offer_no_starttls_and_generate_no_certificate() {
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
fn starttls_without_a_certificate_in_the_settings_generates_one() {
    let folder = inbox("starttls = true");
    assert!(offers(&folder));
    assert!(folder.path().join("data/smtp-tls.pem").exists());
}

#[test]
fn an_smtps_address_generates_a_certificate_but_does_not_enable_starttls() {
    let folder = inbox("smtps_address = \"127.0.0.1:0\"");
    assert!(!offers(&folder));
    assert!(folder.path().join("data/smtp-tls.pem").exists());
}

#[test]
fn a_variable_sets_starttls_and_must_be_true_or_false() {
    let folder = inbox("");
    let serve = |value: &str| {
        let mut command = folder.command(&["serve"]);
        command.env("GATEPOST_INBOX__STARTTLS", value);
        Process::start(command)
    };
    let offered = |value: &str| connect(&serve(value).expect("a server")).1.contains("STARTTLS");
    assert!(!offered(""));
    assert!(offered("true"));
    let error = serve("maybe").err().expect("an error");
    assert!(error.contains("inbox.starttls") && error.contains("true, false"), "{error}");
}

#[test]
fn clients_that_disconnect_in_the_handshake_are_listed_with_the_remedy_and_logged_once() {
    let folder = inbox("starttls = true");
    let server = folder.serve();
    for (nth, sent) in [&b""[..], b"QUIT\r\n", b"\x15\x03\x01\x00\x02\x02\x30"].into_iter().enumerate() {
        let (mut stream, _) = connect(&server);
        stream.get_mut().write_all(b"STARTTLS\r\n").expect("a command");
        assert!(reply(&mut stream).starts_with("220 "));
        stream.get_mut().write_all(sent).expect("some bytes");
        drop(stream);
        let found = sessions(&server, "left_during_starttls", nth as u64 + 1);
        let newest = &found[0];
        assert_eq!((&newest["Cure"], &newest["Client"]), (&Value::from(REMEDY), &Value::from("127.0.0.1")));
        // Closing the connection and the alert unknown_ca indicate distrust; a QUIT without TLS does not.
        assert_eq!(newest["Reason"].as_str().expect("a reason").contains(DISTRUST), nth != 1, "{newest}");
    }
    let lines = server.prints(LOGGED, 1);
    assert!(lines[0].contains(REMEDY) && lines[0].contains("data/smtp-tls.pem"), "{lines:?}");
    assert!(lines[0].contains("WARN") && lines[0].contains("client=127.0.0.1"), "{lines:?}");
    assert_eq!(lines.len(), 1, "{lines:?}");
}

fn s_client(server: &str, options: &[&str]) -> Option<Command> {
    let mut openssl = program("openssl")?;
    openssl.args(["s_client", "-connect", server, "-quiet", "-crlf", "-verify_quiet"]).args(options);
    Some(openssl)
}

#[test]
fn only_clients_that_send_no_command_after_the_handshake_have_left_it() {
    let folder = inbox("starttls = true");
    let server = folder.serve();
    let starttls = ["-starttls", "smtp"];
    for dialogue in ["EHLO me\nQUIT\n", "QUIT\n", ""] {
        let Some(mut openssl) = s_client(&server.smtp(), &starttls) else { return };
        if dialogue.is_empty() {
            // With -quiet alone, s_client keeps the connection open at the end of the input.
            openssl.arg("-no_ign_eof");
        }
        let output = fed(&mut openssl, dialogue);
        assert!(!dialogue.contains("QUIT") || said(&output).contains("221 2.0.0"), "{}", said(&output));
    }
    // The second and third client send no command except QUIT.
    let found = sessions(&server, "left_after_starttls", 2);
    assert!(found.iter().all(|session| session["Reason"].as_str().expect("a reason").contains("right after")));
    assert_eq!(sessions(&server, "no_message", 1).len(), 1, "the first client sends EHLO");
    let lines = server.prints(LOGGED, 1);
    assert!(lines[0].contains("right after") && lines[0].contains(REMEDY), "{lines:?}");
}

#[test]
fn an_smtps_client_that_rejects_the_certificate_is_listed_and_logged() {
    let folder = inbox("smtps_address = \"127.0.0.1:0\"");
    let server = folder.serve();
    // A health check of the port is not logged.
    drop(TcpStream::connect(server.listens("smtps://")).expect("a connection"));
    let Some(mut openssl) = s_client(&server.listens("smtps://"), &["-verify_return_error"]) else { return };
    assert!(!fed(&mut openssl, "").status.success());
    assert_eq!(sessions(&server, "left_during_smtps", 1).len(), 1);
    assert_eq!(sessions(&server, "port_check", 1).len(), 1);
    let lines = server.prints(LOGGED, 1);
    assert!(lines[0].contains(DISTRUST) && lines[0].contains("data/smtp-tls.pem"), "{lines:?}");
    assert!(!lines[0].contains("inbox.starttls"), "{lines:?}");
}

#[test]
fn a_client_that_sends_an_ip_address_as_server_name_causes_no_warning() {
    let folder = inbox("starttls = true");
    let server = folder.serve();
    let options = ["-starttls", "smtp", "-servername", "127.0.0.1"];
    let Some(mut openssl) = s_client(&server.smtp(), &options) else { return };
    assert!(said(&fed(&mut openssl, "EHLO me\nQUIT\n")).contains("221 2.0.0"));
    let (_, printed) = server.terminate();
    assert!(!printed.contains("SNI") && !printed.contains("WARN"), "{printed}");
}

#[test]
fn libraries_that_reject_the_certificate_fail_and_their_sessions_name_the_remedy() {
    let server = CaptureServer::start("starttls = true");
    let clients = [
        server.nodemailer(),
        server.python("aiosmtplib_mail.py"),
        server.client("php", "phpmailer.php"),
        server.client("php", "symfony.php"),
        server.go(),
    ];
    for (nth, mut client) in clients.into_iter().flatten().enumerate() {
        assert!(!client.output().expect("the client runs").status.success(), "{client:?}");
        let found = sessions(server.process(), "left_", nth as u64 + 1);
        let reason = found[0]["Reason"].as_str().expect("a reason");
        assert!(reason.contains(DISTRUST) && found[0]["Cure"] == REMEDY, "{client:?}: {}", found[0]);
    }
}
