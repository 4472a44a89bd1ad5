//! The three ways to use TLS, or not to, with a submission server.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Begins in plain text and requires STARTTLS before the login and the first message.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// No TLS.
    None,
}

impl Security {
    /// Reads `starttls`, `tls` or `none`.
    pub fn parse(text: &str) -> Option<Security> {
        match text {
            "starttls" => Some(Security::StartTls),
            "tls" => Some(Security::Tls),
            "none" => Some(Security::None),
            _ => None,
        }
    }

    /// The port that RFC 6409 and RFC 8314 give to it.
    pub(super) fn port(self) -> u16 {
        match self {
            Security::StartTls => 587,
            Security::Tls => 465,
            Security::None => 25,
        }
    }
}
