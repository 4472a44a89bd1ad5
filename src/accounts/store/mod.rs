//! All SQL of accounts: a file an aggregate, a function a statement.

pub mod counters;
pub mod links;
pub mod purge;
pub mod sessions;
pub mod signups;
pub mod users;
