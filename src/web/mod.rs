//! The HTTP layer: pages of accounts and inbox, the API, guards, headers and errors. No other module uses HTTP on the
//! server side.

mod accounts;
mod api;
mod asset_routes;
mod body;
mod client_ip;
mod client_peers;
mod cookies;
mod error;
mod error_response;
mod fallback;
mod field;
mod flash;
mod form;
mod form_method;
mod front_counters;
mod headers;
mod health;
mod html_response;
pub mod inbox;
mod last_address;
mod origin_check;
mod page;
mod page_link;
mod path_id;
mod problem;
mod problem_json;
mod prometheus;
mod reply;
mod request_span;
mod settings;
mod state;
mod static_files;
mod user_agent;
mod visitor;
mod write_probe;

use rocket::{Build, Rocket, catchers};
use rocket_db_pools::Database as _;

use request_span::traced;

#[cfg(test)]
pub use client_peers::RequestSource;
pub use client_peers::{ClientPeer, ClientPeers};
pub use front_counters::{FrontCounters, FrontRefusal};
pub use settings::Settings;
pub use state::App;

/// Mounts the site's routes, request guard and headers on `rocket`. `peers` are the clients of the front's connections.
pub fn mount(rocket: Rocket<Build>, app: App, peers: ClientPeers) -> Rocket<Build> {
    let gate = origin_check::RequestGuard {
        peers,
        public_url: app.site.public_url.clone(),
        settings: app.settings.clone(),
        probes: origin_check::site_probes(),
        redirects: true,
    };
    let headers = headers::Headers { public_url: app.site.public_url.clone() };
    rocket
        .attach(rocket::shield::Shield::new())
        .attach(gate)
        .attach(headers)
        .attach(crate::db::Database::init())
        .mount("/", traced(origin_check::routes()))
        .mount("/", traced(accounts::routes()))
        .mount("/", traced(asset_routes::routes()))
        .mount("/", traced(health::routes()))
        .mount("/", traced(fallback::routes()))
        .register("/", catchers![error_response::catcher])
        .manage(health::FailingSince::default())
        .manage(write_probe::WriteProbe::default())
        .manage(app)
}

/// Mounts only the pages and API of the inbox, at `mount`.
pub fn mount_inbox(
    rocket: Rocket<Build>,
    mount: inbox::Mount,
    settings: Settings,
    state: inbox::InboxState,
    peers: ClientPeers,
) -> Rocket<Build> {
    let url = mount.origin.clone();
    let assets = if mount.assets.is_empty() { "/".to_owned() } else { mount.assets.clone() };
    let rocket = rocket
        .attach(rocket::shield::Shield::new())
        .attach(origin_check::RequestGuard {
            peers,
            public_url: url.clone(),
            settings,
            probes: origin_check::inbox_probes(&mount.base),
            redirects: false,
        })
        .attach(headers::Headers { public_url: url })
        .mount("/", traced(origin_check::routes()))
        .mount(assets, traced(asset_routes::routes()))
        .mount("/", traced(fallback::routes()))
        .register("/", inbox::catchers());
    inbox::mount(rocket, mount, state)
}

/// Mounts only the metrics of the inbox, at `/metrics`.
pub fn mount_metrics(
    rocket: Rocket<Build>,
    url: crate::accounts::PublicUrl,
    settings: Settings,
    state: inbox::InboxState,
    peers: ClientPeers,
) -> Rocket<Build> {
    rocket
        .attach(origin_check::RequestGuard {
            peers,
            public_url: url,
            settings,
            // A collector asks for it by any name.
            probes: vec!["/metrics".to_owned()],
            redirects: false,
        })
        .mount("/", traced(origin_check::routes()))
        .mount("/", traced(inbox::metrics_routes()))
        .register("/", inbox::catchers())
        .manage(state)
}
