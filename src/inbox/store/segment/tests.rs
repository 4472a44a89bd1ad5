//! Compares the matches of a segment with those of a scan of all messages.

use crate::random::Entropy;

use super::bitmap::Bitmap;
use super::build::{BuiltSegment, Doc, build};
use super::lookup::{self, Dictionary, Positions};
use crate::inbox::types::{FIELDS, SearchTerm};

fn found(built: &[BuiltSegment; 2], docs: usize, text: &str, fields: &[usize]) -> Vec<usize> {
    found_term(built, docs, &SearchTerm::new(text, fields.iter().copied()))
}

fn found_term(built: &[BuiltSegment; 2], docs: usize, needle: &SearchTerm) -> Vec<usize> {
    let mut all = Bitmap::none(docs);
    for part in needle.parts() {
        let dictionary = Dictionary::read(&built[part].dictionary).unwrap();
        let mut found = dictionary.find(needle, part, docs);
        if found.is_phrase() {
            for chunk in found.chunks() {
                Positions::read(&built[part].sequences[chunk]).unwrap().check(&mut found, needle, part, chunk);
            }
        }
        found.docs.descending().for_each(|doc| all.insert(doc));
    }
    all.descending().collect()
}

fn doc(id: i64, texts: &[(usize, &'static str)]) -> Doc<'static> {
    let mut fields = [""; FIELDS];
    texts.iter().for_each(|(n, text)| fields[*n] = text);
    Doc { id, fields }
}

#[test]
fn terms_match_within_words_and_phrases_within_one_field() {
    let docs = [
        doc(1, &[(5, "big world"), (6, "a big worldly thing")]),
        doc(2, &[(5, "big"), (6, "world")]),
        doc(3, &[(6, "abig  world"), (8, "x: big world")]),
        doc(4, &[(6, "world big big a world"), (9, "big")]),
    ];
    let built = build(&docs);
    let all: Vec<usize> = (0..7).collect();
    assert_eq!(found(&built, 4, "wor", &all), [3, 2, 1, 0]);
    assert_eq!(found(&built, 4, "wor", &[5]), [0]);
    assert_eq!(found(&built, 4, "big world", &all), [2, 0]);
    assert_eq!(found(&built, 4, "big worldly t", &all), [0]);
    assert_eq!(found(&built, 4, "g a w", &all), [3]);
    assert_eq!(found(&built, 4, "big world", &[8]), [2]);
    assert_eq!(found(&built, 4, "big", &[9, 10]), [3]);
    assert_eq!(found(&built, 4, "gw", &all), [0; 0]);
}

#[test]
fn terms_of_a_header_field_match_within_its_lines() {
    let docs = [
        doc(1, &[(8, " x: one two three \u{1e} y: four \u{1e}"), (9, "x: nine")]),
        doc(2, &[(8, " list-x: one two \u{1e} y: x: two \u{1e} x: \u{1e} z: five \u{1e}")]),
        doc(3, &[(8, " y: six \u{1e} x: twofold four \u{1e} x: a one \u{1e}")]),
        doc(4, &[(6, "x: one two")]),
    ];
    let built = build(&docs);
    for (name, text, expected) in [
        ("x:", "two", vec![2, 0]),
        ("x:", "wo", vec![2, 0]),
        ("x:", "ne two thr", vec![0]),
        ("x:", "three y: four", vec![]),
        ("x:", "three \u{1e} y: four", vec![]),
        ("x:", "\u{1e}", vec![]),
        ("x:", "four", vec![2]),
        ("x:", "z: five", vec![]),
        ("x:", "x:", vec![]),
        ("x:", "nine", vec![]),
        ("x:", "", vec![2, 0]),
        ("y:", "x: two", vec![1]),
        ("list-x:", "one t", vec![1]),
        ("st-x:", "one", vec![]),
        ("w:", "one", vec![]),
    ] {
        let needle = SearchTerm::new(text, [8]).in_lines_named(name);
        assert_eq!(found_term(&built, docs.len(), &needle), expected, "{name} {text}");
        let scanned: Vec<usize> = (0..docs.len()).rev().filter(|n| needle.is_in(&docs[*n].fields)).collect();
        assert_eq!(scanned, expected, "{name} {text}");
    }
}

#[test]
fn random_terms_match_the_same_documents_as_a_scan() {
    let dice = Entropy::seeded(7);
    let roll = |below: usize| u32::from_be_bytes(dice.bytes()) as usize % below;
    let pieces = ["a", "ab", "abc", "b", " ", " ", "인증", "é", "c-d"];
    let text = |most: usize| (0..roll(most)).map(|_| pieces[roll(pieces.len())]).collect::<String>();
    let texts: Vec<Vec<String>> = (0..700).map(|_| (0..FIELDS).map(|_| text(9)).collect()).collect();
    let docs: Vec<Doc<'_>> =
        texts.iter().map(|t| Doc { id: 0, fields: std::array::from_fn(|n| t[n].as_str()) }).collect();
    let built = build(&docs);
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for _ in 0..300 {
        let (term, field) = (plain(&text(6)), roll(FIELDS));
        let fields: Vec<usize> = (0..FIELDS).filter(|n| *n == field || roll(2) == 0).collect();
        if !term.is_empty() {
            let holds = |t: &Vec<String>| fields.iter().any(|n| plain(&t[*n]).contains(&term));
            let scanned: Vec<usize> = (0..texts.len()).rev().filter(|n| holds(&texts[*n])).collect();
            assert_eq!(found(&built, docs.len(), &term, &fields), scanned, "{term:?} in {fields:?}");
        }
    }
    let dictionary = Dictionary::read(&built[1].dictionary).unwrap();
    let chunks: Vec<Positions<'_>> = built[1].sequences.iter().map(|c| Positions::read(c).unwrap()).collect();
    let rebuilt: Vec<String> = lookup::texts(&dictionary, &chunks).iter().map(|t| plain(t)).collect();
    assert_eq!(rebuilt, texts.iter().flat_map(|t| t[7..].iter().map(|t| plain(t))).collect::<Vec<_>>());
}

#[test]
fn damaged_bytes_cause_no_panic_and_no_long_loop() {
    let built = build(&[doc(1, &[(6, "one two three")])]);
    for length in 0..built[0].dictionary.len() {
        if let Some(dictionary) = Dictionary::read(&built[0].dictionary[..length]) {
            dictionary.find(&SearchTerm::new("two", 0..7), 0, 1);
        }
    }
    // The list of the last word has a count of 2^32 - 1, and nothing follows it.
    let mut endless = built[0].dictionary.clone();
    let end = endless.len() - 3;
    endless.truncate(end);
    endless.extend([6, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    let lists = 8 + 4 * 4;
    let last = u32::from_le_bytes(endless[lists + 12..lists + 16].try_into().unwrap()) + 3;
    endless[lists + 12..lists + 16].copy_from_slice(&last.to_le_bytes());
    let dictionary = Dictionary::read(&endless).unwrap();
    let start = std::time::Instant::now();
    dictionary.find(&SearchTerm::new("thr", 0..7), 0, 1);
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
    for length in 0..built[0].sequences[0].len() {
        if let Some(sequences) = Positions::read(&built[0].sequences[0][..length]) {
            let mut found =
                Dictionary::read(&built[0].dictionary).unwrap().find(&SearchTerm::new("one two", 0..7), 0, 1);
            sequences.check(&mut found, &SearchTerm::new("one two", 0..7), 0, 0);
        }
    }
}
