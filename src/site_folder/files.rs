//! Reads the folder's files into memory. Everything else works on this copy, so no template can reach another file.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::problem::SiteProblem;

/// Largest file, in bytes. Gmail shows no more than 102 KB of an email.
const MAX_FILE: u64 = 512 * 1024;
/// Most files and folders that are looked at.
const MAX_FILES: usize = 2_000;
/// Deepest file: `emails/<name>/<locale>/<folder>/<file>` has depth 5.
const MAX_DEPTH: usize = 6;
/// The files of emails that are read. Others, such as pictures and an editor's copies, are ignored.
const EMAIL_FILES: [&str; 4] = ["txt", "html", "css", "json"];

/// Text by path below the folder, such as `emails/welcome/body.html`.
pub(super) type SiteFiles = BTreeMap<String, String>;

/// A file, as its folder lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listed {
    path: PathBuf,
    size: u64,
    modified: Option<SystemTime>,
}

/// Which files the folder has, with their sizes and times. Equal if nothing has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    files: BTreeMap<String, Listed>,
    problems: Vec<SiteProblem>,
}

impl Listing {
    /// Lists the files that count. A folder that does not exist has none.
    pub(super) fn of(folder: &Path) -> Self {
        let mut listing = Listing::default();
        match fs::canonicalize(folder) {
            Ok(root) => {
                let mut seen = 0;
                listing.add_folder(&root, &root, "", &mut seen);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => listing.problems.push(SiteProblem::new("", None, format!("cannot read it: {error}"))),
        }
        listing
    }

    fn add_folder(&mut self, root: &Path, folder: &Path, prefix: &str, seen: &mut usize) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.fault(prefix.trim_end_matches('/'), format!("cannot read it: {error}")),
        };
        for entry in entries.flatten() {
            *seen += 1;
            if *seen > MAX_FILES {
                return self.fault("", format!("more than {MAX_FILES} files"));
            }
            let Some(name) = entry.file_name().to_str().map(|name| format!("{prefix}{name}")) else { continue };
            if counts(&name) {
                self.add(root, &entry.path(), &name, seen);
            }
        }
    }

    fn add(&mut self, root: &Path, path: &Path, name: &str, seen: &mut usize) {
        let found = fs::canonicalize(path).and_then(|real| fs::metadata(&real).map(|metadata| (real, metadata)));
        let (real, metadata) = match found {
            Ok(found) => found,
            Err(error) => return self.fault(name, format!("cannot read it: {error}")),
        };
        if !real.starts_with(root) {
            return self.fault(name, "leads out of the folder; copy the file instead".to_owned());
        }
        if metadata.is_dir() {
            if name.matches('/').count() + 2 > MAX_DEPTH {
                return self.fault(name, format!("folders are nested more than {} deep", MAX_DEPTH - 1));
            }
            return self.add_folder(root, &real, &format!("{name}/"), seen);
        }
        if metadata.is_file() && is_read(name) {
            let modified = metadata.modified().ok();
            self.files.insert(name.to_owned(), Listed { path: real, size: metadata.len(), modified });
        }
    }

    fn fault(&mut self, file: &str, reason: String) {
        let problem = SiteProblem::new(file, None, reason);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Reads every listed file.
    ///
    /// # Errors
    /// Every file that is too large, unreadable or not UTF-8.
    pub(super) fn read(&self) -> Result<SiteFiles, Vec<SiteProblem>> {
        let mut files = SiteFiles::new();
        let mut problems = self.problems.clone();
        for (name, listed) in &self.files {
            match read(listed) {
                Ok(text) => drop(files.insert(name.clone(), text)),
                Err(reason) => problems.push(SiteProblem::new(name, None, reason)),
            }
        }
        if problems.is_empty() { Ok(files) } else { Err(problems) }
    }
}

/// True for a path that may be, or may hold, a file of the site.
fn counts(name: &str) -> bool {
    let hidden = name.rsplit('/').next().is_some_and(|last| last.starts_with('.'));
    let first = name.split('/').next().unwrap_or_default();
    !hidden && ["emails", "locales", "logo.svg", "theme.css"].contains(&first)
}

fn is_read(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match name.split_once('/') {
        Some(("emails", _)) => EMAIL_FILES.contains(&extension),
        Some(("locales", _)) => extension == "ftl",
        _ => true,
    }
}

fn read(listed: &Listed) -> Result<String, String> {
    if listed.size > MAX_FILE {
        return Err(format!("too large: {} bytes, at most {MAX_FILE} are allowed", listed.size));
    }
    let mut bytes = Vec::new();
    let file = File::open(&listed.path).map_err(|error| format!("cannot read it: {error}"))?;
    // The file may have grown since it was listed.
    file.take(MAX_FILE).read_to_end(&mut bytes).map_err(|error| format!("cannot read it: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}
