//! All SQL of the inbox except the compiled searches: one function per statement or transaction.

pub(super) mod bind;
pub(super) mod delete;
pub(super) mod documents;
pub(super) mod events;
pub(super) mod facets;
pub(super) mod flags;
pub(super) mod insert;
pub(super) mod open;
pub(super) mod read;
pub(super) mod segments;
pub(super) mod sessions;
pub(super) mod state;
pub(super) mod tags;
pub(super) mod undo;
pub(super) mod unindexed;
