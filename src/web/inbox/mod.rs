//! The developer's inbox: its pages, and the routes of the pages and the API.

mod actions;
mod api_docs;
mod compression;
mod connect;
mod duplicate_params;
mod fault_form;
mod faults;
mod filters;
mod format;
mod icon;
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
mod sparkline;
pub mod state;
mod tab;
mod tabs;
#[cfg(test)]
mod tests;
mod visible_text;

use rocket::{Build, Rocket, Route, routes};

use super::api;

pub use super::api::info::VERSION;
pub use mount::catchers;
pub use pane_widths::pane_routes;
pub use state::{InboxState, Mount, RequestLimits, SendAccess, Settings};

/// Mounts the pages and the API with their state.
pub fn mount(rocket: Rocket<Build>, mount: Mount, state: InboxState) -> Rocket<Build> {
    let of_site = if mount.is_alone { Vec::new() } else { site_routes() };
    mount::attach(rocket, [routes(), of_site].concat(), mount, state)
}

/// The route of the metrics alone.
pub fn metrics_routes() -> Vec<Route> {
    api::metrics::routes()
}

/// The pages about emails of the site and outgoing mail.
fn site_routes() -> Vec<Route> {
    routes![
        previews::previews,
        previews::preview,
        previews::send,
        outbox::outbox,
        outgoing::outgoing,
        outgoing::requeue,
        outgoing::cancel,
    ]
}

/// The other pages, and the API.
fn routes() -> Vec<Route> {
    let mut routes = routes![
        list::list,
        list::search,
        list::one_message,
        message::frame,
        tabs::part_content,
        tabs::nested_html,
        tabs::compare,
        selection::selected,
        actions::undo,
        actions::delete,
        actions::unread,
        actions::tags,
        actions::release,
        preference_form::preferences,
        keys::keys,
        sessions::sessions,
        sessions::session,
        faults::faults,
        faults::add,
        faults::preset,
        faults::remove,
        faults::set_json,
        faults::clear,
        connect::connect,
        connect::send,
        api_docs::reference,
    ];
    routes.extend(api::routes());
    routes
}
