//! Mailpit's API v1 over the inbox, and what we put on top: wait, stream, faults, lint, OpenAPI. Routes only; where
//! they are mounted and what they share is the inbox's (`web::inbox`).

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
