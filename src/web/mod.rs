//! The only place that knows HTTP: pages of accounts and inbox, the API, guards, headers, errors.

mod accounts;
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
mod gate;
mod headers;
mod letters;
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

/// The site's routes, gate and headers on `rocket`.
pub fn mount(rocket: Rocket<Build>, app: App) -> Rocket<Build> {
    let gate = gate::Gate { public_url: app.site.public_url.clone(), settings: app.settings.clone() };
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
        .manage(app)
}
