//! Accounts through HTTP and captured emails, on SQLite and PostgreSQL; one file per group of operations.

mod attacks;
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
mod verify;
mod work;
