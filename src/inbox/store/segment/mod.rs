//! Encodes and searches a segment, the unit of the search index: the text of up to 2,048 messages, immutable once
//! written. A term without spaces lies within a word, so a scan of the dictionary of distinct words finds exactly the
//! messages that contain the term. A phrase is then checked against the word sequences. The SQL is in
//! `store/segments.rs`.

pub mod bitmap;
pub mod build;
pub mod codec;
pub mod lookup;
#[cfg(test)]
mod tests;
