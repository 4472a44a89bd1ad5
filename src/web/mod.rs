//! The only place that knows HTTP: pages of accounts and inbox, the API, guards, headers, errors.

mod accounts;
mod field;
mod letters;
mod page;
mod problem;
mod settings;
mod static_files;

pub use settings::Settings;
