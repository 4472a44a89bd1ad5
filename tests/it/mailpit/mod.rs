//! `gatepost mailpit`: options, subcommands, POP3, what presets of Mailpit do with it, and the clients of Mailpit.

mod commands;
mod cypress;
mod documents;
mod errors;
mod logins;
mod messages;
mod options;
mod pop3;
#[cfg(target_os = "linux")]
mod presets;
#[cfg(target_os = "linux")]
mod pytest_suite;
mod server;
