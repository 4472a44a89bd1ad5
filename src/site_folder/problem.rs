//! What is wrong with a file of the folder, with its line.

use std::fmt;

/// One fault of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteProblem {
    /// The path below the folder, with `/`; empty for the folder itself.
    pub file: String,
    /// From 1; `None` if the fault is not in a line.
    pub line: Option<usize>,
    /// One line of text.
    pub reason: String,
}

impl SiteProblem {
    pub(super) fn new(file: &str, line: Option<usize>, reason: impl Into<String>) -> Self {
        SiteProblem { file: file.to_owned(), line, reason: reason.into().replace(['\n', '\r'], " ") }
    }
}

impl fmt::Display for SiteProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.reason),
            None => write!(f, "{}: {}", self.file, self.reason),
        }
    }
}

/// Why a folder is not used. Displayed as one line: the first fault, and how many others there are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct SiteError {
    /// The folder, as the settings name it.
    pub folder: String,
    /// At least one.
    pub problems: Vec<SiteProblem>,
}

impl SiteError {
    /// Each fault on a line of its own, with the path of its file.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.problems.iter().map(|problem| match problem.file.is_empty() {
            true => format!("{}: {}", self.folder, problem.reason),
            false => format!("{}/{problem}", self.folder),
        })
    }
}

impl fmt::Display for SiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().next().unwrap_or_default())?;
        match self.problems.len() {
            0 | 1 => Ok(()),
            count => write!(f, " (and {} more: `gatepost check` lists them)", count - 1),
        }
    }
}
