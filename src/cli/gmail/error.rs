//! Why a subcommand failed.

use crate::transport::gmail::ConsentError;

/// Why the command failed, on one line.
#[derive(Debug, thiserror::Error)]
pub enum GmailError {
    #[error("{0}")]
    Consent(#[from] ConsentError),
    #[error("no response within {0} s; run the command again, with a longer --timeout if needed")]
    Late(u64),
    #[error(
        "cannot listen on loopback port {port}: {error}; stop the program that uses it, or choose another with --port"
    )]
    Port { port: u16, error: std::io::Error },
    #[error("standard output is closed")]
    Output(#[from] std::io::Error),
}
