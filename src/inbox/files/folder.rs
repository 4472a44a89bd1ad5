//! Lists the files of a folder that can hold messages.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file that can hold messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MailFile {
    pub path: PathBuf,
    /// True if the name or the folder says that the file holds messages. Other files are read only if they turn out to
    /// be mbox files: Thunderbird and Apple Mail give these no extension.
    pub certain: bool,
}

/// The files and the folders inside a folder, each in order. Symbolic links are not followed.
#[derive(Debug, Default)]
pub(super) struct FolderContent {
    pub files: Vec<MailFile>,
    pub folders: Vec<PathBuf>,
}

/// Extensions of files that hold messages.
const EXTENSIONS: [&str; 5] = ["eml", "emlx", "mbox", "mbx", "msg"];
/// Extensions of compressed files, which are no mail but must be named: `inbox.mbox.gz`.
const COMPRESSED: [&str; 5] = ["gz", "bz2", "xz", "zst", "zip"];
/// The folders of a Maildir with its messages.
const MAILDIR: [&str; 2] = ["new", "cur"];
/// Digits of a file name that is a number: a message of an MH folder, or a time in seconds.
const MAX_DIGITS: usize = 12;

/// Lists a folder. The messages in `new` and `cur` of a Maildir count as files of the folder.
///
/// # Errors
/// The folder cannot be read.
pub(super) fn list(folder: &Path) -> io::Result<FolderContent> {
    let mut content = FolderContent::default();
    let is_maildir = MAILDIR.iter().any(|name| folder.join(name).is_dir());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_file() {
            let certain = is_named_as_mail(&path);
            content.files.push(MailFile { path, certain });
        } else if kind.is_dir() && MAILDIR.iter().any(|name| path.ends_with(name)) {
            content.files.extend(messages(&path)?);
        } else if kind.is_dir() && !(is_maildir && path.ends_with("tmp")) {
            content.folders.push(path);
        }
    }
    // The names of a Maildir start with the time of delivery; those of MH and Apple Mail are numbers.
    content.files.sort_by_cached_key(|file| sort_key(&file.path));
    content.folders.sort_unstable();
    Ok(content)
}

/// The files in `new` or `cur` of a Maildir. All of them are messages.
fn messages(folder: &Path) -> io::Result<Vec<MailFile>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push(MailFile { path: entry.path(), certain: true });
        }
    }
    Ok(files)
}

pub(super) fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
}

fn is_named_as_mail(path: &Path) -> bool {
    let is_compressed = COMPRESSED.iter().any(|extension| has_extension(path, extension));
    let path = path.file_stem().filter(|_| is_compressed).map_or(path, Path::new);
    EXTENSIONS.iter().any(|extension| has_extension(path, extension)) || is_number(&name(path))
}

fn is_number(name: &str) -> bool {
    (1..=MAX_DIGITS).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Sorts files by the number at the start of their names, and files without a number by name, behind the others.
fn sort_key(path: &Path) -> (u64, String) {
    let name = name(path);
    let start = name.split('.').next().unwrap_or_default();
    let number = if is_number(start) { start.parse().unwrap_or(u64::MAX) } else { u64::MAX };
    (number, name)
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_sorted_by_number_and_then_by_name() {
        let mut names = ["b.eml", "10.emlx", "2.emlx", "1606628040.M2.host:2,S", "a.eml", "1606628040.M1.host", "3"];
        names.sort_by_key(|name| sort_key(Path::new(name)));
        assert_eq!(names, ["2.emlx", "3", "10.emlx", "1606628040.M1.host", "1606628040.M2.host:2,S", "a.eml", "b.eml"]);
    }

    #[test]
    fn a_maildir_has_its_messages_and_its_subfolders_but_not_tmp() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["cur/1:2,S", "new/2", "tmp/3", ".Sent/cur/4", "other/5.eml", "notes.gz", "x.EML", "y.mbox.gz"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let content = list(folder.path()).unwrap();
        let files: Vec<_> = content.files.iter().map(|file| (name(&file.path), file.certain)).collect();
        let expected = [("2", true), ("1:2,S", true), ("notes.gz", false), ("x.EML", true), ("y.mbox.gz", true)];
        assert_eq!(files, expected.map(|(name, certain)| (name.to_owned(), certain)));
        assert_eq!(content.folders.iter().map(|path| name(path)).collect::<Vec<_>>(), [".Sent", "other"]);
    }
}
