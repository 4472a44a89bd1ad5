//! The HTTP layer: pages of accounts and inbox, the API, guards, headers and errors. No other module uses HTTP on the
//! server side.

mod accounts;
mod api;
mod app;
mod assets;
mod client;
mod cookies;
mod device;
mod error;
mod fallback;
mod field;
mod flash;
mod form;
mod form_method;
mod gate;
mod headers;
mod id;
pub mod inbox;
mod ops;
mod page;
mod problem;
mod reply;
mod settings;
mod static_files;
mod visitor;

use rocket::{Build, Rocket, catchers};
use rocket_db_pools::Database as _;

pub use app::App;
pub use settings::Settings;

/// Mounts the site's routes, request guard and headers on `rocket`.
pub fn mount(rocket: Rocket<Build>, app: App) -> Rocket<Build> {
    let gate = gate::RequestGuard {
        public_url: app.site.public_url.clone(),
        settings: app.settings.clone(),
        probes: gate::SITE_PROBES,
        redirects: true,
    };
    let headers = headers::Headers { public_url: app.site.public_url.clone() };
    rocket
        .attach(rocket::shield::Shield::new())
        .attach(gate)
        .attach(headers)
        .attach(crate::db::Database::init())
        .mount("/", gate::routes())
        .mount("/", accounts::routes())
        .mount("/", assets::routes())
        .mount("/", ops::routes())
        .mount("/", fallback::routes())
        .register("/", catchers![error::catcher])
        .manage(ops::FailingSince::default())
        .manage(app)
}

/// Mounts only the pages and API of the inbox, at `/` of `url`.
pub fn mount_inbox(
    rocket: Rocket<Build>,
    url: crate::accounts::PublicUrl,
    settings: Settings,
    state: inbox::InboxState,
) -> Rocket<Build> {
    let rocket = rocket
        .attach(rocket::shield::Shield::new())
        .attach(gate::RequestGuard { public_url: url.clone(), settings, probes: gate::INBOX_PROBES, redirects: false })
        .attach(headers::Headers { public_url: url.clone() })
        .mount("/", gate::routes())
        .mount("/", assets::routes())
        .mount("/", fallback::routes())
        .register("/", inbox::catchers());
    inbox::mount(rocket, inbox::Mount { base: String::new(), origin: url }, state)
}
