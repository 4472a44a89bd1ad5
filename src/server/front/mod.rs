//! The HTTP front: it accepts the clients' connections, applies the limits that Rocket 0.5 lacks, and passes the bytes
//! unchanged to Rocket's own listener on loopback. It reads requests and responses only far enough to know what is due
//! from whom: a head, a body, an answer, or nothing. A request that the front and Rocket could read differently is
//! refused.

mod admission;
mod body_framing;
mod exchange;
mod head_wait;
mod limits;
mod listener;
mod pace;
mod refusal;
mod refusal_log;
mod relay;
mod request_head;
mod response_head;
mod rewrite;
#[cfg(test)]
mod tests;

pub use admission::Admission;
pub use limits::FrontLimits;
pub use listener::{FrontContext, FrontListener};
pub use refusal::LastAnswers;
pub use refusal_log::RefusalLog;
