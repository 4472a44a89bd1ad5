//! The routes of Mailpit's API v1, and the additions to it: wait, stream, faults, lint, OpenAPI. `web::inbox` mounts
//! them and holds their shared state.

pub mod auth;
pub mod checks;
mod compose;
pub mod description;
mod events;
pub mod examples;
pub mod faults;
mod fixed_width;
pub mod info;
mod json_body;
pub mod lookup;
pub mod message;
pub mod message_html;
pub mod messages;
pub mod metrics;
pub mod operation;
pub mod operations;
pub mod paging;
pub mod picture_hosts;
pub mod release;
mod remote_loads;
pub mod reply;
mod schema;
pub mod send;
mod send_body;
pub mod sessions;
mod sniff;
pub mod socket;
pub mod stream;
pub mod tags;
mod thumbnail;
pub mod view;
pub mod wait;

use rocket::Route;

pub fn routes() -> Vec<Route> {
    [
        messages::routes(),
        message::routes(),
        release::routes(),
        checks::routes(),
        view::routes(),
        send::routes(),
        tags::routes(),
        faults::routes(),
        sessions::routes(),
        wait::routes(),
        stream::routes(),
        socket::routes(),
        info::routes(),
        metrics::routes(),
        description::routes(),
    ]
    .concat()
}
