//! Executes searches: a plan for each query, SQL for what the columns know, and the index for text.

mod plan;
mod search_cache;
mod sql_filter;
pub mod unindexed;

pub use plan::{SearchCaches, matches, newest, page, rows};
pub use unindexed::UnindexedCache;
