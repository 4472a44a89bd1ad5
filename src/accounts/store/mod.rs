//! All SQL of accounts: one file per table, one function per statement.

pub mod counters;
pub mod links;
pub mod login_slots;
pub mod purge;
pub mod sessions;
pub mod signups;
pub mod users;
