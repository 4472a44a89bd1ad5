//! `gatepost restore`: puts a backup in the place of the databases. The whole backup is checked before anything changes.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::clock::Time;
use crate::config::DataSettings;
use crate::db::{self, Db, Dialect, sqlite_file};
use crate::inbox;
use crate::private_files;
use crate::secret::SecretKey;

use super::backup::{BackupError, DATABASE, DataFile, INBOX, KEY, at, data_files};
use super::progress::CountingReader;
use super::signals::Interruption;

#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// A file that `gatepost backup` created
    file: PathBuf,
}

/// What SQLite keeps beside a database, and the database itself.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", ""];
/// The most names that are tried for a former file.
const MAX_NAMES: u32 = 1_000;

/// Replaces the databases by those of the backup. The present ones are kept beside them, with `.before-restore-` and the
/// time in their names.
///
/// # Errors
/// When a server runs, or the file is not a usable backup. Nothing is changed then.
pub async fn restore(
    args: &RestoreArgs,
    settings: &DataSettings,
    now: Time,
    interruption: &Interruption,
    out: &mut (dyn Write + Send),
) -> Result<(), BackupError> {
    let files = data_files(settings)?;
    let mut locks = Vec::new();
    for file in files.iter().filter(|file| file.is_database && file.path.exists()) {
        locks.push(sqlite_file::lock(&file.path)?);
    }
    let restored = extract(&args.file, &files, interruption)?;
    for (file, extracted) in &restored {
        check(&args.file, file, &extracted.path()).await?;
    }
    if interruption.is_set() {
        return Err(BackupError::Interrupted);
    }
    for (file, extracted) in restored {
        let kept = set_aside(&file.path, now)?;
        fs::rename(extracted.path(), &file.path).map_err(at(&file.path))?;
        match kept {
            Some(kept) => writeln!(out, "{}: restored; the former one is {}", file.path.display(), kept.display())?,
            None => writeln!(out, "{}: restored", file.path.display())?,
        }
    }
    drop(locks);
    Ok(())
}

/// Extracts every file of the archive; each must be one of `files`, once.
fn extract<'f>(
    archive: &Path,
    files: &'f [DataFile],
    interruption: &Interruption,
) -> Result<Vec<(&'f DataFile, Extracted)>, BackupError> {
    let mut restored: Vec<(&DataFile, Extracted)> = Vec::new();
    let mut tar = tar::Archive::new(File::open(archive).map_err(at(archive))?);
    for entry in tar.entries().map_err(|e| not_backup(archive, e))? {
        let mut entry = entry.map_err(|e| not_backup(archive, e))?;
        let name = entry.path().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(file) = files.iter().find(|file| file.name == name) else {
            return Err(not_backup(archive, format!("it holds {name:?}")));
        };
        // A link would lead to a file outside the backup.
        if !entry.header().entry_type().is_file() {
            return Err(not_backup(archive, format!("its {name} is not a regular file")));
        }
        if entry.size() == 0 {
            return Err(not_backup(archive, format!("its {name} is empty")));
        }
        if restored.iter().any(|(other, _)| other.name == file.name) {
            return Err(not_backup(archive, format!("it holds {name} twice")));
        }
        let extracted = Extracted::new(&mut entry, file, interruption);
        if interruption.is_set() {
            return Err(BackupError::Interrupted);
        }
        restored.push((file, extracted.map_err(|e| not_backup(archive, e))?));
    }
    if !restored.iter().any(|(file, _)| file.is_database) {
        return Err(not_backup(archive, "it holds no database"));
    }
    Ok(restored)
}

/// Checks an extracted file: a database must be one of Gatepost's. It is opened as the server does, which also refuses
/// another version's, and its pages are checked.
async fn check(archive: &Path, file: &DataFile, path: &Path) -> Result<(), BackupError> {
    let foreign = || not_backup(archive, format!("its {} is not a database of Gatepost", file.name));
    match file.name {
        DATABASE if !db::is_account_database(path)? => return Err(foreign()),
        DATABASE => Db::open(&Dialect::sqlite_url(path)).await?.close().await,
        INBOX if !inbox::is_inbox_file(path)? => return Err(foreign()),
        INBOX => inbox::migrate_file(path).await?,
        KEY => {
            let text = fs::read_to_string(path).map_err(|e| not_backup(archive, format!("its {KEY}: {e}")))?;
            SecretKey::parse(&text).map_err(|e| not_backup(archive, format!("its {KEY}: {e}")))?;
            return Ok(());
        }
        _ => return Ok(()),
    }
    Ok(sqlite_file::verify(path)?)
}

/// A file of the archive in a folder of its own, which is removed with what SQLite adds to it.
struct Extracted {
    folder: tempfile::TempDir,
    name: &'static str,
}

impl Extracted {
    /// Extracts an entry into the folder of `target`, so that a rename puts it into place.
    fn new(entry: &mut tar::Entry<'_, File>, target: &DataFile, interruption: &Interruption) -> io::Result<Self> {
        private_files::create_folder_of(&target.path)?;
        let parent = target.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = tempfile::Builder::new().prefix(".gatepost-restore-").tempdir_in(parent)?;
        let extracted = Extracted { folder, name: target.name };
        let mut file = private_files::create_file(&extracted.path())?;
        let size = entry.size();
        io::copy(&mut CountingReader::new(entry, "extracting", size, interruption), &mut file)?;
        file.sync_all()?;
        Ok(extracted)
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }
}

/// Renames a file and what SQLite keeps beside it; returns the new name of the file. A file of that name, such as that of
/// another restore within the same second, is never replaced.
fn set_aside(path: &Path, now: Time) -> Result<Option<PathBuf>, BackupError> {
    let time = now.timestamp().strftime("%Y%m%dT%H%M%SZ").to_string();
    let with = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let is_free = |suffix: &String| {
        COMPANIONS.iter().all(|companion| with(&format!("{suffix}{companion}")).symlink_metadata().is_err())
    };
    let mut suffixes = (1..=MAX_NAMES).map(|number| match number {
        1 => format!(".before-restore-{time}"),
        number => format!(".before-restore-{time}-{number}"),
    });
    let Some(suffix) = suffixes.find(is_free) else {
        return Err(at(&with(&format!(".before-restore-{time}")))(io::ErrorKind::AlreadyExists.into()));
    };
    let mut kept = None;
    for companion in COMPANIONS {
        let (from, to) = (with(companion), with(&format!("{suffix}{companion}")));
        if from.exists() {
            fs::rename(&from, &to).map_err(at(&from))?;
            kept = Some(to);
        }
    }
    Ok(kept)
}

fn not_backup(path: &Path, reason: impl ToString) -> BackupError {
    BackupError::NotBackup { path: path.to_owned(), reason: reason.to_string() }
}
