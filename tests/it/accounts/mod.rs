//! Accounts through HTTP and captured letters, on SQLite and on PostgreSQL: one file per family of operations.

mod bad_input;
mod command_line;
mod email_change;
mod limits;
mod login;
mod recovery;
mod sessions;
mod signup;
mod site;
mod verify;
