//! The domain of accounts: signups, users, links, sessions. Sends nothing, renders no page, sees no HTTP.

pub mod letters;
mod rules;
mod site;

pub use rules::{Limits, Rate, Settings};
pub use site::{PublicUrl, PublicUrlError, Site, split_port};
