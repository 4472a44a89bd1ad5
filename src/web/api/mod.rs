//! The routes of Mailpit's API v1, and the additions to it: wait, stream, faults, lint, OpenAPI. `web::inbox` mounts
//! them and holds their shared state.

pub mod checks;
pub mod chosen;
pub mod client;
mod compose;
pub mod description;
mod events;
pub mod faults;
mod fields;
pub mod info;
pub mod message;
pub mod messages;
pub mod metrics;
pub mod operations;
pub mod paging;
pub mod release;
pub mod reply;
pub mod send;
mod shapes;
mod sniff;
pub mod socket;
pub mod stream;
pub mod tags;
mod thumbnail;
pub mod view;
pub mod wait;
