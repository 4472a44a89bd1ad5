//! `gatepost mailpit`: the inbox alone, with Mailpit's flags, variables and subcommands. The binary also acts so when it
//! is called `mailpit`.

mod argument;
mod dump;
mod failure;
mod help;
mod ingest;
mod interruption;
mod program;
mod readyz;
mod serve;

pub use program::{by_name, is_ready, main};
