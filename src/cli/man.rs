//! `gatepost man`: the manual pages, made from the arguments in the code; for packages.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Command};

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Folder for the pages gatepost.1, gatepost-serve.1, …; created if missing
    folder: PathBuf,
}

/// Why the pages were not written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the manual pages to {}: {error}", folder.display())]
pub struct ManError {
    folder: PathBuf,
    error: io::Error,
}

/// Writes one page for the program and one for each command.
///
/// # Errors
/// The folder or a file cannot be written.
pub fn run(args: &ManArgs, program: Command) -> Result<(), ManError> {
    write(&args.folder, program).map_err(|error| ManError { folder: args.folder.clone(), error })
}

fn write(folder: &Path, program: Command) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    // The page would list `help` once per group of commands.
    clap_mangen::generate_to(program.disable_help_subcommand(true), folder)
}
