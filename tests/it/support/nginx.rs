//! nginx as a reverse proxy on loopback before several servers, with its default settings and a temporary folder.
//! `bin/setup` installs it.

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = "/usr/sbin/nginx";
const START_TIMEOUT: Duration = Duration::from_secs(30);

pub struct Nginx {
    child: Child,
    folder: tempfile::TempDir,
}

impl Nginx {
    /// Starts a proxy from `port` to these servers. If nginx is not installed, prints a message and returns `None`; in
    /// CI it panics.
    pub fn start(port: u16, servers: &[&str]) -> Option<Self> {
        if !std::path::Path::new(PROGRAM).exists() {
            assert!(std::env::var_os("CI").is_none(), "{PROGRAM} is missing: run bin/setup");
            eprintln!("not tested: {PROGRAM} is missing, bin/setup installs it");
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("nginx.conf"), configuration(port, servers)).expect("a file is written");
        let child = Command::new(PROGRAM)
            .arg("-p")
            .arg(folder.path())
            .args(["-c", "nginx.conf", "-e", "error.log"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx runs");
        let mut nginx = Nginx { child, folder };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = nginx.child.try_wait().expect("its state").is_some();
            assert!(!ended && started.elapsed() < START_TIMEOUT, "nginx did not start:\n{}", nginx.log());
            std::thread::sleep(Duration::from_millis(5));
        }
        Some(nginx)
    }

    /// The error log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The default settings, with paths in the temporary folder, and with one process only, so that no worker process
/// outlives [`Nginx`].
fn configuration(port: u16, servers: &[&str]) -> String {
    let servers: String = servers.iter().map(|server| format!("server {server};\n")).collect();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: String = temporary.iter().map(|name| format!("{name}_temp_path {name};\n")).collect();
    format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}\
         upstream gatepost {{\n{servers}}}\n\
         server {{\nlisten 127.0.0.1:{port};\nlocation / {{\nproxy_pass http://gatepost;\n\
         proxy_set_header Host $http_host;\n}}\n}}\n}}\n"
    )
}
