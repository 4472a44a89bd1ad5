//! Encodes and searches a segment, the unit of the search index: the text of up to 2,048 messages, immutable once
//! written. A term without spaces lies within a word, so a scan of the dictionary of distinct words finds exactly the
//! messages that contain the term. A phrase is then checked against the word sequences. The SQL is in
//! `store/segments.rs`.

mod bitmap;
mod build;
pub(super) mod codec;
mod lookup;
#[cfg(test)]
mod tests;

pub(super) use bitmap::Bitmap;
pub(super) use build::{BuiltSegment, Doc, build};
pub(super) use lookup::{Dictionary, Positions, SearchTerm, texts};

/// Maximum messages of one segment.
pub(super) const MAX_DOCS: usize = 2_048;
/// Messages whose word sequences are stored together.
const CHUNK: usize = 256;

/// The number of searchable fields of a message; their order is that of [`super::query::SearchField`].
pub(super) const FIELDS: usize = 11;

/// The fields that share a dictionary. A term without a field name searches only the first part, so the second does not
/// slow it down.
pub(super) const PARTS: [std::ops::Range<usize>; 2] = [0..7, 7..FIELDS];
