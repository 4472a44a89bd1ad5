//! Headless Chromium, controlled through ChromeDriver. Both run on free ports and stop with the test.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A browser window with an empty profile.
pub struct Browser {
    pub page: Client,
    driver: Child,
    _profile: TempDir,
}

/// The browser settings of a user.
#[derive(Clone, Copy)]
pub struct Person {
    /// The preferred language: `ko` or `en`.
    pub language: &'static str,
    pub scripts: bool,
    pub phone: bool,
}

impl Browser {
    /// # Panics
    /// When Chromium or ChromeDriver is missing; bin/setup installs them.
    pub async fn open(person: Person) -> Self {
        let (driver, address) = start_driver();
        let profile = tempfile::tempdir().expect("a temporary folder");
        let capabilities = capabilities(person, profile.path());
        let page = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().cloned().unwrap_or_default())
            .connect(&address)
            .await
            .expect("Chromium starts");
        Browser { page, driver, _profile: profile }
    }

    /// Runs a command of Chrome's DevTools protocol.
    pub async fn devtools(&self, command: &'static str, parameters: Value) -> Value {
        self.page.issue_cmd(Devtools { command, parameters }).await.expect("a DevTools command")
    }

    /// The warnings and errors on the page's console, including blocked scripts, styles and requests.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.page.issue_cmd(Log).await.expect("the console's log");
        let entries = log.as_array().cloned().unwrap_or_default();
        // Chromium also logs expected events, such as Clear-Site-Data, at lower levels.
        let complaints = entries.iter().filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING");
        complaints.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Saves a screenshot to the folder in TEST_SCREENSHOTS; does nothing if the variable is not set.
    pub async fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("TEST_SCREENSHOTS") else { return };
        let folder = std::path::PathBuf::from(folder);
        std::fs::create_dir_all(&folder).expect("a folder for screenshots");
        let whole = json!({"format": "png", "captureBeyondViewport": true});
        let shot = self.devtools("Page.captureScreenshot", whole).await;
        let data = shot["data"].as_str().expect("a picture");
        let png = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, data).expect("base64");
        std::fs::write(folder.join(format!("{name}.png")), png).expect("a picture is written");
    }

    pub async fn close(mut self) {
        self.page.clone().close().await.ok();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Drop for Browser {
    /// Sends SIGTERM, since after a failed test the session is still open: ChromeDriver ends its browser on SIGTERM, not on
    /// SIGKILL.
    fn drop(&mut self) {
        if matches!(self.driver.try_wait(), Ok(None)) {
            let _ = Command::new("kill").arg(self.driver.id().to_string()).status();
        }
        let _ = self.driver.wait();
    }
}

/// ChromeDriver takes a port that is free for IPv4 and ends at once if another program has it for IPv6; then it is started
/// again.
fn start_driver() -> (Child, String) {
    const ATTEMPTS: usize = 5;
    (0..ATTEMPTS).find_map(|_| try_driver()).expect("ChromeDriver's port")
}

fn try_driver() -> Option<(Child, String)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver runs; bin/setup installs it");
    let output = BufReader::new(driver.stdout.take().expect("its output"));
    let port = output.lines().map_while(Result::ok).find_map(|line| {
        let port = line.split("started successfully on port ").nth(1)?;
        port.trim_end_matches('.').parse::<u16>().ok()
    });
    match port {
        Some(port) => Some((driver, format!("http://127.0.0.1:{port}"))),
        None => {
            let _ = driver.wait();
            None
        }
    }
}

fn capabilities(person: Person, profile: &std::path::Path) -> Value {
    let arguments = [
        "--headless",
        // The tests may run as root, in a container.
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        "--window-size=1280,900",
        &format!("--lang={}", person.language),
        &format!("--user-data-dir={}", profile.display()),
    ];
    let mut options = json!({
        "args": arguments,
        "prefs": {
            "intl.accept_languages": person.language,
            "credentials_enable_service": false,
            "profile.password_manager_leak_detection": false,
            "profile.managed_default_content_settings.javascript": if person.scripts { 1 } else { 2 },
        },
    });
    if person.phone {
        options["mobileEmulation"] =
            json!({"deviceMetrics": {"width": 390, "height": 844, "pixelRatio": 2.0, "touch": true}});
    }
    json!({
        "goog:chromeOptions": options,
        "goog:loggingPrefs": {"browser": "ALL"},
        // Without scripts, ChromeDriver does not notice that a click in a frame has finished loading.
        "pageLoadStrategy": if person.scripts { "normal" } else { "none" },
        "timeouts": {"pageLoad": 20_000, "script": 20_000},
    })
}

/// The ChromeDriver request for a DevTools command.
#[derive(Debug)]
struct Devtools {
    command: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({"cmd": self.command, "params": self.parameters}).to_string()))
    }
}

/// The ChromeDriver request for the console log since the last request.
#[derive(Debug)]
struct Log;

impl WebDriverCompatibleCommand for Log {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({"type": "browser"}).to_string()))
    }
}
