//! `gatepost backup`: the account database on SQLite, the inbox and the generated key, in one tar file. A backup is taken
//! while the server runs. `restore` puts it back.

use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::clock::Time;
use crate::config::DataSettings;
use crate::db::{Dialect, OpenError, SqliteFileError, sqlite_file};
use crate::inbox::InboxOpenError;
use crate::private_files;

use super::progress::{CountingReader, Progress, ProgressUnit};
use super::signals::Interruption;

#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to create, a tar archive; it must not exist
    file: PathBuf,
}

/// Why the command failed, on one line.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("the account database is on PostgreSQL; use pg_dump and pg_restore")]
    Postgres,
    #[error("{} exists; choose another file, a backup is never overwritten", .0.display())]
    Exists(PathBuf),
    #[error("{} is not a backup of Gatepost: {reason}", path.display())]
    NotBackup { path: PathBuf, reason: String },
    #[error("nothing to back up: neither {} nor {} exists", .0.display(), .1.display())]
    Nothing(PathBuf, PathBuf),
    #[error("{0}; stop the server first")]
    InUse(SqliteFileError),
    #[error(transparent)]
    Sqlite(SqliteFileError),
    #[error("the database in the backup: {0}")]
    Database(#[from] OpenError),
    #[error("the inbox in the backup: {0}")]
    Inbox(#[from] InboxOpenError),
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("interrupted; nothing was changed")]
    Interrupted,
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

impl From<SqliteFileError> for BackupError {
    fn from(error: SqliteFileError) -> Self {
        match error {
            error @ SqliteFileError::InUse(_) => BackupError::InUse(error),
            SqliteFileError::Interrupted => BackupError::Interrupted,
            error => BackupError::Sqlite(error),
        }
    }
}

/// A file of the data folder and its name in the archive.
pub(super) struct DataFile {
    pub name: &'static str,
    pub path: PathBuf,
    pub is_database: bool,
}

pub(super) const DATABASE: &str = "gatepost.db";
pub(super) const INBOX: &str = "inbox.db";
pub(super) const KEY: &str = "secret_key";

/// The files that a backup holds, as far as they exist.
pub(super) fn data_files(settings: &DataSettings) -> Result<[DataFile; 3], BackupError> {
    let database = Dialect::sqlite_path(settings.database_url.expose()).ok_or(BackupError::Postgres)?;
    let key = database.with_file_name("secret_key");
    Ok([
        DataFile { name: DATABASE, path: database, is_database: true },
        DataFile { name: INBOX, path: settings.inbox.path.clone(), is_database: true },
        DataFile { name: KEY, path: key, is_database: false },
    ])
}

/// Writes the backup, prints one line per file.
///
/// # Errors
/// When a database cannot be read or the file cannot be written. An incomplete file is removed.
pub fn back_up(
    args: &BackupArgs,
    settings: &DataSettings,
    now: Time,
    interruption: &Interruption,
    out: &mut dyn Write,
) -> Result<(), BackupError> {
    let files = data_files(settings)?;
    if args.file.exists() {
        return Err(BackupError::Exists(args.file.clone()));
    }
    for file in &files {
        file.path.try_exists().map_err(at(&file.path))?;
    }
    if !files.iter().any(|file| file.is_database && file.path.exists()) {
        let [database, inbox, _] = files;
        return Err(BackupError::Nothing(database.path, inbox.path));
    }
    let target = absolute(&args.file)?;
    let folder = target.parent().unwrap_or(Path::new("."));
    // Beside the result: the copies need as much space as it does, and a link stays within one file system.
    let work = tempfile::Builder::new().prefix(".gatepost-backup-").tempdir_in(folder).map_err(at(folder))?;
    let archive = work.path().join("archive");
    let mut tar = tar::Builder::new(private_files::create_file(&archive).map_err(at(&archive))?);
    for file in files.iter().filter(|file| file.path.exists()) {
        let copy = work.path().join(file.name);
        match file.is_database {
            true => copy_database(&file.path, &copy, interruption)?,
            false => {
                fs::copy(&file.path, &copy).map_err(at(&file.path))?;
            }
        }
        let size = append(&mut tar, &copy, file.name, now, interruption).map_err(at_unless(interruption, &target))?;
        fs::remove_file(&copy).map_err(at(&copy))?;
        writeln!(out, "{}: {size} bytes", file.path.display())?;
    }
    tar.into_inner().and_then(|file| file.sync_all()).map_err(at(&target))?;
    // A hard link fails where the file exists by now; a rename would replace it.
    fs::hard_link(&archive, &target).map_err(at(&target))?;
    Ok(writeln!(out, "written to {}", args.file.display())?)
}

fn copy_database(from: &Path, to: &Path, interruption: &Interruption) -> Result<(), SqliteFileError> {
    const PAGE: u64 = 4_096;
    let mut progress = Progress::new("copying", ProgressUnit::Bytes, 0);
    sqlite_file::copy(from, to, |done, all| {
        progress.set(done * PAGE, all * PAGE);
        if interruption.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
}

fn append(
    tar: &mut tar::Builder<File>,
    from: &Path,
    name: &str,
    now: Time,
    interruption: &Interruption,
) -> io::Result<u64> {
    let file = File::open(from)?;
    let size = file.metadata()?.len();
    let mut file = CountingReader::new(file, "writing", size, interruption);
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    header.set_mtime(u64::try_from(now.millis() / 1_000).unwrap_or_default());
    tar.append_data(&mut header, name, &mut file)?;
    Ok(size)
}

fn absolute(path: &Path) -> Result<PathBuf, BackupError> {
    std::path::absolute(path).map_err(at(path))
}

pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |error| BackupError::File { path, error }
}

/// [`at`], unless a signal is the cause.
fn at_unless(interruption: &Interruption, path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let (interruption, at) = (interruption.clone(), at(path));
    move |error| if interruption.is_set() { BackupError::Interrupted } else { at(error) }
}
