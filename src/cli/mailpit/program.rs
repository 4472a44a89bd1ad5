//! The entry point of `gatepost mailpit`: finds the subcommand and sets the exit code.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use crate::cli::output::stdout;
use crate::cli::sendmail;
use crate::config::mailpit::MailpitUsageError;

use super::failure::{MailpitFailure, MailpitResult, failed};
use super::{dump, help, ingest, readyz, serve};

/// The commands that share the help; `sendmail` has its own.
const COMMANDS: [&str; 5] = ["version", "readyz", "ingest", "dump", "reindex"];

/// The arguments, if the program was called as `mailpit`.
pub fn by_name() -> Option<Vec<String>> {
    let mut arguments = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    let program = arguments.next()?;
    (Path::new(&program).file_stem()? == "mailpit").then(|| arguments.collect())
}

/// Runs the command; `arguments` do not include the program's name.
pub fn main(arguments: Vec<String>) -> ExitCode {
    let (text, code) = match run(arguments) {
        Ok(code) => return code,
        Err(MailpitFailure::Usage(text)) => (text, 2),
        Err(MailpitFailure::Failed(text)) => (text, 1),
    };
    eprintln!("mailpit: {}", text.replace(['\n', '\r'], " "));
    ExitCode::from(code)
}

/// True if the environment says where an inbox alone listens (`MP_UI_BIND_ADDR`), and that inbox is ready.
pub fn is_ready() -> bool {
    let variables = variables();
    variables.contains_key("MP_UI_BIND_ADDR") && readyz::run(Vec::new(), &variables).is_ok()
}

fn run(mut arguments: Vec<String>) -> Result<ExitCode, MailpitFailure> {
    let variables = variables();
    let name = arguments.first().filter(|name| !name.starts_with('-')).cloned();
    let Some(name) = name else { return serve::run(arguments, &variables).map(|()| ExitCode::SUCCESS) };
    let rest = arguments.split_off(1);
    let has_help = COMMANDS.contains(&name.as_str());
    if has_help && rest.iter().any(|argument| ["--help", "-h"].contains(&argument.as_str())) {
        return help::print().map(|()| ExitCode::SUCCESS);
    }
    match name.as_str() {
        // It has sendmail's exit codes.
        "sendmail" => return Ok(sendmail::main_at(rest, "localhost:1025")),
        "version" => print_version(&rest)?,
        "readyz" => readyz::run(rest, &variables)?,
        "ingest" => ingest::run(rest)?,
        "dump" => dump::run(rest)?,
        "reindex" => dump::reindex(rest)?,
        "help" => help::print()?,
        _ => return Err(MailpitUsageError::Argument(name).into()),
    }
    Ok(ExitCode::SUCCESS)
}

/// The environment as far as it is UTF-8.
fn variables() -> BTreeMap<String, String> {
    let all = std::env::vars_os();
    all.filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))).collect()
}

/// `version`; Mailpit's `--no-release-check` is accepted, since no release is looked up.
fn print_version(arguments: &[String]) -> MailpitResult {
    if let Some(unknown) = arguments.iter().find(|argument| !["--no-release-check", "-n"].contains(&argument.as_str()))
    {
        return Err(MailpitUsageError::Argument(unknown.clone()).into());
    }
    let (own, api) = (env!("CARGO_PKG_VERSION"), crate::web::inbox::VERSION);
    writeln!(stdout(), "gatepost v{own}, with the API of mailpit {api}").map_err(failed)
}
