//! POP3 with Python's poplib and with curl.

use std::process::{Command, Output};

use crate::support::process::{Folder, Process};

use super::server::{MailpitServer, talk};

/// Reads, marks and deletes as poplib's documentation shows it. Prints what it saw.
const POPLIB: &str = r#"
import poplib, sys
host, port = sys.argv[1].rsplit(":", 1)
box = poplib.POP3(host, int(port), timeout=30)
caps = box.capa()
assert "TOP" in caps and "UIDL" in caps, caps
try:
    box.user("kim"); box.pass_("wrong"); sys.exit("a wrong password was accepted")
except poplib.error_proto as error:
    assert b"[AUTH]" in error.args[0], error
box.user("kim"); box.pass_("s3cret")
count, size = box.stat()
response, listed, octets = box.list()
assert count == len(listed) == 2, (count, listed)
assert size == sum(int(line.split()[1]) for line in listed)
ids = [line.split()[1] for line in box.uidl()[1]]
assert len(set(ids)) == 2
response, lines, octets = box.retr(1)
assert b"Subject: one" in lines and b".dots" in lines and b"." in lines, lines
assert sum(len(line) + 2 for line in lines) == int(listed[0].split()[1]), "the size is that of the message"
response, top, octets = box.top(2, 1)
assert top[-1] == b"first" and b"Subject: two" in top, top
box.dele(1)
assert box.stat()[0] == 1
box.rset()
assert box.stat()[0] == 2
box.dele(1)
print(box.quit().decode())
"#;

fn python(script: &str, arguments: &[&str]) -> Output {
    Command::new("python3").arg("-c").arg(script).args(arguments).output().expect("python3 runs")
}

fn printed(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn poplib_lists_reads_and_deletes() {
    let server = MailpitServer::start(&["--pop3", "127.0.0.1:0"], &[("MP_POP3_AUTH", "kim:s3cret other:x")]);
    server.send("a@x.test", "Subject: one\r\n\r\nfirst\r\n..dots\r\n..\r\nlast");
    server.send("a@x.test", "Subject: two\r\n\r\nfirst\r\nsecond");
    let said = printed(python(POPLIB, &[&server.process.listens("pop3://")]));
    assert!(said.starts_with("+OK 1 messages deleted"), "{said}");
    assert_eq!(server.subjects().await, ["two"]);
}

#[test]
fn curl_lists_and_reads() {
    let server = MailpitServer::start(&["--pop3", "127.0.0.1:0"], &[("MP_POP3_AUTH", "kim:s3cret")]);
    server.send("a@x.test", "Subject: for curl\r\n\r\nhello curl");
    let url = format!("pop3://{}/", server.process.listens("pop3://"));
    let curl = |arguments: &[&str]| {
        Command::new("curl").args(["-sS", "--max-time", "30"]).args(arguments).output().expect("curl runs")
    };
    assert!(printed(curl(&["--user", "kim:s3cret", &url])).starts_with("1 "));
    let message = printed(curl(&["--user", "kim:s3cret", &format!("{url}1")]));
    assert!(message.contains("Subject: for curl") && message.contains("hello curl"), "{message}");
    assert!(!curl(&["--user", "kim:wrong", &url]).status.success());
}

#[test]
fn without_logins_pop3_is_off_as_in_mailpit() {
    let server = MailpitServer::start(&["--pop3", "127.0.0.1:0"], &[]);
    let (_, said) = server.process.terminate();
    assert!(!said.contains("pop3"), "{said}");
}

#[test]
fn gatepost_serves_pop3_with_the_login_of_the_pages_and_stls() {
    let folder = Folder::new("");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-keyout",
            "key.pem",
            "-out",
            "cert.pem",
        ])
        .current_dir(folder.path())
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a file");
    folder.write("tls.pem", &(read("cert.pem") + &read("key.pem")));
    folder.write(
        "Rocket.toml",
        "[default.inbox]\npop3_address = '127.0.0.1:0'\nusername = 'dev'\npassword = 's3cret'\ntls_certificate = 'tls.pem'",
    );
    let server = folder.serve();
    let at = server.listens("pop3://");
    let script = "import poplib, ssl, sys\nbox = poplib.POP3('localhost', int(sys.argv[1]), timeout=30)\nbox.stls(ssl.create_default_context(cafile=sys.argv[2]))\nbox.user('dev'); box.pass_('s3cret')\nprint(box.stat()); print(box.quit())";
    let port = at.rsplit(':').next().expect("a port");
    let certificate = folder.path().join("cert.pem").display().to_string();
    assert!(printed(python(script, &[port, &certificate])).contains("(0, 0)"));
    assert!(talk(&at, &["USER dev", "PASS wrong"])[2].starts_with("-ERR [AUTH]"));
}

#[test]
fn pop3_beyond_loopback_needs_a_password_as_the_pages_do() {
    let folder = Folder::new("[default.inbox]\npop3_address = '0.0.0.0:0'");
    let said = Process::start(folder.command(&["serve"])).err().expect("it is refused");
    assert!(said.contains("inbox.pop3_address") && said.contains("inbox.open"), "{said}");
}
