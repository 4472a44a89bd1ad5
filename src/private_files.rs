//! Creates files and folders that only their owner may read: modes 0600 and 0700, whatever the umask. All files of
//! Gatepost are created by these functions or with the same modes, since the databases hold addresses, captured mail
//! and valid links.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

/// What SQLite keeps beside a database. It gives new ones the mode of the database.
const COMPANIONS: [&str; 4] = ["", "-wal", "-shm", "-journal"];
/// As many symbolic links as Linux follows.
const MAX_LINKS: usize = 40;

/// Creates the folder and those above it with mode 0700. A folder that exists keeps its mode.
///
/// # Errors
/// The system refuses.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Creates the folder of a file with [`create_folder`].
///
/// # Errors
/// The system refuses.
pub fn create_folder_of(file: &Path) -> io::Result<()> {
    match file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => create_folder(folder),
        None => Ok(()),
    }
}

/// Creates a file with mode 0600.
///
/// # Errors
/// The path exists, also as a symbolic link, or the system refuses.
pub fn create_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true).create_new(true).open(path)
}

/// Creates a file with this content and mode 0600, unless it exists; returns true if it was created. Other processes see
/// no file or the complete one, and a file that exists is never replaced.
///
/// # Errors
/// The folder or the file cannot be created.
pub fn create_once(path: &Path, content: &[u8]) -> io::Result<bool> {
    create_folder_of(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A temporary file of this crate has mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(e) => Err(e.error),
    }
}

/// How [`replace`] writes a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// A new file takes its place: other processes, and a restart after a crash, find the old content or the new.
    Renamed,
    /// The content is written into the file, which must stay: it is a mount point, as a single file in a container is,
    /// or its folder takes no new files.
    Overwritten,
}

/// Writes the content of a file with mode 0600 to disk; creates the file and its folder if they are missing. A symbolic
/// link stays, and the file that it leads to is written. [`Replacement`] says how.
///
/// # Errors
/// The system refuses; then the old content stays.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let path = behind_links(path)?;
    match replace_by_rename(&path, content) {
        Err(error) if must_stay(&error) && path.is_file() => overwrite(&path, content),
        result => result,
    }
}

/// How [`replace`] would write this file. Nothing in it changes.
///
/// # Errors
/// It cannot be written.
pub fn replacement(path: &Path) -> io::Result<Replacement> {
    let path = behind_links(path)?;
    if path.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    let tried = match is_mount_point(&path) {
        true => Err(io::Error::from(io::ErrorKind::ResourceBusy)),
        false => temporary_for(&path).and_then(|(_, temporary)| fs::remove_file(temporary)),
    };
    match tried {
        Ok(()) => Ok(Replacement::Renamed),
        Err(error) if must_stay(&error) => match OpenOptions::new().write(true).open(&path) {
            Ok(_) => Ok(Replacement::Overwritten),
            Err(_) => Err(error),
        },
        Err(error) => Err(error),
    }
}

/// Removes a file and leaves the symbolic links that lead to it; empties one that must stay.
///
/// # Errors
/// The system refuses.
pub fn remove(path: &Path) -> io::Result<()> {
    let path = behind_links(path)?;
    match fs::remove_file(&path) {
        Err(error) if must_stay(&error) => overwrite(&path, b""),
        result => result,
    }
}

fn replace_by_rename(path: &Path, content: &[u8]) -> io::Result<()> {
    let (mut file, temporary) = temporary_for(path)?;
    let replaced = file.write_all(content).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&temporary, path));
    if replaced.is_err() {
        // It holds what may be a secret. A failure to remove it would add nothing to the error.
        let _ = fs::remove_file(&temporary);
        return replaced;
    }
    // The new name is on disk only with its folder. Not every file system can do this for a folder.
    #[cfg(unix)]
    let _ = path.parent().map(|folder| File::open(folder).and_then(|folder| folder.sync_all()));
    Ok(())
}

/// Creates a file beside `path`, in a folder that is created if it is missing. One that an interrupted write has left is
/// removed first, never followed or reused.
fn temporary_for(path: &Path) -> io::Result<(File, PathBuf)> {
    create_folder_of(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    Ok((create_file(&temporary)?, temporary))
}

/// True if no other file can take its place, although it may be writable.
fn must_stay(error: &io::Error) -> bool {
    use io::ErrorKind::{CrossesDevices, PermissionDenied, ReadOnlyFilesystem, ResourceBusy};
    matches!(error.kind(), ResourceBusy | PermissionDenied | ReadOnlyFilesystem | CrossesDevices)
}

/// Writes into the file itself, and the old content again if that fails.
fn overwrite(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut old = Vec::new();
    file.read_to_end(&mut old)?;
    let mut write = |content: &[u8]| {
        file.rewind()?;
        file.write_all(content)?;
        file.set_len(content.len() as u64)?;
        file.sync_all()
    };
    write(content).inspect_err(|_| drop(write(&old)))
}

/// The file that a path leads to, which need not exist.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// True if something is mounted at this file alone. Linux lists mount points with escaped blanks.
fn is_mount_point(path: &Path) -> bool {
    let Ok(path) = fs::canonicalize(path) else { return false };
    let shown = path.to_string_lossy().replace(' ', "\\040");
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    mounts.lines().any(|line| line.split(' ').nth(4) == Some(&shown))
}

/// Creates an SQLite database file, empty and with mode 0600, before SQLite creates it with the mode of the umask. An
/// existing one is tightened.
///
/// # Errors
/// The folder or the file cannot be created.
pub fn create_database(path: &Path) -> io::Result<()> {
    create_folder_of(path)?;
    // An existing file is not opened: closing it would end the locks that this process holds on it.
    if fs::metadata(path).is_err() {
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.append(true).create(true).open(path)?;
    }
    tighten_database(path);
    Ok(())
}

/// Sets a database and what SQLite keeps beside it to 0600, as far as they exist.
pub fn tighten_database(path: &Path) {
    // SQLite names the companions after the file that a link leads to.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    for suffix in COMPANIONS {
        let mut name = OsString::from(&path);
        name.push(suffix);
        tighten(Path::new(&name));
    }
}

/// Sets a file that others may read or write to 0600. Where that is not possible, for example because the file belongs
/// to another user, the log says so and the file stays usable.
pub fn tighten(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let Ok(found) = fs::metadata(path) else { return };
        if !found.is_file() || found.permissions().mode() & 0o077 == 0 {
            return;
        }
        if let Err(error) = fs::set_permissions(path, fs::Permissions::from_mode(0o600)) {
            tracing::warn!(path = %path.display(), %error, "cannot set the mode of this file to 0600; other users may read it");
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn write(path: &Path, mode: u32) {
        fs::write(path, "x").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_database_its_companions_and_new_folders_are_private_to_the_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one/two/x.db");
        create_database(&path).unwrap();
        assert_eq!([path.as_path(), path.parent().unwrap()].map(mode), [0o600, 0o700]);
        assert_eq!(mode(&folder.path().join("one")), 0o700);
        let companions = ["x.db", "x.db-wal", "x.db-shm", "x.db-journal"].map(|name| path.with_file_name(name));
        companions.iter().for_each(|path| write(path, 0o664));
        create_database(&path).unwrap();
        assert_eq!(companions.each_ref().map(|path| mode(path)), [0o600; 4]);
        assert_eq!(fs::read(&path).unwrap(), b"x", "the existing database is not truncated");
    }

    #[test]
    fn a_folder_that_exists_and_other_files_in_it_keep_their_modes() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        write(&folder.path().join("notes"), 0o644);
        create_database(&folder.path().join("x.db")).unwrap();
        assert_eq!((mode(folder.path()), mode(&folder.path().join("notes"))), (0o755, 0o644));
    }

    #[test]
    fn a_file_that_exists_is_neither_created_again_nor_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/key");
        assert!(create_once(&path, b"first").unwrap());
        assert!(!create_once(&path, b"second").unwrap());
        assert!(create_file(&path).is_err());
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"first".to_vec(), 0o600));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file is left");
        create_file(&folder.path().join("file")).unwrap();
        assert_eq!(mode(&folder.path().join("file")), 0o600);
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_what_was_read_before_stays_readable() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/token");
        replace(&path, b"first").unwrap();
        let before = File::open(&path).unwrap();
        replace(&path, b"second").unwrap();
        assert_eq!(io::read_to_string(before).unwrap(), "first");
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"second".to_vec(), 0o600));
        assert_eq!(replacement(&path).unwrap(), Replacement::Renamed);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file is left");
        assert!(replace(path.parent().unwrap(), b"x").is_err() && replacement(path.parent().unwrap()).is_err());
    }

    #[test]
    fn a_replaced_link_stays_and_leads_to_the_new_content() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("real")).unwrap();
        symlink("real/token", at("second")).unwrap();
        symlink(at("second"), at("first")).unwrap();
        for content in [b"one", b"two"] {
            replace(&at("first"), content).unwrap();
            assert_eq!(fs::read(at("real/token")).unwrap(), content);
            assert!(at("first").is_symlink() && at("second").is_symlink());
        }
        symlink(at("round"), at("round")).unwrap();
        assert!(replace(&at("round"), b"x").is_err(), "a link to itself ends nowhere");
    }

    #[test]
    fn a_file_that_must_stay_is_written_in_place_with_its_new_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        write(&path, 0o600);
        for content in ["a longer content", "short", ""] {
            overwrite(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        assert!(must_stay(&io::Error::from_raw_os_error(16)), "EBUSY: a mount point");
        assert!(!must_stay(&io::Error::from_raw_os_error(28)), "ENOSPC: the old content stays");
    }

    #[test]
    fn a_link_leads_to_the_file_that_is_created_or_tightened() {
        let folder = tempfile::tempdir().unwrap();
        let (link, real) = (folder.path().join("link.db"), folder.path().join("real.db"));
        symlink(&real, &link).unwrap();
        create_database(&link).unwrap();
        assert_eq!(mode(&real), 0o600);
        write(&real, 0o644);
        write(&folder.path().join("real.db-wal"), 0o644);
        create_database(&link).unwrap();
        assert_eq!((mode(&real), mode(&folder.path().join("real.db-wal"))), (0o600, 0o600));
    }
}
