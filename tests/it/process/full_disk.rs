//! A disk that is really full: the data folder is a small file system in a mount namespace.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::support::process::{Folder, Process};
use crate::support::visitor::Visitor;

const PASSWORD: &str = "correct horse battery";
const MOUNT: &str = "mkdir -p data; mount -t tmpfs -o size=24m,mode=700 tmpfs data; exec \"$0\" \"$@\"";

/// Starts a server whose data folder has 24 MiB; `None` if this system allows no mounts.
fn small_disk(folder: &Folder) -> Option<Process> {
    let gatepost = folder.command(&["serve"]);
    let mut shell = Command::new("unshare");
    shell.args(["--user", "--map-root-user", "--mount", "sh", "-e", "-c", MOUNT]);
    shell.arg(gatepost.get_program()).args(gatepost.get_args()).current_dir(folder.path());
    for (name, value) in gatepost.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    match Process::start(shell) {
        Ok(process) => Some(process),
        Err(said) if said.contains("unshare") || said.contains("mount:") => {
            eprintln!("not tested: this system allows no mounts: {said}");
            None
        }
        Err(said) => panic!("{said}"),
    }
}

/// A file that takes all the space that is left.
struct Filler(PathBuf);

impl Filler {
    fn fill(process: &Process, folder: &Folder) -> Self {
        let inside = folder.path().join("data/filler");
        let path = PathBuf::from(format!("/proc/{}/root{}", process.id(), inside.display()));
        let mut file = std::fs::File::create(&path).expect("a file beside the databases");
        for size in [1 << 16, 1 << 12, 1] {
            while file.write_all(&vec![b'x'; size]).is_ok() {}
        }
        Filler(path)
    }

    fn remove(self) {
        std::fs::remove_file(self.0).expect("the file is removed");
    }
}

/// Sends one message of 64 KiB; returns the replies.
fn send(process: &Process) -> Vec<String> {
    let stream = TcpStream::connect(process.smtp()).expect("a connection");
    let mut replies = BufReader::new(stream.try_clone().expect("its other half"));
    let mut stream = stream;
    let mut reply = || {
        let mut line = String::new();
        replies.read_line(&mut line).expect("a reply");
        line
    };
    let mut said = vec![reply()];
    let message = format!("Subject: large\r\n\r\n{}.", format!("{}\r\n", "0123456789abcdef".repeat(4)).repeat(1_000));
    for line in ["HELO client", "MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>", "DATA", &message, "QUIT"] {
        stream.write_all(format!("{line}\r\n").as_bytes()).expect("a command");
        said.push(reply());
        if line == "DATA" && !said.last().is_some_and(|reply| reply.starts_with("354")) {
            break;
        }
    }
    said
}

async fn email_of(visitor: &Visitor, address: &str) -> Value {
    let page = visitor.get(&format!("/dev/inbox/api/v1/wait?query=to:{address}&timeout=30s")).await;
    page.json()["messages"][0].clone()
}

async fn sign_up(visitor: &Visitor, address: &str) -> u16 {
    visitor.sign_up(address, PASSWORD).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_mail_can_be_read_and_everything_else_says_so_and_recovers() {
    let folder = Folder::new("");
    let Some(process) = small_disk(&folder) else { return };
    let visitor = process.visitor();
    assert_eq!(sign_up(&visitor, "kim@example.com").await, 303);
    let email = email_of(&visitor, "kim@example.com").await;
    let (id, text) = (email["ID"].as_str().expect("an id"), email["Text"].as_str().expect("a text"));
    let link = text.split_whitespace().find(|word| word.contains("/verify/")).expect("a link").to_owned();
    visitor.get(&link).await;
    assert_eq!(visitor.post(&link, &[]).await.status, 303);
    assert_eq!(visitor.log_in("kim@example.com", PASSWORD).await.status, 303);
    visitor.post(&format!("/dev/inbox/view/{id}/read"), &[("read", "false")]).await;

    let filler = Filler::fill(&process, &folder);
    for path in
        [format!("/dev/inbox/view/{id}"), format!("/dev/inbox/api/v1/message/{id}/raw"), "/dev/inbox/".to_owned()]
    {
        let page = visitor.get(&path).await;
        assert_eq!(page.status, 200, "{path}: {}\n{}", page.text(), process.printed());
    }
    assert!(visitor.is_signed_in().await, "a session is only read");
    let another = process.visitor();
    let refused = another.sign_up("lee@example.com", PASSWORD).await;
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(!refused.header("retry-after").is_empty() && refused.text().contains("<h1"), "a page");
    assert_eq!(another.log_in("kim@example.com", PASSWORD).await.status, 503);
    let replies = send(&process);
    assert!(replies.iter().any(|reply| reply.starts_with("452 4.3.1")), "{replies:?}");
    let ready = process.visitor().get("/readyz").await;
    assert_eq!(ready.status, 503, "{}", ready.text());
    let left = visitor.post("/logout", &[]).await;
    assert!(left.status == 303 || left.status == 503, "{}", left.text());
    assert!(!visitor.is_signed_in().await, "the browser forgets its session although the server cannot");

    filler.remove();
    assert_eq!(sign_up(&another, "lee@example.com").await, 303);
    assert_eq!(another.log_in("kim@example.com", PASSWORD).await.status, 303);
    let replies = send(&process);
    assert!(replies.get(5).is_some_and(|reply| reply.starts_with("250")), "{replies:?}");
    assert!(email_of(&visitor, "lee@example.com").await["Text"].as_str().is_some_and(|text| text.contains("/verify/")));
    let (status, said) = process.terminate();
    assert!(status.success(), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}
