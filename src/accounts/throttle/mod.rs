//! Throttles of signups, requested emails and passwords: counters and slots in the database, so that they hold across
//! processes. [`Throttles`] needs no other part of the accounts.

mod login_limit;
mod login_turn;
mod request_limit;
mod throttles;

pub use login_limit::{PasswordAttempt, SLOT_TTL};
pub use request_limit::{EmailPermit, RequestedEmail};
pub use throttles::Throttles;
