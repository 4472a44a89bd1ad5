//! The address at which SQLite reads a database without a change of it: whose file it is must be known before modes and
//! pragmas are applied.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

/// What holds data that is newer than the database itself.
const NEWER: [&str; 2] = ["-wal", "-journal"];

/// The URI for a read-only connection of SQLite. `None` if there is no file or an empty one.
///
/// A database that no program has open is read as immutable: SQLite then locks nothing and creates no file beside it.
pub fn read_only_uri(path: &Path) -> Option<String> {
    let found = fs::metadata(path).ok().filter(|found| found.is_file() && found.len() > 0);
    // SQLite keeps its companions beside the file that a link leads to.
    let path = found.and_then(|_| fs::canonicalize(path).ok())?;
    let is_there = |suffix: &str| {
        let mut name = OsString::from(&path);
        name.push(suffix);
        Path::new(&name).exists()
    };
    let mode = if NEWER.into_iter().any(is_there) { "mode=ro" } else { "immutable=1" };
    let name = path.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    Some(format!("file:{name}?{mode}"))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn the_address_escapes_the_path_and_says_whether_the_database_is_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let folder = fs::canonicalize(folder.path()).unwrap();
        let path = folder.join("a%b?c#d.db");
        assert_eq!(read_only_uri(&path), None);
        fs::write(&path, "").unwrap();
        assert_eq!((read_only_uri(&path), read_only_uri(&folder)), (None, None));
        fs::write(&path, "x").unwrap();
        let expected = format!("file:{}/a%25b%3Fc%23d.db", folder.display());
        assert_eq!(read_only_uri(&path), Some(format!("{expected}?immutable=1")));
        fs::write(folder.join("a%b?c#d.db-wal"), "").unwrap();
        assert_eq!(read_only_uri(&path), Some(format!("{expected}?mode=ro")));
    }
}
