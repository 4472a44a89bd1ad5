//! Runs external test suites for Mailpit against Gatepost. Every test in them must pass.

use std::process::{Command, Output};
use std::time::Duration;

use crate::support::app::{App, Engine};
use crate::support::process::tools;
use crate::support::source::ROOT;

/// Tests that fail, with the reason.
const KNOWN_FAILURES: [(&str, &str); 0] = [];

/// Tests that need Docker, or a browser. `mailpit::pytest_suite` runs the second.
const NOT_ABOUT_A_SERVER: [&str; 2] =
    ["--ignore=tests/integration/test_container.py", "--ignore=tests/integration/test_browser.py"];
/// Tests that need port 8025, which another process may use. `mailpit::pytest_suite` runs them.
const FIXED_PORT: [&str; 2] = [
    "--deselect=tests/integration/test_quality_checks.py::test_links_that_work_pass",
    "--deselect=tests/integration/test_quality_checks.py::test_a_broken_link_fails_with_its_status",
];

async fn server(settings: &str) -> App {
    let settings = format!("[default.inbox]\nhttp_address = '127.0.0.1:0'\nchaos = true\n{settings}");
    App::on(Engine::Sqlite).settings(&settings).real_time().start().await
}

async fn finish(mut command: Command) -> Output {
    let run = tokio::task::spawn_blocking(move || command.output());
    let limit = Duration::from_secs(300);
    tokio::time::timeout(limit, run)
        .await
        .expect("the program ends in time")
        .expect("the thread ends")
        .expect("the program starts")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_integration_tests_of_pytest_mailpit_pass() {
    let python = tools().join("venv/bin/python");
    let suite = tools().join("pytest_mailpit-0.4.1");
    if !python.exists() || !suite.exists() {
        eprintln!("skipped: bin/setup has not installed pytest-mailpit");
        return;
    }
    let app = server("check_internal_links = true").await;
    let mut pytest = Command::new(python);
    pytest.current_dir(&suite).args(["-m", "pytest", "-q", "-m", "integration", "-p", "no:cacheprovider"]);
    pytest.arg("tests/integration").args(NOT_ABOUT_A_SERVER).args(FIXED_PORT);
    pytest.env("MAILPIT_URL", format!("{}/dev/inbox/", app.site())).env("MAILPIT_SMTP", app.smtp().to_string());
    for (test, _) in KNOWN_FAILURES {
        pytest.arg(format!("--deselect={test}"));
    }
    let output = finish(pytest).await;
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && report.contains(" passed"), "{report}");
}

/// Runs a script that takes the base URL of a server and the npm client mailpit-api. Returns what the script printed for
/// the inbox below a path and for the inbox at the root of its own listener; `None` if the client is not installed.
async fn run_npm_client(script: &str) -> Option<[String; 2]> {
    let library = tools().join("node/node_modules/mailpit-api/dist/index.mjs");
    if !library.exists() {
        eprintln!("skipped: bin/setup has not installed mailpit-api");
        return None;
    }
    let app = server("username = 'dev'\npassword = 's3cret'").await;
    let root = app.running().inbox_http().expect("the inbox's own listener");
    let mut reports = [format!("{}/dev/inbox", app.site()), format!("http://{root}")];
    for base in &mut reports {
        let mut node = Command::new("node");
        node.arg(format!("{ROOT}/tests/it/inbox/{script}")).arg(&*base).arg(&library);
        let output = finish(node).await;
        let report = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{base}:\n{report}{errors}");
        *base = report;
    }
    Some(reports)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_of_the_npm_client_works_below_a_path_and_at_the_root() {
    run_npm_client("mailpit-api.mjs").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_29_end_to_end_tests_of_the_npm_client_have_their_outcome() {
    let Some(reports) = run_npm_client("mailpit-api-e2e.mjs").await else { return };
    for report in reports {
        assert_eq!(report.lines().filter(|line| line.starts_with("ok ")).count(), 29, "{report}");
    }
}
