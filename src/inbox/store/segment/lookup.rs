//! Finds the documents of a segment that contain a term.

use memchr::memmem;

use crate::inbox::types::{LINE, SearchTerm};

use super::bitmap::Bitmap;
use super::build::CHUNK;
use super::codec::{read_fixed, read_varint};

/// The distinct words of a part, each with the documents that contain it.
pub struct Dictionary<'b> {
    starts: &'b [u8],
    list_starts: &'b [u8],
    /// The words, separated by spaces, with a space before the first and after the last.
    text: &'b [u8],
    lists: &'b [u8],
    count: usize,
}

/// The documents of a part that contain a term. For a phrase, or a term in lines with a name, they are candidates: they
/// contain its words, and [`Positions::check`] removes those that do not contain the phrase.
pub struct Match {
    pub docs: Bitmap,
    phrase: Option<Phrase>,
}

struct Phrase {
    /// For each word of the phrase, the words of the dictionary that match it.
    words: Vec<Bitmap>,
    lines: Option<NamedLines>,
}

/// Words of the dictionary by which the searched lines are recognised.
struct NamedLines {
    /// The first word of a searched line.
    name: Bitmap,
    /// The word between lines.
    separator: Bitmap,
}

impl<'b> Dictionary<'b> {
    /// `None` if the bytes are not a dictionary.
    pub fn read(bytes: &'b [u8]) -> Option<Self> {
        let (count, length) = (read_fixed(bytes, 0)?, read_fixed(bytes, 1)?);
        let (starts, rest) = bytes.get(8..)?.split_at_checked((count + 1) * 4)?;
        let (list_starts, rest) = rest.split_at_checked((count + 1) * 4)?;
        let (text, lists) = rest.split_at_checked(length)?;
        Some(Dictionary { starts, list_starts, text, lists, count })
    }

    /// Finds the documents that contain the term; `docs` is the number of documents in the segment.
    pub fn find(&self, needle: &SearchTerm, part: usize, docs: usize) -> Match {
        let fields = needle.fields_of(part);
        let mut found = Bitmap::none(docs);
        match (needle.line_name(), needle.words.as_slice()) {
            (None, []) => (0..self.count).for_each(|word| self.gather_words(word, fields, &mut found)),
            (None, [inside]) => self.find_matches(inside.as_bytes(), |word| {
                self.gather_words(word, fields, &mut found);
                found.len() < docs
            }),
            (name, words) => return self.find_phrase(name, words, fields, docs),
        }
        Match { docs: found, phrase: None }
    }

    /// Finds the documents that contain all words of a phrase and the name of the lines, if any.
    fn find_phrase(&self, name: Option<&str>, phrase: &[String], fields: &[bool], docs: usize) -> Match {
        let mut found = Bitmap::all(docs);
        let mut require = |pattern: String| {
            let words = self.words_like(&pattern);
            let mut holding = Bitmap::none(docs);
            words.descending().for_each(|word| self.gather_words(word, fields, &mut holding));
            found.and(&holding);
            words
        };
        let words = patterns(phrase).into_iter().map(&mut require).collect();
        let lines = name.map(|name| NamedLines {
            name: require(format!(" {name} ")),
            separator: self.words_like(&format!(" {LINE} ")),
        });
        Match { docs: found, phrase: Some(Phrase { words, lines }) }
    }

    /// The words that match `pattern`.
    fn words_like(&self, pattern: &str) -> Bitmap {
        let mut words = Bitmap::none(self.count);
        self.find_matches(pattern.as_bytes(), |word| {
            words.insert(word);
            true
        });
        words
    }

    /// Calls `each` once with every word that matches `pattern`, until it returns false.
    fn find_matches(&self, pattern: &[u8], mut each: impl FnMut(usize) -> bool) {
        let finder = memmem::Finder::new(pattern);
        let mut from = 0;
        while let Some(at) = self.text.get(from..).and_then(|rest| finder.find(rest)) {
            // A space at the start of a match belongs to the word after it.
            let inside = from + at + usize::from(pattern.first() == Some(&b' '));
            let word = self.word_at(inside);
            if !each(word) {
                return;
            }
            // The next match may start with the space after this word.
            let Some(next) = read_fixed(self.starts, word + 1) else { return };
            from = next.saturating_sub(1).max(from + at + 1);
        }
    }

    fn word_at(&self, position: usize) -> usize {
        let (mut low, mut high) = (0, self.count);
        while high - low > 1 {
            let middle = low.midpoint(high);
            match read_fixed(self.starts, middle) {
                Some(start) if start <= position => low = middle,
                _ => high = middle,
            }
        }
        low
    }

    fn gather_words(&self, word: usize, fields: &[bool], found: &mut Bitmap) {
        let (Some(start), Some(end)) = (read_fixed(self.list_starts, word), read_fixed(self.list_starts, word + 1))
        else {
            return;
        };
        let mut list = self.lists.get(start..end).unwrap_or_default();
        while let (Some(field), Some(count)) = (read_varint(&mut list), read_varint(&mut list)) {
            let wanted = fields.get(field as usize) == Some(&true);
            let mut doc = 0;
            for _ in 0..count {
                // A damaged count must not cause a long loop.
                let Some(distance) = read_varint(&mut list) else { return };
                doc += distance as usize;
                if wanted {
                    found.insert(doc);
                }
            }
        }
    }

    fn word(&self, n: usize) -> &'b [u8] {
        let (start, end) = (read_fixed(self.starts, n).unwrap_or(0), read_fixed(self.starts, n + 1).unwrap_or(0));
        self.text.get(start..end.saturating_sub(1)).unwrap_or_default()
    }
}

impl Match {
    /// True if [`Match::docs`] are candidates that [`Positions::check`] must check.
    pub fn is_phrase(&self) -> bool {
        self.phrase.is_some()
    }

    /// The chunks that contain candidates.
    pub fn chunks(&self) -> Vec<usize> {
        let mut chunks: Vec<usize> = self.docs.descending().map(|doc| doc / CHUNK).collect();
        chunks.dedup();
        chunks
    }
}

/// The word sequences of the documents of one chunk.
pub struct Positions<'b> {
    starts: &'b [u8],
    body: &'b [u8],
    count: usize,
}

impl<'b> Positions<'b> {
    /// `None` if the bytes are not word sequences.
    pub fn read(bytes: &'b [u8]) -> Option<Self> {
        let count = read_fixed(bytes, 0)?;
        let (starts, body) = bytes.get(4..)?.split_at_checked((count + 1) * 4)?;
        Some(Positions { starts, body, count })
    }

    /// Removes the documents of this chunk that do not contain the phrase within one field.
    pub fn check(&self, found: &mut Match, needle: &SearchTerm, part: usize, chunk: usize) {
        let Some(phrase) = &found.phrase else { return };
        let fields = needle.fields_of(part);
        let mut without = Bitmap::none(chunk * CHUNK + self.count);
        for n in 0..self.count {
            let doc = chunk * CHUNK + n;
            let has_phrase = |(field, wanted): (&[u8], &bool)| *wanted && phrase.is_in(field);
            if found.docs.contains(doc) && !self.fields(n).zip(fields).any(has_phrase) {
                without.insert(doc);
            }
        }
        found.docs.and_not(&without);
    }

    /// The encoded word sequences of the fields of a document.
    fn fields(&self, doc: usize) -> impl Iterator<Item = &'b [u8]> {
        let (start, end) = (read_fixed(self.starts, doc).unwrap_or(0), read_fixed(self.starts, doc + 1).unwrap_or(0));
        let mut rest = self.body.get(start..end).unwrap_or_default();
        std::iter::from_fn(move || {
            let length = read_varint(&mut rest)? as usize;
            let (field, remaining) = rest.split_at_checked(length)?;
            rest = remaining;
            Some(field)
        })
    }
}

impl Phrase {
    /// True if the field contains the phrase; if lines are named, one of these lines behind its name.
    fn is_in(&self, mut field: &[u8]) -> bool {
        let Some(lines) = &self.lines else { return contains_phrase(field, &self.words) };
        let words: Vec<usize> = std::iter::from_fn(|| read_varint(&mut field)).map(|word| word as usize).collect();
        // A term without words matches any word.
        let length = self.words.len().max(1);
        let matches = |run: &[usize]| self.words.iter().zip(run).all(|(words, word)| words.contains(*word));
        words
            .split(|word| lines.separator.contains(*word))
            .filter_map(<[usize]>::split_first)
            .any(|(name, value)| lines.name.contains(*name) && value.windows(length).any(matches))
    }
}

/// For each word of a phrase, the text in the dictionary that a matching word has: the first word of the phrase may be
/// the end of a longer one, and the last word the beginning.
fn patterns(phrase: &[String]) -> Vec<String> {
    match phrase {
        [] => vec![],
        [inside] => vec![inside.clone()],
        [first, between @ .., last] => {
            let mut patterns = vec![format!("{first} ")];
            patterns.extend(between.iter().map(|word| format!(" {word} ")));
            patterns.push(format!(" {last}"));
            patterns
        }
    }
}

/// True if the field contains the phrase.
fn contains_phrase(mut field: &[u8], phrase: &[Bitmap]) -> bool {
    let Some((first, others)) = phrase.split_first() else { return false };
    while let Some(word) = read_varint(&mut field) {
        if first.contains(word as usize) {
            let mut ahead = field;
            if others.iter().all(|words| read_varint(&mut ahead).is_some_and(|word| words.contains(word as usize))) {
                return true;
            }
        }
    }
    false
}

/// Rebuilds the texts of a part: all fields of the first document, then those of the next. Each word is followed by one
/// space.
pub fn texts(dictionary: &Dictionary<'_>, chunks: &[Positions<'_>]) -> Vec<String> {
    let mut texts = Vec::new();
    for chunk in chunks {
        for mut field in (0..chunk.count).flat_map(|doc| chunk.fields(doc)) {
            let mut text = Vec::with_capacity(field.len() * 6);
            while let Some(word) = read_varint(&mut field) {
                text.extend_from_slice(dictionary.word(word as usize));
                text.push(b' ');
            }
            texts.push(String::from_utf8_lossy(&text).into_owned());
        }
    }
    texts
}
