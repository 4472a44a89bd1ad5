//! Settings of the HTTP layer.

use ipnet::IpNet;

use crate::secret::Secret;

/// Validated settings of the HTTP layer.
#[derive(Clone, Debug)]
pub struct Settings {
    /// True in the debug profile, where loopback names are accepted as hosts too.
    pub debug: bool,
    /// Additional host names of this server, in lower case, with a port unless it is the scheme's default.
    pub hosts: Vec<String>,
    /// True if a listener beyond loopback serves the inbox, with a password or open to everybody: it also answers to
    /// names that only a local network resolves (`mailpit`, `*.internal`, `*.local`, `*.test`).
    pub local_names: bool,
    /// Hosts of pages that may use the inbox's API from another origin, in lower case; `*` for all.
    pub api_origins: Vec<String>,
    /// Proxies whose X-Forwarded-For and X-Forwarded-Proto are trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// Bearer token that grants access to /metrics and to the reasons and numbers of /readyz.
    pub ops_token: Option<Secret<String>>,
}
