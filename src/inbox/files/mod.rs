//! Import and export of eml files, mbox files and Maildirs. Imported files and their names are untrusted. Names of
//! exported files are built from message ids only.

mod export;
mod from_line;
mod import;
mod mbox;

pub use export::{ExportError, ExportFormat, ExportSelection, export};
pub use import::import;
