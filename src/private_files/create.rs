//! Creates files, folders and databases, and tightens those that others may read.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// What SQLite keeps beside a database. It gives new ones the mode of the database.
const COMPANIONS: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// Creates the folder and those above it with mode 0700. A folder that exists keeps its mode.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Creates the folder of a file with [`create_folder`].
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
    let file = create_temporary(path, content)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(e) => Err(e.error),
    }
}

/// Creates a file with this content and mode 0600. Other processes see no file or the complete one; after a crash of the
/// machine it may be missing.
///
/// # Errors
/// The path exists, or the system refuses.
pub fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    create_temporary(path, content)?.persist_noclobber(path).map(drop).map_err(|error| error.error)
}

/// A file with this content and mode 0600 beside `path`, for a rename to `path`. It is removed if it is dropped.
pub fn create_temporary(path: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    let prefix = format!(".{}.", path.file_name().unwrap_or_default().to_string_lossy());
    // An empty folder stands for the current one.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(&prefix).suffix(".tmp").tempfile_in(folder)?;
    file.write_all(content)?;
    Ok(file)
}

/// Creates an SQLite database file, empty and with mode 0600, before SQLite creates it with the mode of the umask. An
/// existing one is tightened.
///
/// # Errors
/// The folder or the file cannot be created or written to, or a mount leads to the file alone. The error says what to
/// do; the caller adds the path.
pub fn create_database(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::Error::other("this is a folder; name a file in it"));
    }
    create_folder_of(path).map_err(folder_must_be_writable)?;
    // An existing file is not opened: closing it would end the locks that this process holds on it.
    if fs::metadata(path).is_err() {
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.append(true).create(true).open(path).map_err(folder_must_be_writable)?;
    }
    // SQLite keeps its companions beside the file that a link leads to.
    let path = fs::canonicalize(path)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    if is_mount_point(&path) {
        // The write-ahead log would stay behind in the container, and with it the latest data.
        return Err(io::Error::other("this file alone is mounted; SQLite keeps files beside it, so mount its folder"));
    }
    tempfile::tempfile_in(folder).map_err(folder_must_be_writable)?;
    tighten_database(&path);
    Ok(())
}

fn folder_must_be_writable(error: io::Error) -> io::Error {
    let cure = "its folder must be writable for the user that runs Gatepost, since SQLite keeps files beside it";
    io::Error::new(error.kind(), format!("{error}; {cure}"))
}

/// True if the file is a mount of its own, such as a single file that a container has from its host; `file` is canonical.
/// The number of the device does not tell: on overlay file systems it may differ between a file and its folder.
pub(super) fn is_mount_point(file: &Path) -> bool {
    is_listed(file, &fs::read_to_string("/proc/self/mountinfo").unwrap_or_default())
}

/// `mounts` is Linux's table of mounts (proc_pid_mountinfo(5)), empty on other systems.
fn is_listed(file: &Path, mounts: &str) -> bool {
    // The table writes a blank as an octal number.
    let name = file.to_string_lossy().replace(' ', "\\040");
    mounts.lines().any(|line| line.split(' ').nth(4) == Some(name.as_str()))
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
    fn the_error_for_a_database_that_cannot_be_written_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("file"), 0o600);
        let path = folder.path().join("file/below.db");
        let said = create_database(&path).unwrap_err().to_string();
        assert!(said.contains("must be writable for the user that runs Gatepost"), "{said}");
    }

    #[test]
    fn a_file_in_the_table_of_mounts_is_mounted_alone() {
        let mounts = "22 1 254:0 / / rw - ext4 /dev/vda rw\n\
                      40 22 254:0 /home/kim/x.db /data/x.db rw,relatime shared:1 - ext4 /dev/vda rw\n\
                      41 22 254:0 /home/kim/y.db /data/my\\040mail.db rw - ext4 /dev/vda rw\n";
        for (path, expected) in [("/data/x.db", true), ("/data/my mail.db", true), ("/data", false), ("/", true)] {
            assert_eq!(is_listed(Path::new(path), mounts), expected, "{path}");
        }
        assert!(!is_listed(Path::new("/data/x.db"), ""));
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
