//! Builds a segment: a dictionary of all distinct words with the messages that contain them, and the word sequence of
//! each field.

use std::collections::HashMap;
use std::ops::Range;

use crate::inbox::types::{FIELDS, PARTS};

use super::codec::{write_fixed, write_varint};

/// Maximum messages of one segment.
pub const MAX_DOCS: usize = 2_048;
/// Messages whose word sequences are stored together.
pub(super) const CHUNK: usize = 256;

/// A message to index. Blanks separate words.
pub struct Doc<'t> {
    pub id: i64,
    pub fields: [&'t str; FIELDS],
}

/// The encoded form of one of [`PARTS`].
pub struct BuiltSegment {
    /// Read by [`super::lookup::Dictionary`].
    pub dictionary: Vec<u8>,
    /// Read by [`super::lookup::Positions`]; one entry per [`CHUNK`] messages.
    pub sequences: Vec<Vec<u8>>,
}

/// Builds the parts of a segment, in the order of [`PARTS`], from at most [`MAX_DOCS`] documents.
pub fn build(docs: &[Doc<'_>]) -> [BuiltSegment; 2] {
    PARTS.map(|fields| part(docs, fields))
}

fn part(docs: &[Doc<'_>], fields: Range<usize>) -> BuiltSegment {
    let mut words = WordTable::default();
    for doc in docs {
        for text in doc.fields.get(fields.clone()).unwrap_or_default() {
            words.add(text);
        }
    }
    let (order, rank) = words.by_frequency();
    let lists = postings(&words, &rank, fields.len());
    BuiltSegment { dictionary: dictionary(&words, &order, lists), sequences: sequences(&words, &rank, fields.len()) }
}

/// The words of the added texts, numbered in the order in which they first occur.
#[derive(Default)]
struct WordTable<'t> {
    known: HashMap<&'t str, u32>,
    texts: Vec<&'t str>,
    frequency: Vec<u32>,
    sequence: Vec<u32>,
    /// The end of each text in `sequence`.
    ends: Vec<usize>,
}

impl<'t> WordTable<'t> {
    fn add(&mut self, text: &'t str) {
        for word in text.split_ascii_whitespace() {
            let next = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
            let number = *self.known.entry(word).or_insert(next);
            if number == next {
                self.texts.push(word);
                self.frequency.push(0);
            }
            if let Some(frequency) = self.frequency.get_mut(number as usize) {
                *frequency += 1;
            }
            self.sequence.push(number);
        }
        self.ends.push(self.sequence.len());
    }

    /// The word numbers by descending frequency, and the rank of each word in that order. Ranks of frequent words take
    /// fewer bytes in a sequence, and a search that starts with them finds all documents sooner.
    fn by_frequency(&self) -> (Vec<u32>, Vec<u32>) {
        let mut order: Vec<u32> = (0..).take(self.texts.len()).collect();
        order.sort_by_key(|n| std::cmp::Reverse(self.frequency.get(*n as usize)));
        let mut rank = vec![0; order.len()];
        for (position, n) in (0..).zip(&order) {
            if let Some(slot) = rank.get_mut(*n as usize) {
                *slot = position;
            }
        }
        (order, rank)
    }

    /// The word numbers of each text.
    fn each(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.sequence.get(start..*end).unwrap_or_default())
    }
}

/// The occurrences, sorted: each is the rank of the word, the field and the document in one number.
fn postings(words: &WordTable<'_>, rank: &[u32], fields: usize) -> Vec<u64> {
    let mut found = Vec::with_capacity(words.sequence.len());
    for (n, text) in words.each().enumerate() {
        let (doc, field) = ((n / fields) as u64, (n % fields) as u64);
        let rank_of = |word: &u32| u64::from(rank.get(*word as usize).copied().unwrap_or_default());
        found.extend(text.iter().map(|word| rank_of(word) << 32 | field << 24 | doc));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Encodes a dictionary: the number of words and the length of the text, the offsets of words and of lists, the words
/// separated by spaces, the lists.
fn dictionary(words: &WordTable<'_>, order: &[u32], found: Vec<u64>) -> Vec<u8> {
    let mut text = vec![b' '];
    let (mut starts, mut list_starts, mut lists) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = found.as_slice();
    for (position, n) in (0_u64..).zip(order) {
        write_fixed(&mut starts, text.len());
        text.extend_from_slice(words.texts.get(*n as usize).map_or(b"", |word| word.as_bytes()));
        text.push(b' ');
        write_fixed(&mut list_starts, lists.len());
        let (own, others) = rest.split_at(rest.partition_point(|key| key >> 32 == position));
        rest = others;
        for field in own.chunk_by(|a, b| a >> 24 == b >> 24) {
            write_list(&mut lists, field);
        }
    }
    write_fixed(&mut starts, text.len());
    write_fixed(&mut list_starts, lists.len());
    let mut out = Vec::with_capacity(8 + starts.len() * 2 + text.len() + lists.len());
    write_fixed(&mut out, order.len());
    write_fixed(&mut out, text.len());
    [starts, list_starts, text, lists].into_iter().for_each(|piece| out.extend(piece));
    out
}

/// Appends a list: the field, the number of documents, the distances between them.
fn write_list(out: &mut Vec<u8>, keys: &[u64]) {
    let number = |key: u64| (key & 0x00ff_ffff) as u32;
    write_varint(out, keys.first().map_or(0, |key| (key >> 24 & 0xff) as u32));
    write_varint(out, u32::try_from(keys.len()).unwrap_or(u32::MAX));
    let mut before = 0;
    for key in keys {
        write_varint(out, number(*key) - before);
        before = number(*key);
    }
}

/// Encodes each chunk: the number and the offsets of its documents, then for each field its length in bytes and the
/// ranks of its words.
fn sequences(words: &WordTable<'_>, rank: &[u32], fields: usize) -> Vec<Vec<u8>> {
    let texts: Vec<&[u32]> = words.each().collect();
    let chunk = |docs: &[&[u32]]| {
        let (mut starts, mut body, mut field) = (Vec::new(), Vec::new(), Vec::new());
        for doc in docs.chunks(fields) {
            write_fixed(&mut starts, body.len());
            for text in doc {
                field.clear();
                text.iter()
                    .for_each(|word| write_varint(&mut field, rank.get(*word as usize).copied().unwrap_or_default()));
                write_varint(&mut body, u32::try_from(field.len()).unwrap_or(u32::MAX));
                body.extend_from_slice(&field);
            }
        }
        write_fixed(&mut starts, body.len());
        let mut out = Vec::with_capacity(4 + starts.len() + body.len());
        write_fixed(&mut out, docs.len() / fields);
        out.extend(starts);
        out.extend(body);
        out
    };
    texts.chunks(CHUNK * fields).map(chunk).collect()
}
