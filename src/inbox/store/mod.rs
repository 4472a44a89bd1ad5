//! All SQL of the inbox except the compiled searches: one function per statement or transaction.

pub mod bind;
pub mod delete;
pub mod documents;
pub mod events;
pub mod facets;
pub mod flags;
pub mod insert;
pub mod open;
pub mod read;
pub mod segment;
pub mod segments;
pub mod sessions;
pub mod state;
pub mod tags;
pub mod undo;
pub mod unindexed;
