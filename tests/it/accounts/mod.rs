//! Accounts through HTTP and captured emails, on SQLite and PostgreSQL; one file per group of operations.

mod attacks;
mod bad_input;
mod command_line;
mod deletion;
mod email_change;
mod emailed_links;
mod enumeration;
mod fields;
mod hashing_load;
mod json_clients;
mod limits;
mod log;
mod login;
mod mail_down;
mod origin;
mod purge;
mod recovery;
mod routes;
mod sessions;
mod signup;
mod site;
mod verify;
