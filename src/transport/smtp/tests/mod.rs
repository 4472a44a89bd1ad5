//! The SMTP transport against a server of our own that does whatever is asked of it, politely or not.

mod hostile;
mod ordinary;
pub(crate) mod server;
mod trust;
