//! The developer's inbox: its pages, and the routes of the pages and the API.

mod actions;
mod compression;
mod frame;
mod letters;
mod list;
mod message;
mod message_page;
mod mount;
mod outbox;
mod places;
mod postroom;
pub mod problem;
mod query;
mod reference;
mod release;
#[cfg(test)]
mod tests;

pub use super::api::info::VERSION;
pub use mount::{catchers, mount};
pub use postroom::{InboxDeps, Mount, InboxState, Settings};
pub use release::{Pattern, Release};
