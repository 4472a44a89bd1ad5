//! The commands: one file per family. They wire and print; logic is below.

pub mod gmail;
pub mod inbox;
