//! The command line: one file per group of commands. They parse arguments, call the other modules and print.

mod allocator;
mod backup;
mod check;
mod connect;
mod dev;
mod http_get;
mod log;
mod man;
mod output;
mod program;
mod progress;
mod readyz;
mod restore;
mod serve;
mod service_manager;
mod settings;
mod signals;
mod users;

pub mod gmail;
pub mod inbox;
pub mod mail;
pub mod mailpit;
pub mod sendmail;

pub use program::main;
