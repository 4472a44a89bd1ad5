//! A capture server in its own process, and helpers to run the programs that send to it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::process::{Folder, Process};

/// A capture server with all listeners and STARTTLS.
pub struct Post {
    pub folder: Folder,
    pub server: Process,
}

impl Post {
    pub fn open() -> Self {
        Self::with("")
    }

    /// A server with further settings in `[inbox]`.
    pub fn with(inbox: &str) -> Self {
        let free = "starttls = true\nsmtps_address = \"127.0.0.1:0\"\nlmtp_address = \"127.0.0.1:0\"";
        let folder = Folder::new(&format!("[debug.inbox]\n{free}\n{inbox}"));
        let server = folder.serve();
        Post { folder, server }
    }

    pub fn port(&self) -> String {
        self.server.smtp().rsplit_once(':').expect("a port").1.to_owned()
    }

    /// The captured messages as `gatepost inbox list` prints them, oldest first.
    pub fn mail(&self) -> Vec<Value> {
        let output = self.folder.run(&["inbox", "list", "--json"]);
        assert!(output.status.success(), "{}", said(&output));
        let mut list: Vec<Value> = serde_json::from_slice(&output.stdout).expect("a list");
        list.reverse();
        list
    }

    /// The bytes of the only message.
    pub fn source(&self) -> String {
        let folder = self.folder.path().join("exported");
        let output = self.folder.run(&["inbox", "export", &folder.to_string_lossy()]);
        assert!(output.status.success(), "{}", said(&output));
        let mut files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
        let (only, more) = (files.next().expect("a message"), files.next());
        assert!(more.is_none(), "one message");
        String::from_utf8_lossy(&std::fs::read(only).expect("a file")).into_owned()
    }

    /// Asserts that the inbox holds one message, with this sender, subject and recipient.
    pub fn holds_only(&self, from: &str, subject: &str, to: &str) {
        let mail = self.mail();
        assert_eq!(mail.len(), 1, "{mail:?}\n{}", self.server.printed());
        assert_eq!((mail[0]["from"].as_str(), mail[0]["subject"].as_str()), (Some(from), Some(subject)), "{mail:?}");
        assert_eq!(mail[0]["to"], serde_json::json!([to]), "{mail:?}");
        assert!(mail[0]["refusal"].is_null(), "{mail:?}");
    }
}

/// The program, if it is installed. If not, prints that the test is skipped; in CI it panics.
pub fn program(path: impl AsRef<Path>) -> Option<Command> {
    let path = path.as_ref();
    let found = match path.components().count() {
        1 => std::env::var_os("PATH")
            .is_some_and(|list| std::env::split_paths(&list).any(|dir| dir.join(path).is_file())),
        _ => path.exists(),
    };
    if !found {
        assert!(std::env::var_os("CI").is_none(), "{} is missing: run bin/setup", path.display());
        eprintln!("not tested: {} is missing, bin/setup installs it", path.display());
    }
    found.then(|| Command::new(path))
}

/// Runs a program with this text as its standard input.
pub fn fed(command: &mut Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a program that runs");
    let written = child.stdin.take().expect("its input").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("its end");
    // A program that rejects its arguments does not read its input.
    assert!(written.is_ok() || !output.status.success(), "{}", said(&output));
    output
}

/// The standard output and standard error of a program.
pub fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat()
}

/// Asserts that a program succeeded.
///
/// # Panics
/// The program failed; the message contains its output.
pub fn succeeds(output: &Output) {
    assert!(output.status.success(), "{:?}\n{}", output.status, said(output));
}
