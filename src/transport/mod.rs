//! Transports send messages. A transport takes a built message and returns a receipt or a classified failure. It never
//! sees a queue row and never decides about retries.

mod capture;
pub mod gmail;
mod interface;
pub mod smtp;
mod tls;

pub use capture::{Capture, DamagedInbox};
pub use interface::{Failure, FailureKind, FailureScope, Receipt, RecipientRefusal, Transport};

#[cfg(test)]
mod tests;
