//! Import and export of eml files, mbox files and Maildirs. Imported files and their names are untrusted. Names of
//! exported files are built from message ids only.

mod emlx;
mod export;
mod file_kind;
mod folder;
mod from_line;
mod import;
mod mbox;
mod read;
mod scan;

pub use export::{ExportError, ExportFormat, ExportSelection, append_to_mbox, export};
pub use import::import;
pub use read::read;
pub use scan::{FileSelection, total_size};
