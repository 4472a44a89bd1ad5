//! The whole test suite of pytest-mailpit, at the fixed ports that some of its tests use, in a network namespace. Only its
//! test of a Docker container is left out.

use std::process::Command;

use crate::support::process::{Folder, tools};
use crate::support::source::ROOT;

const SCRIPT: &str = r#"
ip link set lo up
"$GATEPOST" mailpit --allow-internal-http-requests --enable-chaos >server.log 2>&1 &
server=$!
until grep -q '\[http\] accessible via' server.log; do kill -0 $server || exit 1; done
cd "$SUITE"
"$PYTHON" -m pytest -q -m integration -p no:cacheprovider -p debian_chromium tests/integration \
  --ignore=tests/integration/test_container.py
code=$?
kill $server
exit $code
"#;

#[test]
fn every_test_of_pytest_mailpit_but_that_of_docker_passes() {
    let (python, suite) = (tools().join("venv/bin/python"), tools().join("pytest_mailpit-0.4.1"));
    let has_browser =
        std::path::Path::new("/usr/bin/chromium").exists() && tools().join("venv/bin/playwright").exists();
    if !python.exists() || !suite.exists() || !has_browser {
        eprintln!("skipped: bin/setup has not installed pytest-mailpit, Playwright and Chromium");
        return;
    }
    if !Command::new("unshare").args(["-Urn", "true"]).status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: this system allows no user namespaces");
        return;
    }
    let folder = Folder::new("");
    let absolute = |path: std::path::PathBuf| std::path::absolute(path).expect("a path");
    let mut command = Command::new("unshare");
    command.args(["-Urn", "bash", "-c", SCRIPT]).current_dir(folder.path());
    command
        .env("GATEPOST", env!("CARGO_BIN_EXE_gatepost"))
        .env("PYTHON", absolute(python))
        .env("SUITE", absolute(suite));
    command.env("PYTHONPATH", format!("{ROOT}/tests/it/mailpit")).env("HOME", folder.path());
    command.env("MAILPIT_URL", "http://localhost:8025/").env("MAILPIT_SMTP", "localhost:1025");
    let output = command.output().expect("unshare runs");
    let report = String::from_utf8_lossy(&output.stdout);
    let log = std::fs::read_to_string(folder.path().join("server.log")).unwrap_or_default();
    assert!(output.status.success() && report.contains(" passed"), "{report}\n{log}");
}
