//! The arguments, and which operation they stand for.

use std::io::Write;

use clap::{Args, Subcommand};

use crate::cli::output;
use crate::clock::Clock;
use crate::mail::Mailbox;
use crate::secret::Entropy;
use crate::transport::gmail::{self, ConsentError, Settings};

use super::{authorize, status};

/// What `gatepost gmail` is to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask Google, once, for the permission to send mail, and keep the token
    Authorize(Authorize),
    /// Show which account and permission there is, without asking Google
    Status(Status),
    /// End the permission at Google and remove the token
    Revoke,
}

#[derive(Debug, Args)]
pub struct Authorize {
    /// Open no browser; the address Google redirects to may also be pasted here
    #[arg(long)]
    pub no_browser: bool,
    /// Wait for the answer on this port of loopback instead of a free one (for ssh -L)
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Seconds to wait for the answer
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
}

#[derive(Debug, Args)]
pub struct Status {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Why the command failed; one line.
#[derive(Debug, thiserror::Error)]
pub enum GmailError {
    #[error("{0}")]
    Consent(#[from] ConsentError),
    #[error("nobody answered within {0} s; run the command again, with --timeout for more time")]
    Late(u64),
    #[error(
        "port {port} of loopback cannot be listened on ({error}); stop what uses it, or choose another with --port"
    )]
    Port { port: u16, error: std::io::Error },
    #[error("standard output is closed")]
    Output(#[from] std::io::Error),
}

/// Does it; `from` is whom the transport sends as.
///
/// # Errors
/// One line that says what to do.
pub async fn run(
    command: &Command,
    settings: &Settings,
    from: &Mailbox,
    clock: &Clock,
    entropy: &Entropy,
) -> Result<(), GmailError> {
    match command {
        Command::Authorize(options) => authorize::run(options, settings, clock, entropy).await,
        Command::Status(options) => status::run(options, settings, from).await,
        Command::Revoke => {
            gmail::revoke(settings, clock.now()).await?;
            let file = settings.token.display();
            Ok(writeln!(output::stdout(), "revoked: the permission is ended at Google and {file} is removed")?)
        }
    }
}
