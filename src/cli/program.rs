//! The entry point: parses the arguments, runs the command and sets the exit code.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::accounts::emails::EmailContext;
use crate::clock::Clock;
use crate::config::{self, Config, TransportKind};
use crate::secret::{Entropy, SecretKey};
use crate::server::{self, Services};

use super::output::stdout;
use super::{check, gmail, inbox, log, mail, sendmail, serve, users};

/// Accounts and mail in one binary
#[derive(Debug, Parser)]
#[command(name = "gatepost", version, about)]
struct Program {
    #[command(subcommand)]
    command: Option<TopCommand>,
}

#[derive(Debug, Subcommand)]
enum TopCommand {
    /// Run the server: pages, outbox and, when enabled, the SMTP capture server (the default)
    Serve,
    /// Check settings, database, email templates and each transport; sends nothing
    Check,
    /// Send messages and manage the outbox: test, send, list, show, requeue, cancel
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// Manage accounts, by email address or id
    #[command(subcommand)]
    Users(users::UsersCommand),
    /// List, import, export and delete captured messages
    #[command(subcommand)]
    Inbox(inbox::InboxCommand),
    /// Manage the permission to send through the Gmail API
    #[command(subcommand)]
    Gmail(gmail::GmailCommand),
    /// A drop-in `sendmail` that sends standard input to the capture server; see `sendmail --help`
    #[command(disable_help_flag = true)]
    Sendmail {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Print a new secret_key
    Secret,
}

type ProgramFailure = Box<dyn std::error::Error>;

/// Runs the program. Exit codes: 0 on success, 1 on failure, with one line on standard error, 2 on invalid arguments.
pub fn main() -> ExitCode {
    if let Some(arguments) = sendmail::by_name() {
        return sendmail::main(arguments);
    }
    let program = Program::parse();
    let command = match program.command.unwrap_or(TopCommand::Serve) {
        // It has sendmail's exit codes and needs only some of the settings.
        TopCommand::Sendmail { arguments } => return sendmail::main(arguments),
        command => command,
    };
    let done = prepare(&command).and_then(|config| {
        let runtime = runtime(config.as_ref())?;
        runtime.block_on(run(command, config))
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gatepost: {}", error.to_string().replace(['\n', '\r'], " "));
            ExitCode::FAILURE
        }
    }
}

/// Reads the settings before any thread starts, since `.env` changes this process's environment. `secret` needs none.
fn prepare(command: &TopCommand) -> Result<Option<Config>, ProgramFailure> {
    if matches!(command, TopCommand::Secret) {
        return Ok(None);
    }
    let figment = config::figment()?;
    let level: String = figment.extract_inner("log_level").unwrap_or_else(|_| "normal".to_owned());
    let level = level.to_ascii_lowercase();
    // A command reports its error on one line; its log is printed only at level debug.
    let is_silent = !matches!(command, TopCommand::Serve) && level != "debug";
    log::install(if is_silent { "off" } else { &level });
    crate::install_crypto();
    Ok(Some(Config::from_figment(figment)?))
}

/// A runtime with the thread counts of Rocket's `workers` and `max_blocking`.
fn runtime(config: Option<&Config>) -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some((workers, blocking)) = config.map(Config::threads) {
        builder.worker_threads(workers).max_blocking_threads(blocking);
    }
    builder.enable_all().build()
}

async fn run(command: TopCommand, config: Option<Config>) -> Result<(), ProgramFailure> {
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let Some(config) = config else {
        return Ok(writeln!(stdout(), "{}", SecretKey::generate(&entropy).encode())?);
    };
    match command {
        TopCommand::Secret | TopCommand::Sendmail { .. } => Ok(()),
        TopCommand::Serve => Ok(serve::run(config).await?),
        TopCommand::Check => Ok(check::run(&config).await?),
        TopCommand::Mail(command) => {
            let parts = Services::open(&config, clock, entropy).await?;
            if command.renders_an_email() {
                config.site.folder.open()?;
                server::settle_public_url(&config);
            }
            let context = mail_context(&config, &parts);
            let done = mail::run(command, &context, &mut stdout()).await;
            context.close().await;
            parts.db.close().await;
            Ok(done?)
        }
        TopCommand::Users(command) => {
            let parts = Services::open(&config, clock, entropy).await?;
            let locale = config.site.default_locale;
            let done = users::run(&command, &parts.accounts, locale, &mut stdout()).await;
            parts.db.close().await;
            Ok(done?)
        }
        TopCommand::Inbox(command) => {
            let store = server::open_inbox(&config, &clock, &entropy).await?;
            Ok(inbox::run(command, &store, &mut stdout(), &mut std::io::stderr()).await?)
        }
        TopCommand::Gmail(command) => {
            let outlet = &config.mail.gmail;
            Ok(gmail::run(&command, &outlet.settings, &outlet.from, &clock, &entropy).await?)
        }
    }
}

fn mail_context(config: &Config, parts: &Services) -> mail::MailContext {
    let configured = [TransportKind::Capture, TransportKind::Smtp, TransportKind::Gmail];
    let others = configured.into_iter().filter(|way| !config.mail.transports.contains(way));
    let ways = config.mail.transports.iter().copied().chain(others);
    let routes =
        ways.filter_map(|way| server::route(config, way, parts.inbox.as_ref(), &parts.clock, &parts.entropy)).collect();
    let site = &config.site;
    mail::MailContext {
        routes,
        worker: parts.worker.clone(),
        reply_to: config.mail.reply_to.clone(),
        email_context: EmailContext::new(site, site.default_locale),
        clock: parts.clock.clone(),
        entropy: parts.entropy.clone(),
    }
}
