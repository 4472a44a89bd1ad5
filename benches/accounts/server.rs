//! The server under load: the release build as a child process, and its memory and CPU use.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Client, Response, redirect};
use tempfile::TempDir;

use crate::Outcome;

pub const PASSWORD: &str = "correct horse battery";

/// Rate limits are off, since the benchmark sends every request from one address.
const SETTINGS: &str = r#"
[default.accounts.limits]
login_failures = "off"
login_failures_per_address = "off"
login_failures_per_client = "off"
signups_per_client = "off"
emails_per_address_and_client = "off"
emails_per_address = "off"
emails_per_client = "off"
"#;

pub struct Server {
    pub http: String,
    child: Child,
    folder: Arc<TempDir>,
    client: Client,
}

impl Server {
    /// Starts a server in the folder of an earlier one or in a new one; also returns the time until the first page.
    pub async fn start(folder: Option<Arc<TempDir>>) -> Outcome<(Self, Duration)> {
        let folder = folder.map_or_else(|| tempfile::tempdir().map(Arc::new), Ok)?;
        std::fs::write(folder.path().join("Rocket.toml"), SETTINGS)?;
        let started = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_gatepost"))
            .arg("serve")
            .current_dir(folder.path())
            .env("ROCKET_PROFILE", "debug")
            .env("ROCKET_PORT", "0")
            .env("GATEPOST_INBOX__SMTP_ADDRESS", "127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let http = loop {
            let line = lines.next().ok_or("the server ended")??;
            if let Some(http) = line.strip_prefix("listening ").filter(|address| address.starts_with("http://")) {
                break http.trim_end_matches('/').to_owned();
            }
        };
        // A full pipe would block the server.
        std::thread::spawn(move || lines.for_each(drop));
        let client = Client::builder().redirect(redirect::Policy::none()).build()?;
        let server = Server { http, child, folder, client };
        server.page("/login", "").await?;
        Ok((server, started.elapsed()))
    }

    pub async fn page(&self, path: &str, cookie: &str) -> Outcome<String> {
        let request = self.client.get(format!("{}{path}", self.http)).header("cookie", cookie);
        expect(request.send().await?, 200).await
    }

    /// Sends a form and expects a status.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)], status: u16) -> Outcome<()> {
        expect(self.post(path, fields, "").await?, status).await.map(drop)
    }

    pub async fn sign_up(&self, email: String) -> Outcome<()> {
        let form = [("email", email.as_str()), ("password", PASSWORD)];
        expect(self.post("/signup", &form, "").await?, 303).await.map(drop)
    }

    pub async fn log_in(&self, email: &str, password: &str, status: u16) -> Outcome<()> {
        expect(self.post("/login", &[("email", email), ("password", password)], "").await?, status).await.map(drop)
    }

    async fn post(&self, path: &str, form: &[(&str, &str)], cookie: &str) -> Outcome<Response> {
        let request = self.client.post(format!("{}{path}", self.http)).form(form);
        Ok(request.header("sec-fetch-site", "same-origin").header("cookie", cookie).send().await?)
    }

    /// Creates and verifies an account and logs in; returns the session's cookies.
    pub async fn member(&self, email: &str) -> Outcome<String> {
        let form = [("email", email), ("password", PASSWORD)];
        let response = self.post("/signup", &form, "").await?;
        let binding = cookies(&response);
        expect(response, 303).await?;
        let found = self.page(&format!("/dev/inbox/api/v1/wait?query=to%3A%22{email}%22&timeout=30s"), "").await?;
        let found: serde_json::Value = serde_json::from_str(&found)?;
        let text = found["messages"][0]["Text"].as_str().ok_or("no email")?;
        let link = text.split_whitespace().find(|word| word.contains("/verify/")).ok_or("no link")?;
        let path = link.strip_prefix(&self.http).ok_or("a link to another site")?;
        expect(self.post(path, &[], &binding).await?, 303).await?;
        let response = self.post("/login", &form, "").await?;
        let session = cookies(&response);
        expect(response, 303).await?;
        Ok(session)
    }

    /// The proportional set size, the memory that would be freed if the server ended.
    pub fn memory(&self) -> Outcome<f64> {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).ok_or("no Pss")?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib / 1024.0)
    }

    /// The CPU time used so far.
    pub fn cpu(&self) -> Outcome<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in parentheses may contain spaces. User and system time are fields 14 and 15 of the line.
        let fields: Vec<&str> = stat.rsplit(") ").next().ok_or("no fields")?.split(' ').collect();
        let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<u64>().ok()).ok_or("no ticks");
        // The unit is 1/100 s (USER_HZ).
        Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
    }

    /// Stops the server; returns its folder.
    pub fn stop(self) -> Arc<TempDir> {
        self.folder.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cookies(response: &Response) -> String {
    let lines = response.headers().get_all("set-cookie").iter().filter_map(|line| line.to_str().ok());
    lines.filter_map(|line| line.split(';').next()).collect::<Vec<_>>().join("; ")
}

async fn expect(response: Response, status: u16) -> Outcome<String> {
    let (got, url) = (response.status().as_u16(), response.url().path().to_owned());
    let text = response.text().await?;
    if got == status { Ok(text) } else { Err(format!("{url} answered {got} instead of {status}: {text:.300}").into()) }
}
