//! Mail in files: eml, mbox, Maildir, in and out. What is read is a stranger's, names included; what is written is
//! named by our own ids alone.

mod export;
mod from_line;
mod import;
mod mbox;

pub use export::{ExportError, ExportFormat, ExportSelection, export};
pub use import::import;
