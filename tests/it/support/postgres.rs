//! Databases on a temporary PostgreSQL server, which `bin/with-postgres` runs: one server for the whole run if bin/test
//! started it, otherwise one for this process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use sqlx::{Connection, Executor, PgConnection};

use super::source::ROOT;

/// A database for one test; it is deleted when the value is dropped.
pub struct Database {
    name: String,
}

impl Database {
    /// # Panics
    /// When PostgreSQL cannot be started; bin/setup installs it.
    pub async fn create() -> Self {
        let name = format!("t_{}", uuid::Uuid::now_v7().simple());
        execute(&format!("create database {name}")).await;
        Database { name }
    }

    /// The URL, for `databases.gatepost.url`.
    pub fn url(&self) -> String {
        format!("{}/{}", server(), self.name)
    }
}

impl Drop for Database {
    /// Uses a separate thread, since `drop` cannot wait for the test's runtime.
    fn drop(&mut self) {
        let statement = format!("drop database if exists {} with (force)", self.name);
        let done = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(execute(&statement));
        });
        // A second panic while a failed test unwinds would hide the first.
        let _ = done.join();
    }
}

async fn execute(statement: &str) {
    let mut connection =
        PgConnection::connect(&format!("{}/postgres", server())).await.expect("a connection to PostgreSQL");
    connection.execute(sqlx::AssertSqlSafe(statement.to_owned())).await.expect("the statement succeeds");
    connection.close().await.ok();
}

/// `postgres://postgres@127.0.0.1:PORT`
fn server() -> &'static str {
    static SERVER: OnceLock<String> = OnceLock::new();
    static SCRIPT: Mutex<Option<Child>> = Mutex::new(None);
    SERVER.get_or_init(|| {
        std::env::var("TEST_POSTGRES").unwrap_or_else(|_| {
            let (child, address) = start(Command::new(script()));
            *SCRIPT.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
            address
        })
    })
}

pub fn script() -> String {
    format!("{ROOT}/bin/with-postgres")
}

/// Starts a server that runs while this process holds the other end of its script's standard input. However the process
/// ends, the pipe closes, `cat` ends, and the script stops the server. Returns the script and the server's address.
pub fn start(mut command: Command) -> (Child, String) {
    let mut child = command
        .args(["sh", "-c", "echo \"$TEST_POSTGRES\"; exec cat >&2"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("bin/with-postgres runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("its address");
    assert!(line.starts_with("postgres://"), "PostgreSQL did not start; bin/setup installs it");
    (child, line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_test_has_its_own_database_which_is_deleted_after_it() {
        let (one, other) = (Database::create().await, Database::create().await);
        assert_ne!(one.url(), other.url());
        let url = one.url();
        PgConnection::connect(&url).await.expect("a connection to the new database").close().await.expect("closed");
        drop(one);
        assert!(PgConnection::connect(&url).await.is_err());
    }
}
