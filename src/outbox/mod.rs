//! Promise now, deliver later: mail is enqueued in the transaction of the change it announces, and a worker
//! delivers it. Does not know why a letter was written: it asks the [`Author`] it is handed.

mod row;
mod store;

pub use row::{Author, Composed, Draft, Row};
pub use store::enqueue;
