//! The arguments of `gatepost mail` and their dispatch.

use std::io::Write;

use clap::Subcommand;

use super::context::MailContext;
use super::error::MailError;
use super::outbox::{self, ListArgs, ShowArgs};
use super::send::{self, SendArgs, TestArgs};

/// The subcommands of `gatepost mail`.
#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Send one test email at once, without the outbox, and print the receipt
    Test(TestArgs),
    /// Send one message to all recipients through the outbox, and print the receipt
    Send(SendArgs),
    /// List the outbox, newest first
    List(ListArgs),
    /// Show one message of the outbox with every attempt
    Show(ShowArgs),
    /// Retry a message that is queued or was not sent
    Requeue { id: String },
    /// Cancel a queued message
    Cancel { id: String },
}

impl MailCommand {
    /// Why the arguments exclude each other, if they do.
    pub fn conflict(&self) -> Option<&'static str> {
        match self {
            MailCommand::Send(send) => send.conflict(),
            _ => None,
        }
    }

    /// True if the command renders an email, for which the operator may have a template.
    pub fn renders_an_email(&self) -> bool {
        match self {
            MailCommand::Test(_) => true,
            MailCommand::Send(send) => send.template.is_some(),
            _ => false,
        }
    }
}

/// Runs a subcommand; prints its result to `out`.
///
/// # Errors
/// When the subcommand failed. The message is one line for standard error.
pub async fn run(
    command: MailCommand,
    context: &MailContext,
    out: &mut (dyn Write + std::marker::Send),
) -> Result<(), MailError> {
    let outbox = context.worker.outbox();
    match command {
        MailCommand::Test(test) => send::test(&test, context, out).await,
        MailCommand::Send(message) => send::send(message, context, out).await,
        MailCommand::List(list) => outbox::list(&list, &outbox, out).await,
        MailCommand::Show(show) => outbox::show(&show, &outbox, out).await,
        MailCommand::Requeue { id } => {
            outbox.requeue(&id).await?;
            Ok(writeln!(out, "{id} queued for an immediate retry")?)
        }
        MailCommand::Cancel { id } => {
            outbox.cancel(&id).await?;
            Ok(writeln!(out, "{id} cancelled")?)
        }
    }
}
