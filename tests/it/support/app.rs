//! A Gatepost server for one test: in the test's process, with its own folder, database and ports, and a clock that
//! the test moves. Fixtures read emails from the inbox's API.

use std::time::Duration;

use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use gatepost::clock::Clock;
use gatepost::config::Config;
use gatepost::random::Entropy;
use gatepost::{RunningServer, Server};
use tempfile::TempDir;

use super::postgres;
use super::visitor::{Page, Visitor};

/// A password that the default settings accept.
pub const PASSWORD: &str = "correct horse battery";

/// Which account database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Creates two tests for each named `async fn(Engine)`: one on SQLite, one on PostgreSQL. A function that is not named
/// is dead code, which the lints reject.
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::support::app::Engine::Sqlite).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::support::app::Engine::Postgres).await;
            })+
        }
    };
}
pub(crate) use on_both_databases;

/// A running server; it stops when dropped.
pub struct App {
    running: RunningServer,
    folder: TempDir,
    database_url: String,
    // Dropped last, after the server has closed its connections.
    _database: Option<postgres::Database>,
}

/// A server about to start.
pub struct Setup {
    engine: Engine,
    settings: String,
    profile: &'static str,
    clock: Clock,
    /// The URL of another server's database, instead of a new one.
    shared_database: Option<String>,
    hash_queue: Option<usize>,
    one_label_domains: bool,
}

impl App {
    pub async fn start(engine: Engine) -> Self {
        App::on(engine).start().await
    }

    pub fn on(engine: Engine) -> Setup {
        // Commands use the real time, and server and commands must agree on what is due.
        let clock = Clock::manual(Clock::system().now());
        Setup {
            engine,
            settings: String::new(),
            profile: "debug",
            clock,
            shared_database: None,
            hash_queue: None,
            one_label_domains: true,
        }
    }

    /// The base URL, such as `http://127.0.0.1:8000`.
    pub fn site(&self) -> String {
        format!("http://{}", self.running.http())
    }

    /// The capture server's address.
    pub fn smtp(&self) -> std::net::SocketAddr {
        self.running.smtp().expect("the inbox is enabled")
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub fn running(&self) -> &RunningServer {
        &self.running
    }

    pub(super) fn database_url(&self) -> &str {
        &self.database_url
    }

    /// A browser without cookies.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(&self.site())
    }

    /// Moves the clock.
    pub fn advance(&self, span: Duration) {
        self.running.clock().advance(span);
    }

    /// Moves the clock back, as when a wrong clock is corrected.
    pub fn set_back(&self, span: Duration) {
        self.running.clock().set_back(span);
    }

    /// Another server on the same database, with default settings and the same clock.
    pub async fn second_server(&self) -> App {
        let mut setup = App::on(Engine::Sqlite);
        (setup.clock, setup.shared_database) = (self.running.clock().clone(), Some(self.database_url.clone()));
        setup.start().await
    }

    /// All captured emails to an address, oldest first, after everything that is due has been delivered.
    pub async fn emails(&self, address: &str) -> Vec<CapturedEmail> {
        self.running.drain().await;
        let reader = self.visitor();
        let query = format!("/dev/inbox/api/v1/search?limit=200&query=to%3A%22{}%22", address.replace('+', "%2B"));
        let found = reader.get(&query).await;
        assert_eq!(found.status, 200, "{}", found.text());
        let mut emails = Vec::new();
        for summary in found.json()["messages"].as_array().expect("a list of messages") {
            let id = summary["ID"].as_str().expect("an id").to_owned();
            let message = reader.get(&format!("/dev/inbox/api/v1/message/{id}")).await.json();
            emails.push(CapturedEmail { id, message });
        }
        emails.reverse();
        emails
    }

    /// The newest email to an address.
    ///
    /// # Panics
    /// When there is no email.
    pub async fn email(&self, address: &str) -> CapturedEmail {
        self.emails(address).await.pop().unwrap_or_else(|| panic!("no email to {address}"))
    }

    /// Opens the link of the newest email in the visitor's browser and presses its button.
    pub async fn confirm(&self, visitor: &Visitor, address: &str) -> Page {
        let link = self.email(address).await.link();
        let page = visitor.get(&link).await;
        assert_eq!(page.status, 200, "{}", page.text());
        visitor.post(&link, &[]).await
    }

    /// Creates and verifies an account; returns the browser, signed in.
    pub async fn member(&self, address: &str) -> Visitor {
        let visitor = self.visitor();
        assert_eq!(visitor.sign_up(address, PASSWORD).await.status, 303);
        assert_eq!(self.confirm(&visitor, address).await.location(), "/login");
        assert_eq!(visitor.log_in(address, PASSWORD).await.location(), "/account");
        visitor
    }

    /// A separate connection to the account database.
    pub async fn database(&self) -> sqlx::AnyConnection {
        sqlx::any::install_default_drivers();
        <sqlx::AnyConnection as sqlx::Connection>::connect(&self.database_url).await.expect("a database connection")
    }

    /// Runs a `gatepost` command on this server's database, as an operator would.
    pub fn command(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_gatepost"));
        command.current_dir(self.folder()).args(arguments).stdin(std::process::Stdio::null());
        command.env("GATEPOST_DATABASES__GATEPOST__URL", &self.database_url).env("GATEPOST_SECRET_KEY", secret_key());
        let output = command.env("ROCKET_PROFILE", "debug").output().expect("gatepost runs");
        // The command used the real time: what it enqueued is due once this server's clock has caught up.
        self.advance(Clock::system().now().since(self.running.clock().now()));
        output
    }
}

impl Setup {
    /// Adds settings in the format of Rocket.toml.
    pub fn settings(mut self, toml: &str) -> Self {
        self.settings.push_str(toml);
        self.settings.push('\n');
        self
    }

    /// The release profile: loopback names are not accepted as hosts, and required settings must be given.
    pub fn release(mut self) -> Self {
        self.profile = "release";
        self
    }

    /// Uses the real time instead of a manual clock.
    pub fn real_time(mut self) -> Self {
        self.clock = Clock::system();
        self
    }

    /// Sets how many callers may wait for a password hash, for which there is no public setting.
    pub fn hash_queue(mut self, slots: usize) -> Self {
        self.hash_queue = Some(slots);
        self
    }

    /// As in release, where the inbox of these tests is not: no account at a domain without a dot.
    pub fn without_one_label_domains(mut self) -> Self {
        self.one_label_domains = false;
        self
    }

    pub async fn start(self) -> App {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = match self.engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(postgres::Database::create().await),
        };
        let url = match (self.shared_database, &database) {
            (Some(url), _) => url,
            (None, Some(database)) => database.url(),
            (None, None) => format!("sqlite:{}", folder.path().join("data/gatepost.db").display()),
        };
        // A file, since only settings from a file or the environment count as set by the operator.
        let file = folder.path().join("Rocket.test.toml");
        std::fs::write(&file, &self.settings).expect("the settings are written");
        let figment = Figment::from(rocket::Config::default())
            .merge(Serialized::global("port", 0))
            .merge(Serialized::global("databases.gatepost.url", &url))
            .merge(Serialized::global("secret_key", secret_key()))
            .merge(Serialized::global("inbox.smtp_address", "127.0.0.1:0"))
            .merge(Serialized::global("inbox.path", folder.path().join("data/inbox.db")))
            .merge(Toml::file(&file).nested())
            .select(self.profile);
        let mut config = Config::from_figment(figment).unwrap_or_else(|problem| panic!("{problem}"));
        config.accounts.hash_queue = self.hash_queue.unwrap_or(config.accounts.hash_queue);
        config.accounts.one_label_domains = self.one_label_domains;
        let running = Server::start(config, self.clock, Entropy::system()).await.expect("a server that starts");
        App { running, folder, database_url: url, _database: database }
    }
}

fn secret_key() -> String {
    format!("{}=", "A".repeat(43))
}

/// A captured email, as the inbox's API returns it.
pub struct CapturedEmail {
    pub id: String,
    pub message: serde_json::Value,
}

impl CapturedEmail {
    pub fn subject(&self) -> &str {
        self.message["Subject"].as_str().unwrap_or_default()
    }

    pub fn text(&self) -> &str {
        self.message["Text"].as_str().unwrap_or_default()
    }

    pub fn html(&self) -> &str {
        self.message["HTML"].as_str().unwrap_or_default()
    }

    /// The path of the last link with a token.
    ///
    /// # Panics
    /// When the email has no link with a token.
    pub fn link(&self) -> String {
        self.link_if_any().unwrap_or_else(|| panic!("no link in {:?}", self.text()))
    }

    pub fn link_if_any(&self) -> Option<String> {
        let links = self.text().split_whitespace().filter(|word| word.starts_with("http"));
        let mut paths = links.filter_map(|link| link.splitn(4, '/').nth(3));
        let token = |path: &&str| path.rsplit('/').next().is_some_and(|last| last.len() >= 20);
        paths.rfind(token).map(|path| format!("/{path}"))
    }
}
