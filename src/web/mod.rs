//! The only place that knows HTTP: pages of accounts and inbox, the API, guards, headers, errors.

mod settings;

pub use settings::Settings;
