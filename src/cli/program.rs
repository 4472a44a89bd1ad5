//! The entry point: parses the arguments, runs the command and sets the exit code.

use std::io::Write as _;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::clock::Clock;
use crate::config::{self, Config, DataSettings};
use crate::random::Entropy;
use crate::secret::SecretKey;
use crate::server::{self, PassedSockets, Services};

use super::output::stdout;
use super::readyz::ReadyzError;
use super::serve::Announcement;
use super::signals::Interruption;
use super::{
    allocator, backup, check, dev, gmail, inbox, log, mail, mailpit, man, readyz, restore, sendmail, serve, settings,
    users,
};

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
    /// Run the server in the debug profile, whatever the build, and print where everything is
    Dev(dev::DevArgs),
    /// Ask the running server whether it is ready, for health checks
    Readyz,
    /// Print every setting with its value and where it comes from
    Settings(settings::SettingsArgs),
    /// Check settings, database, email templates and each transport; sends nothing
    Check(check::CheckArgs),
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
    /// Run the inbox alone, with Mailpit's flags, variables and subcommands; see `mailpit --help`
    #[command(disable_help_flag = true)]
    Mailpit {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// A drop-in `sendmail` that sends standard input to the capture server; see `sendmail --help`
    #[command(disable_help_flag = true)]
    Sendmail {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Copy the SQLite database and the inbox of a running server into one file
    Backup(backup::BackupArgs),
    /// Put a backup in the place of the databases; the server must not run
    Restore(restore::RestoreArgs),
    /// Print a new secret_key
    Secret,
    /// Print the completion script of a shell
    Completions { shell: clap_complete::Shell },
    /// Write the manual pages into a folder
    Man(man::ManArgs),
}

/// Printed by a command that has written links which lead nowhere.
const NO_ADDRESS: &str = "gatepost: links in the message have port 0, since port is 0 and the server that runs chose another; set public_url";

type ProgramFailure = Box<dyn std::error::Error>;

/// Runs the program. Exit codes: 0 on success, 1 on failure, with one line on standard error, 2 on invalid arguments.
pub fn main() -> ExitCode {
    if let Some(arguments) = sendmail::by_name() {
        return sendmail::main(arguments);
    }
    if let Some(arguments) = mailpit::by_name() {
        return mailpit::main(arguments);
    }
    let program = Program::parse();
    let command = match program.command.unwrap_or(TopCommand::Serve) {
        // It has sendmail's exit codes and needs only some of the settings.
        TopCommand::Sendmail { arguments } => return sendmail::main(arguments),
        // It has settings of its own.
        TopCommand::Mailpit { arguments } => return mailpit::main(arguments),
        command => command,
    };
    if let TopCommand::Mail(mail) = &command
        && let Some(conflict) = mail.conflict()
    {
        Program::command().error(ErrorKind::ArgumentConflict, conflict).exit();
    }
    if matches!(command, TopCommand::Serve | TopCommand::Dev(_)) {
        // Before `.env` changes the environment.
        allocator::limit_kept_memory();
    }
    let prepared = prepare(&command);
    let done = if let (Err(error), TopCommand::Check(args)) = (&prepared, &command) {
        check::report_wrong_settings(*args, &error.to_string()).map_err(ProgramFailure::from)
    } else {
        prepared.and_then(|settings| {
            let sockets = passed_sockets(&command)?;
            let runtime = runtime(&settings)?;
            runtime.block_on(run(command, settings, sockets))
        })
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gatepost: {}", error.to_string().replace(['\n', '\r'], " "));
            ExitCode::FAILURE
        }
    }
}

/// The settings that a command needs.
enum CommandSettings {
    /// None, or unchecked ones.
    Unchecked,
    /// Where the data is.
    Data(DataSettings),
    All(Box<Config>),
}

/// Reads the settings before any thread starts, since `.env` changes this process's environment. Some commands need
/// none; `settings` does not check them.
fn prepare(command: &TopCommand) -> Result<CommandSettings, ProgramFailure> {
    if is_without_settings(command) {
        return Ok(CommandSettings::Unchecked);
    }
    let figment = match command {
        TopCommand::Dev(args) => config::figment_with(&args.overrides())?,
        _ => config::figment()?,
    };
    let level: String = figment.extract_inner("log_level").unwrap_or_else(|_| "normal".to_owned());
    let level = level.to_ascii_lowercase();
    // A command reports its error on one line; its log is printed only at level debug.
    let is_silent = !matches!(command, TopCommand::Serve | TopCommand::Dev(_)) && level != "debug";
    log::install(if is_silent { "off" } else { &level });
    crate::install_crypto();
    Ok(match command {
        TopCommand::Backup(_) | TopCommand::Restore(_) | TopCommand::Inbox(_) => {
            CommandSettings::Data(DataSettings::from_figment(figment)?)
        }
        TopCommand::Serve | TopCommand::Dev(_) | TopCommand::Check(_) => {
            config::check_variables()?;
            CommandSettings::All(Box::new(Config::from_figment(figment)?))
        }
        _ => CommandSettings::All(Box::new(Config::for_command(figment)?)),
    })
}

/// `settings` and `readyz` read them, but do not check them.
fn is_without_settings(command: &TopCommand) -> bool {
    use TopCommand::{Completions, Man, Readyz, Secret, Settings};
    matches!(command, Secret | Completions { .. } | Man(_) | Readyz | Settings(_))
}

/// The sockets that a service manager passed to a server, read before any thread starts.
fn passed_sockets(command: &TopCommand) -> Result<PassedSockets, ProgramFailure> {
    match command {
        TopCommand::Serve | TopCommand::Dev(_) => Ok(PassedSockets::from_environment()?),
        _ => Ok(PassedSockets::default()),
    }
}

/// A runtime with the thread counts of Rocket's `workers` and `max_blocking`.
fn runtime(settings: &CommandSettings) -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let CommandSettings::All(config) = settings {
        let (workers, blocking) = config.threads();
        builder.worker_threads(workers).max_blocking_threads(blocking);
    }
    builder.enable_all().build()
}

async fn run(command: TopCommand, settings: CommandSettings, sockets: PassedSockets) -> Result<(), ProgramFailure> {
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let config = match settings {
        CommandSettings::Unchecked => return run_without_settings(command, &entropy),
        CommandSettings::Data(settings) => return run_on_data(command, &settings, &clock, &entropy).await,
        CommandSettings::All(config) => *config,
    };
    match command {
        TopCommand::Serve => Ok(serve::run(config, sockets, Announcement::Addresses).await?),
        TopCommand::Dev(args) => {
            let served = serve::run(config, sockets, Announcement::Everything).await;
            Ok(served.map_err(|error| args.name_flag(error))?)
        }
        TopCommand::Check(args) => Ok(check::run(args, &config).await?),
        TopCommand::Mail(command) => run_mail(command, &config, clock, entropy).await,
        TopCommand::Users(command) => {
            let parts = Services::open(&config, clock, entropy).await?;
            let locale = config.site.default_locale;
            let done = users::run(&command, &parts.accounts, locale, &mut stdout()).await;
            parts.db.close().await;
            Ok(done?)
        }
        TopCommand::Gmail(command) => {
            let outlet = &config.mail.gmail;
            Ok(gmail::run(&command, &outlet.settings, &outlet.from, &clock, &entropy).await?)
        }
        // These ran with fewer settings, or before.
        TopCommand::Backup(_)
        | TopCommand::Restore(_)
        | TopCommand::Inbox(_)
        | TopCommand::Secret
        | TopCommand::Completions { .. }
        | TopCommand::Man(_)
        | TopCommand::Readyz
        | TopCommand::Mailpit { .. }
        | TopCommand::Settings(_)
        | TopCommand::Sendmail { .. } => Ok(()),
    }
}

/// Runs a command that needs only the files of the data.
async fn run_on_data(
    command: TopCommand,
    settings: &DataSettings,
    clock: &Clock,
    entropy: &Entropy,
) -> Result<(), ProgramFailure> {
    let interruption = match &command {
        TopCommand::Inbox(command) if !command.is_long() => Interruption::default(),
        _ => Interruption::watch()?,
    };
    match command {
        TopCommand::Backup(args) => backup::back_up(&args, settings, clock.now(), &interruption, &mut stdout())?,
        TopCommand::Restore(args) => {
            restore::restore(&args, settings, clock.now(), &interruption, &mut stdout()).await?;
        }
        TopCommand::Inbox(command) => {
            let store = server::open_inbox(&settings.inbox, clock, entropy).await?;
            inbox::run(command, &store, &interruption, &mut stdout(), &mut std::io::stderr()).await?;
        }
        _ => {}
    }
    Ok(())
}

async fn run_mail(
    command: mail::MailCommand,
    config: &Config,
    clock: Clock,
    entropy: Entropy,
) -> Result<(), ProgramFailure> {
    let parts = Services::open(config, clock, entropy).await?;
    let mut has_address = true;
    if command.renders_an_email() {
        config.site.folder.open()?;
        has_address = server::settle_public_url(config);
    }
    let context = mail::MailContext::new(config, &parts);
    let done = mail::run(command, &context, &mut stdout()).await;
    context.close().await;
    parts.db.close().await;
    if done.is_ok() && !has_address {
        eprintln!("{NO_ADDRESS}");
    }
    Ok(done?)
}

fn run_without_settings(command: TopCommand, entropy: &Entropy) -> Result<(), ProgramFailure> {
    let mut out = stdout();
    match command {
        TopCommand::Settings(args) => settings::run(&args, config::figment()?, &mut out)?,
        TopCommand::Completions { shell } => {
            clap_complete::generate(shell, &mut Program::command(), "gatepost", &mut out);
        }
        TopCommand::Readyz => {
            let asked = readyz::run(config::site_address(config::figment()?)?, &mut out);
            match asked {
                // A container without a site may run the inbox alone.
                Err(ReadyzError::Unreachable { .. }) if mailpit::is_ready() => writeln!(out, "ready")?,
                asked => asked?,
            }
        }
        TopCommand::Man(args) => man::run(&args, Program::command())?,
        _ => writeln!(out, "{}", SecretKey::generate(entropy).encode())?,
    }
    Ok(())
}
