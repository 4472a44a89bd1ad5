//! A running `gatepost mailpit` on free ports, and an SMTP client of a few lines.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;

use crate::support::process::{Folder, Process};

/// A running `gatepost mailpit`.
pub struct MailpitServer {
    pub folder: Folder,
    pub process: Process,
}

/// `gatepost mailpit ARGUMENTS` without variables of the machine.
pub fn command(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = folder.command(&["mailpit"]);
    command.args(arguments);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MP_")) {
        command.env_remove(name);
    }
    command
}

/// The same on free ports.
pub fn on_free_ports(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = command(folder, &["--listen", "127.0.0.1:0", "--smtp", "127.0.0.1:0"]);
    command.args(arguments);
    command
}

/// Runs a command that is expected to end.
pub fn run(folder: &Folder, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("gatepost runs")
}

/// Exit code and standard error.
pub fn failure(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

impl MailpitServer {
    pub fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        MailpitServer::start_in(Folder::new(""), arguments, variables)
    }

    pub fn start_in(folder: Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = on_free_ports(&folder, arguments);
        command.envs(variables.iter().copied());
        let process = Process::start(command).unwrap_or_else(|said| panic!("it did not start:\n{said}"));
        MailpitServer { folder, process }
    }

    /// The address of pages and API: `127.0.0.1:41234`.
    pub fn http(&self) -> &str {
        self.process.http.trim_start_matches("http://")
    }

    /// Sends lines to the SMTP server; returns the last line of each reply, the greeting first.
    pub fn smtp(&self, lines: &[&str]) -> Vec<String> {
        talk(&self.process.smtp(), lines)
    }

    /// Sends a message.
    pub fn send(&self, to: &str, message: &str) -> String {
        let rcpt = format!("RCPT TO:<{to}>");
        let data = format!("{message}\r\n.");
        let replies = self.smtp(&["EHLO me", "MAIL FROM:<app@x.test>", &rcpt, "DATA", &data, "QUIT"]);
        replies.get(5).cloned().unwrap_or_default()
    }

    /// Status and JSON of a path.
    pub async fn api(&self, path: &str) -> (u16, Value) {
        let answer = reqwest::get(format!("{}{path}", self.process.http)).await.expect("an answer");
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.expect("a text")).unwrap_or_default())
    }

    pub async fn status(&self, path: &str) -> u16 {
        self.api(path).await.0
    }

    /// The subjects of the messages, newest first.
    pub async fn subjects(&self) -> Vec<String> {
        let (_, list) = self.api("/api/v1/messages").await;
        let messages = list["messages"].as_array().cloned().unwrap_or_default();
        messages.iter().map(|one| one["Subject"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// Sends lines to an SMTP or POP3 server; returns the last line of each reply, the greeting first.
pub fn talk(at: &str, lines: &[&str]) -> Vec<String> {
    let stream = TcpStream::connect(at).expect("the server accepts");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    let mut writer = stream.try_clone().expect("a second handle");
    let mut reader = BufReader::new(stream);
    let mut reply = || {
        let mut line = String::new();
        // `250-…` is continued.
        while reader.read_line(&mut line).is_ok_and(|count| count > 0)
            && line.as_bytes().get(3) == Some(&b'-')
            && !line.starts_with("-ERR")
        {
            line.clear();
        }
        line.trim_end().to_owned()
    };
    let mut replies = vec![reply()];
    for line in lines {
        // A server that has closed the connection answers with nothing.
        let _ = writer.write_all(format!("{line}\r\n").as_bytes());
        replies.push(reply());
    }
    replies
}
