//! The arguments of `gatepost gmail` and their dispatch.

use std::io::Write;

use clap::Subcommand;

use crate::cli::output;
use crate::clock::Clock;
use crate::mail::Mailbox;
use crate::random::Entropy;
use crate::transport::gmail::{self, Settings};

use super::authorize::{self, AuthorizeArgs};
use super::error::GmailError;
use super::status::{self, StatusArgs};

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
