//! The only place that knows HTTP: pages of accounts and inbox, the API, guards, headers, errors.

mod accounts;
mod app;
mod client;
mod cookies;
mod device;
mod error;
mod fallback;
mod field;
mod flash;
mod form;
mod gate;
mod headers;
mod letters;
mod page;
mod problem;
mod reply;
mod settings;
mod static_files;
mod visitor;

pub use settings::Settings;
