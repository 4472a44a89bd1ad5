//! Debian's nginx on loopback, with a configuration and files of its own: a proxy with nginx's defaults before several
//! servers. `bin/setup` installs it.

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = "/usr/sbin/nginx";
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Nginx {
    child: Child,
    folder: tempfile::TempDir,
}

impl Nginx {
    /// Passes what comes to `port` on to these servers. `None`, with a word to say so, where it is not installed; in
    /// CI that is a failure.
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
            assert!(!ended && started.elapsed() < PATIENCE, "nginx did not start:\n{}", nginx.log());
            std::thread::sleep(Duration::from_millis(5));
        }
        Some(nginx)
    }

    /// Its errors so far.
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

/// Nothing but what a temporary folder needs differs from the defaults: one process, so that it ends with the one
/// that was started.
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
