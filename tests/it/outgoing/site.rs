//! A test installation that sends by SMTP, and its commands.

use std::fmt::Write as _;
use std::process::Output;

use serde_json::Value;

use crate::smtp::programs::said;
use crate::support::process::Folder;

pub struct Site {
    pub folder: Folder,
}

/// `[mail.smtp]` of a test, in TOML.
#[derive(Clone, Debug)]
pub struct Smtp {
    pub host: &'static str,
    pub port: u16,
    pub security: &'static str,
    /// Further lines.
    pub more: String,
}

impl Smtp {
    pub fn plain(port: u16) -> Self {
        Smtp { host: "127.0.0.1", port, security: "none", more: String::new() }
    }

    pub fn with(mut self, key: &str, value: &str) -> Self {
        writeln!(self.more, "{key} = '{value}'").unwrap();
        self
    }

    pub fn login(self, username: &str, password: &str) -> Self {
        self.with("username", username).with("password", password)
    }
}

impl Site {
    pub fn new(smtp: &Smtp) -> Self {
        let Smtp { host, port, security, more } = smtp;
        let folder = Folder::new(&format!(
            "[default.mail]\ntransport = \"smtp\"\nfrom = \"Gatepost <no-reply@example.com>\"\n[default.mail.smtp]\n\
             host = \"{host}\"\nport = {port}\nsecurity = \"{security}\"\n{more}"
        ));
        folder.write("text.txt", "안녕하세요.\n.점으로 시작하는 줄\n");
        Site { folder }
    }

    /// Runs a command; returns its success and its output.
    pub fn run(&self, arguments: &[&str]) -> (bool, String) {
        let output = self.folder.run(arguments);
        (output.status.success(), said(&output))
    }

    /// Runs `gatepost check`; returns its success and its line about SMTP.
    pub fn check(&self) -> (bool, String) {
        let (well, said) = self.run(&["check"]);
        let line = said.lines().find(|line| line.contains("transport smtp")).unwrap_or(&said).to_owned();
        (well, line)
    }

    /// `gatepost mail send TO… --subject 인사 --text text.txt MORE…`
    pub fn send(&self, to: &[&str], more: &[&str]) -> Output {
        let arguments = [&["mail", "send"], to, &["--subject", "인사", "--text", "text.txt"], more].concat();
        self.folder.run(&arguments)
    }

    /// The newest row of the outbox, with its attempts.
    pub fn newest(&self) -> Value {
        let list = self.json(&["mail", "list", "--json"]);
        let id = list[0]["id"].as_str().unwrap_or_else(|| panic!("a row in {list}"));
        self.json(&["mail", "show", id, "--json"])
    }

    /// The state of the newest row and the outcome of its latest attempt.
    pub fn outcome(&self) -> (String, String) {
        let row = self.newest();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let last = row["timeline"].as_array().expect("attempts").last();
        (text(&row["state"]), last.map(|last| text(&last["outcome"])).unwrap_or_default())
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.folder.run(arguments);
        assert!(output.status.success(), "{}", said(&output));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }
}
