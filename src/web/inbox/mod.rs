//! The developer's inbox: its pages, and the routes of the pages and the API.

mod actions;
mod api_docs;
mod compression;
mod connect;
mod duplicate_params;
mod faults;
mod filters;
mod format;
mod keys;
mod large_answers;
mod layout;
mod list;
mod long_poll;
mod message;
mod message_page;
mod mount;
mod notice;
mod outbox;
mod outbox_chart;
mod outgoing;
mod page_context;
pub mod page_url;
mod pane_widths;
mod preference_form;
mod preferences;
mod preview;
mod preview_samples;
mod previews;
mod primary_link;
pub mod problem;
mod rows;
mod sandboxed_html;
mod search_hints;
mod selection;
mod sessions;
mod sidebar;
pub mod state;
mod tab;
mod tabs;
#[cfg(test)]
mod tests;
mod visible_text;

pub use super::api::info::VERSION;
pub use mount::{catchers, metrics_routes, mount};
pub use pane_widths::pane_routes;
pub use state::{InboxState, Mount, RequestLimits, SendAccess, Settings};
