//! `gatepost` itself: its arguments, which command runs, and how it ends.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::clock::Clock;
use crate::config::{self, Config};
use crate::secret::Entropy;

use super::gmail;

/// Accounts and mail in one binary
#[derive(Debug, Parser)]
#[command(name = "gatepost", version, about, arg_required_else_help = true)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Permission to send mail through the Gmail API
    #[command(subcommand)]
    Gmail(gmail::Command),
}

/// Runs what the arguments say: 0 on success, 1 with one line on standard error on failure, 2 on wrong use.
pub fn main() -> ExitCode {
    let program = Program::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(program.command)),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gatepost: {}", error.to_string().replace(['\n', '\r'], " "));
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::from_figment(config::figment()?)?;
    let (clock, entropy) = (Clock::system(), Entropy::system());
    match command {
        Command::Gmail(command) => {
            let outlet = &config.mail.gmail;
            Ok(gmail::run(&command, &outlet.settings, &outlet.from, &clock, &entropy).await?)
        }
    }
}
