//! Import and export of eml files, mbox files and Maildirs. Imported files and their names are untrusted. Names of
//! exported files are built from message ids only.

mod emlx;
mod export;
mod file_kind;
mod folder;
mod from_line;
mod import;
mod mbox;
mod scan;

pub use export::{ExportError, ExportFormat, ExportSelection, export};
pub use import::import;
