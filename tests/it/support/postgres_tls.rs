//! A PostgreSQL server that demands TLS.

use std::process::{Child, Command};

use super::authority::Identity;
use super::postgres::{script, start};

/// A server of one test that refuses connections without TLS. It listens on every IPv4 address.
pub struct TlsServer {
    script: Child,
    port: String,
}

impl TlsServer {
    /// # Panics
    /// When PostgreSQL cannot be started; bin/setup installs it.
    pub fn start(identity: &Identity) -> Self {
        let mut command = Command::new(script());
        command.arg("--tls").arg(&identity.certificate).arg(&identity.key);
        let (script, address) = start(command);
        TlsServer { script, port: address.rsplit(':').next().expect("a port").to_owned() }
    }

    /// The URL of its database, as of a client that reaches the server as `host`.
    pub fn url(&self, host: &str) -> String {
        format!("postgres://postgres@{host}:{}/postgres", self.port)
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        // The script stops the server when its standard input ends.
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}
