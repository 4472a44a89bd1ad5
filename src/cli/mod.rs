//! The commands: one file per family. They wire and print; logic is below.

mod check;
mod log;
mod output;
mod program;
mod serve;
mod users;

pub mod gmail;
pub mod inbox;
pub mod mail;
pub mod sendmail;

pub use program::main;
