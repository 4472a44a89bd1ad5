//! The commands: one file per family. They wire and print; logic is below.

mod program;

pub mod gmail;
pub mod inbox;
pub mod mail;

pub use program::main;
