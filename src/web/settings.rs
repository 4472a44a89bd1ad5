//! What an operator sets for the web side.

use ipnet::IpNet;

use crate::secret::Secret;

/// Checked settings of the web side.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The debug profile: loopback names are hosts, too.
    pub debug: bool,
    /// Further names this server answers to, lower case, with a port where it is not the scheme's own.
    pub hosts: Vec<String>,
    /// Whose X-Forwarded-For and -Proto are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Opens /metrics, and reasons and numbers in /readyz, to who sends it.
    pub ops_token: Option<Secret<String>>,
}
