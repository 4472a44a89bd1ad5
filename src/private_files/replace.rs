//! Replaces the content of a file, also where no new file can take its place.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::create::{create_folder_of, create_temporary, is_mount_point};

/// As many symbolic links as Linux follows.
const MAX_LINKS: usize = 40;

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
    let tried = match fs::canonicalize(&path).is_ok_and(|path| is_mount_point(&path)) {
        true => Err(io::Error::from(io::ErrorKind::ResourceBusy)),
        false => create_folder_of(&path).and_then(|()| create_temporary(&path, b"").map(drop)),
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
pub fn remove(path: &Path) -> io::Result<()> {
    let path = behind_links(path)?;
    match fs::remove_file(&path) {
        Err(error) if must_stay(&error) => overwrite(&path, b""),
        result => result,
    }
}

fn replace_by_rename(path: &Path, content: &[u8]) -> io::Result<()> {
    create_folder_of(path)?;
    let file = create_temporary(path, content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The new name is on disk only with its folder. Not every file system can do this for a folder.
    #[cfg(unix)]
    let _ = path.parent().map(|folder| fs::File::open(folder).and_then(|folder| folder.sync_all()));
    Ok(())
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

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_what_was_read_before_stays_readable() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/token");
        replace(&path, b"first").unwrap();
        let before = fs::File::open(&path).unwrap();
        replace(&path, b"second").unwrap();
        assert_eq!(io::read_to_string(before).unwrap(), "first");
        assert_eq!(
            (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().permissions().mode() & 0o777),
            (b"second".to_vec(), 0o600)
        );
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
        fs::write(&path, "x").unwrap();
        for content in ["a longer content", "short", ""] {
            overwrite(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        assert!(must_stay(&io::Error::from_raw_os_error(16)), "EBUSY: a mount point");
        assert!(!must_stay(&io::Error::from_raw_os_error(28)), "ENOSPC: the old content stays");
    }
}
