//! External SMTP servers for tests: a scripted aiosmtpd and Postfix's smtp-sink. Each ends when its standard input
//! closes, so it does not outlive the test process.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::port;
use super::process::tools;
use super::source::ROOT;
use crate::smtp::programs::program;

const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A running server. Its constructors return `None` if the program is missing, except in CI, where that is a failure.
pub struct Scripted {
    pub port: u16,
    folder: tempfile::TempDir,
    child: Child,
}

impl Scripted {
    /// Starts aiosmtpd; tests/tools/scripted_smtp.py documents `plan`.
    pub fn aiosmtpd(plan: &Value) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut python = program(tools().join("venv/bin/python"))?;
        python.arg(format!("{ROOT}/tests/tools/scripted_smtp.py")).arg(folder.path()).arg(plan.to_string());
        let mut child = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("aiosmtpd prints its port");
        Some(Scripted { port, folder, child })
    }

    /// Starts smtp-sink with these options; it stores what it receives.
    pub fn sink(options: &[&str]) -> Option<Self> {
        program("smtp-sink")?;
        let folder = tempfile::tempdir().unwrap();
        let [port] = port::free();
        let script = "if [ \"$(id -u)\" = 0 ]; then chown nobody . && set -- -u nobody \"$@\"; fi; \
                      smtp-sink -D %M \"$@\" & sink=$!; cat; kill $sink";
        let address = format!("127.0.0.1:{port}");
        let mut child = Command::new("sh")
            .args(["-c", script, "sh"])
            .args(options)
            .args([&address, "100"])
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        while TcpStream::connect(&address).is_err() {
            assert!(started.elapsed() < START_TIMEOUT && child.try_wait().unwrap().is_none(), "smtp-sink {options:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(Scripted { port, folder, child })
    }

    /// The messages received so far, in no order.
    pub fn mail(&self) -> Vec<Vec<u8>> {
        let files = std::fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().path());
        let whole = files.filter(|path: &std::path::PathBuf| !is_other(path));
        whole.map(|path| std::fs::read(path).unwrap()).collect()
    }

    /// How many clients of an aiosmtpd sent QUIT.
    pub fn quits(&self) -> usize {
        std::fs::read_to_string(self.folder.path().join("goodbyes.log")).map_or(0, |log| log.lines().count())
    }
}

/// True for incomplete messages and for files that are not messages.
fn is_other(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "part" || ending == "log")
}

impl Drop for Scripted {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
