//! The search index's unit: the words of up to 2,048 messages, never changed once written. A term without blanks lies
//! inside a word, so looking through the dictionary (each word once) finds exactly the messages that hold it; a phrase
//! is checked on the words in their order. No SQL here: see `store/segments.rs`.

mod bitmap;
mod build;
pub(super) mod codec;
mod lookup;
#[cfg(test)]
mod tests;

pub(super) use bitmap::Bitmap;
pub(super) use build::{BuiltSegment, Doc, build};
pub(super) use lookup::{Dictionary, Positions, SearchTerm, texts};

/// Messages of one segment.
pub(super) const MAX_DOCS: usize = 2_048;
/// Messages whose word sequences lie together.
const CHUNK: usize = 256;

/// Fields of a message that are searched, in the order of [`super::query::Field`].
pub(super) const FIELDS: usize = 11;

/// Fields that share a dictionary: what a plain word looks through, and the rest, so that the rest costs it nothing.
pub(super) const PARTS: [std::ops::Range<usize>; 2] = [0..7, 7..FIELDS];
