//! Mailpit's subcommands: version, readyz, sendmail, ingest, dump, reindex; and the program under the name `mailpit`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::process::{Folder, Process};

use super::server::{MailpitServer, command, failure, run};

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files
}

#[test]
fn version_and_help_need_nothing() {
    let folder = Folder::new("");
    assert!(printed(&run(&folder, &["version", "--no-release-check"])).contains("mailpit v1."));
    let help = printed(&run(&folder, &["--help"]));
    assert!(help.contains("--smtp-allowed-recipients") && help.contains("MP_UI_BIND_ADDR") && help.contains("readyz"));
    let (code, said) = failure(&run(&folder, &["serve"]));
    assert_eq!(code, Some(2));
    assert!(said.contains("serve") && said.contains("--help"), "{said}");
}

#[test]
fn each_command_has_help_and_a_wrong_value_exits_with_2() {
    let folder = Folder::new("");
    for command in ["readyz", "ingest", "version", "dump", "reindex"] {
        for flag in ["--help", "-h"] {
            let help = printed(&run(&folder, &[command, flag]));
            assert!(help.contains(&format!("gatepost mailpit {command}")), "{command}: {help}");
        }
    }
    for wrong in [
        &["readyz", "--timeout", "soon"][..],
        &["readyz", "--listen", "nowhere"],
        &["ingest", "--recent", "many", "x"],
        &["dump", "x", "--http", "nowhere"],
        &["reindex"],
        &["version", "--what"],
    ] {
        assert_eq!(failure(&run(&folder, wrong)).0, Some(2), "{wrong:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_named_mailpit_is_mailpit() {
    let folder = Folder::new("");
    let link = folder.path().join("mailpit");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_gatepost"), &link).expect("a link");
    let mut start = Command::new(&link);
    start.current_dir(folder.path()).args(["--db-file", "m.db", "--listen", "127.0.0.1:0", "--smtp", "127.0.0.1:0"]);
    let server = Process::start(start).expect("it starts");
    server.prints("[http] accessible via", 1);
    assert!(folder.path().join("m.db").exists());
    let version = Command::new(&link).arg("version").output().expect("it runs");
    assert!(printed(&version).contains("mailpit v1."));
}

#[test]
fn readyz_asks_the_address_and_path_of_the_same_flags_and_variables() {
    let server = MailpitServer::start(&[], &[("MP_WEBROOT", "mail")]);
    let at = server.http().to_owned();
    let readyz = |arguments: &[&str], webroot: &str| {
        let mut command = command(&server.folder, &["readyz"]);
        command.args(arguments).env("MP_WEBROOT", webroot).env("MP_UI_BIND_ADDR", &at).output().expect("it runs")
    };
    assert_eq!(printed(&readyz(&[], "mail")), "");
    assert_eq!(printed(&readyz(&["--webroot", "/mail", "--listen", &at], "")), "");
    let (code, said) = failure(&readyz(&[], ""));
    assert_eq!(code, Some(1));
    assert!(said.contains(&at) && said.contains("404"), "{said}");
    let (code, said) = failure(&readyz(&["--listen", "127.0.0.1:1"], "mail"));
    assert_eq!((code, said.contains("127.0.0.1:1")), (Some(1), true), "{said}");
    let started = Instant::now();
    let (code, _) = failure(&readyz(&["--listen", "127.0.0.1:1", "--wait", "--timeout", "1s"], "mail"));
    assert!(code == Some(1) && started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn readyz_and_browsers_use_https_if_there_is_a_certificate() {
    let folder = Folder::new("");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .args(["-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(folder.path())
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let flags = [
        ["--ui-tls-cert", "cert.pem", "--ui-tls-key", "key.pem"],
        ["--smtp-tls-cert", "cert.pem", "--smtp-tls-key", "key.pem"],
    ];
    let mut start = super::server::on_free_ports(&folder, &flags.concat());
    start.arg("--smtp-require-starttls").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = start.spawn().expect("gatepost runs");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(server.stdout.take().expect("its output")));
    let mut line = |start: &str| {
        let found = lines.by_ref().map_while(Result::ok).find(|line| line.starts_with(start));
        found.expect("the line").trim_start_matches(start).to_owned()
    };
    let at = line("listening https://");
    let smtp = line("listening smtp://");
    let url = line("[http] accessible via ");
    assert_eq!(url, format!("https://{at}/"));
    let ready = command(&folder, &["readyz", "--https", "--listen", &at]).output().expect("it runs");
    assert_eq!(printed(&ready), "");
    let get = |url: String| {
        let curl = Command::new("curl")
            .args(["-sS", "--cacert", "cert.pem", "-D", "-", &url])
            .current_dir(folder.path())
            .output();
        printed(&curl.expect("curl runs"))
    };
    let page = get(url.replace("127.0.0.1", "localhost"));
    assert!(page.starts_with("HTTP/1.1 200") && !page.to_lowercase().contains("strict-transport"), "{page}");
    let replies = super::server::talk(&smtp, &["EHLO me", "MAIL FROM:<a@x.test>"]);
    assert_eq!(replies[2], "530 5.7.0 Must issue a STARTTLS command first");
    let message = folder.path().join("m.eml");
    std::fs::write(&message, "Subject: over TLS\r\n\r\nhi\r\n").expect("a file");
    let sent = Command::new("curl")
        .args([
            "-sS",
            "--ssl-reqd",
            "--cacert",
            "cert.pem",
            "--mail-from",
            "a@x.test",
            "--mail-rcpt",
            "b@x.test",
            "-T",
            "m.eml",
        ])
        .arg(format!("smtp://{}", smtp.replace("127.0.0.1", "localhost")))
        .current_dir(folder.path())
        .output();
    printed(&sent.expect("curl runs"));
    assert!(get(format!("https://{at}/api/v1/messages")).contains("over TLS"));
    server.kill().expect("it runs");
    server.wait().expect("its end");
}

#[tokio::test(flavor = "multi_thread")]
async fn sendmail_hands_standard_input_to_the_server() {
    let server = MailpitServer::start(&[], &[]);
    let smtp = server.process.smtp();
    let send = |arguments: &[&str]| {
        let mut command = command(&server.folder, &["sendmail"]);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        let message = "To: kim@x.test\nSubject: by sendmail\n\nhi\n";
        child.stdin.take().expect("its input").write_all(message.as_bytes()).expect("it reads");
        child.wait_with_output().expect("its end")
    };
    printed(&send(&["-t", "-i", &format!("--smtp-addr={smtp}")]));
    assert_eq!(server.subjects().await, ["by sendmail"]);
    assert_ne!(send(&["-S", "127.0.0.1:1"]).status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn ingest_sends_files_and_folders_by_smtp() {
    let server = MailpitServer::start(&[], &[]);
    let smtp = server.process.smtp();
    let eml = |subject: &str| format!("From: Kim <kim@x.test>\nTo: a@x.test\nSubject: {subject}\n\nhi\n");
    server.folder.write("mail/one.eml", &eml("one"));
    server.folder.write("mail/below/two.eml", &eml("two"));
    server.folder.write("three.eml", "Subject: nobody\n\nhi\n");
    server.folder.write("mail/not.eml", "%PDF-1.7 no message");
    let output = run(&server.folder, &["ingest", "-S", &smtp, "mail/one.eml", "mail/below", "three.eml"]);
    assert!(printed(&output).contains("sent 3 messages"));
    let mut subjects = server.subjects().await;
    subjects.sort();
    assert_eq!(subjects, ["nobody", "one", "two"]);
    let (_, list) = server.api("/api/v1/search?query=subject:one").await;
    assert_eq!(list["messages"][0]["To"][0]["Address"], "a@x.test");
    let (code, said) = failure(&run(&server.folder, &["ingest", "--smtp-addr", &smtp, "mail"]));
    assert_eq!(code, Some(1));
    assert!(said.contains("not.eml"), "{said}");
    let (code, said) = failure(&run(&server.folder, &["ingest", "-S", "127.0.0.1:1", "mail"]));
    assert_eq!((code, said.contains("127.0.0.1:1")), (Some(1), true), "{said}");
    assert_eq!(failure(&run(&server.folder, &["ingest"])).0, Some(2));
}

#[test]
fn ingest_leaves_out_files_that_are_not_recent() {
    let server = MailpitServer::start(&[], &[]);
    server.folder.write("mail/old.eml", "Subject: old\n\nhi\n");
    server.folder.write("mail/new.eml", "Subject: new\n\nhi\n");
    let touched =
        Command::new("touch").args(["-d", "3 days ago", "mail/old.eml"]).current_dir(server.folder.path()).status();
    assert!(touched.expect("touch runs").success());
    let output = run(&server.folder, &["ingest", "--recent", "2", "-S", &server.process.smtp(), "mail"]);
    assert!(printed(&output).contains("sent 1 messages"));
}

#[test]
fn dump_writes_each_message_once_from_a_server_and_from_a_file() {
    let server =
        MailpitServer::start_in(Folder::new(""), &["-d", "m.db", "--webroot", "x"], &[("MP_UI_AUTH", "dev:a@b")]);
    server.send("a@x.test", "Subject: one\r\n\r\nhi");
    server.send("a@x.test", "Subject: two\r\n\r\nhi");
    let at = format!("http://dev:a%40b@{}/x", server.http());
    let dump = |arguments: &[&str]| run(&server.folder, &[&["dump"], arguments].concat());
    assert!(printed(&dump(&["out", "--http", &at])).contains("wrote 2 messages"));
    assert!(printed(&dump(&["out", "--http", &at])).contains("wrote 0 messages to out; 2 files were there already"));
    assert!(printed(&dump(&["file", "--database", "m.db"])).contains("wrote 2 messages"));
    let (http, file) = (files(&server.folder.path().join("out")), files(&server.folder.path().join("file")));
    let content = |paths: &[PathBuf]| paths.iter().map(|path| std::fs::read(path).expect("a file")).collect::<Vec<_>>();
    assert_eq!(content(&http), content(&file), "both are the messages as the API gives them");
    assert!(http.iter().all(|path| path.extension().is_some_and(|end| end == "eml")));
    for (wrong, words) in [
        (&["out"][..], "--http URL or --database FILE"),
        (&["--http", &at], "name the folder"),
        (&["out", "--http", "localhost:8025"], "is no address"),
        (&["out", "--http", &at, "--database", "m.db"], "either"),
    ] {
        let (code, said) = failure(&dump(wrong));
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(failure(&dump(&["out", "--database", "none.db"])).0, Some(1));
    assert!(!server.folder.path().join("none.db").exists());
    assert!(printed(&run(&server.folder, &["reindex", "m.db"])).contains("added to the index"));
}
