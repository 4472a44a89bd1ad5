//! The hosts whose pictures a rendering of a message loads.

/// Hosts beyond the message itself whose pictures a rendering loads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureHosts {
    #[default]
    NoHost,
    /// The reader's own machine, which serves the templates that a developer works on.
    Loopback,
    All,
}

impl PictureHosts {
    /// The sources for the policy.
    pub const fn sources(self) -> &'static str {
        match self {
            PictureHosts::NoHost => "",
            PictureHosts::Loopback => {
                " http://localhost:* https://localhost:* http://*.localhost:* https://*.localhost:* \
                 http://127.0.0.1:* https://127.0.0.1:*"
            }
            PictureHosts::All => " http: https:",
        }
    }
}
