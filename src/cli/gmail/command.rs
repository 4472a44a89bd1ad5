//! The arguments of `gatepost gmail` and their dispatch.

use std::io::Write;

use clap::{Args, Subcommand};

use crate::cli::output;
use crate::clock::Clock;
use crate::mail::Mailbox;
use crate::random::Entropy;
use crate::transport::gmail::{self, ConsentError, Settings};

use super::{authorize, status};

/// The subcommands of `gatepost gmail`.
#[derive(Debug, Subcommand)]
pub enum GmailCommand {
    /// Ask Google once for the permission to send mail, and store the token
    Authorize(AuthorizeArgs),
    /// Show the account and its permission, without contacting Google
    Status(StatusArgs),
    /// Revoke the permission at Google and remove the token
    Revoke,
}

#[derive(Debug, Args)]
pub struct AuthorizeArgs {
    /// Do not open a browser; also accept the address that Google redirects to on standard input
    #[arg(long)]
    pub no_browser: bool,
    /// Receive the response on this loopback port instead of a free one (for ssh -L)
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Seconds to wait for the response
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
}

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

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

/// Runs a subcommand; `from` is the address that the transport sends as.
///
/// # Errors
/// When the subcommand failed. The message is one line and says what to do.
pub async fn run(
    command: &GmailCommand,
    settings: &Settings,
    from: &Mailbox,
    clock: &Clock,
    entropy: &Entropy,
) -> Result<(), GmailError> {
    match command {
        GmailCommand::Authorize(options) => authorize::run(options, settings, clock, entropy).await,
        GmailCommand::Status(options) => status::run(options, settings, from).await,
        GmailCommand::Revoke => {
            gmail::revoke(settings, clock.now()).await?;
            let file = settings.token.display();
            Ok(writeln!(output::stdout(), "revoked at Google; {file} removed")?)
        }
    }
}
