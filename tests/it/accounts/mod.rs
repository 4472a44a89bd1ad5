//! Accounts through HTTP and captured letters, on SQLite and on PostgreSQL: one file per family of operations.

mod away;
mod bad_input;
mod command_line;
mod deletion;
mod email_change;
mod fields;
mod limits;
mod log;
mod login;
mod origin;
mod programs;
mod purge;
mod recovery;
mod routes;
mod sessions;
mod signup;
mod site;
mod strangers;
mod verify;
mod work;
