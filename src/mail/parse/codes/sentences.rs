//! Measures recall and precision over the labelled sentences in sentences.txt.

use super::*;

const SENTENCES: &str = include_str!("sentences.txt");
/// Codes that must be found, in percent of those that a person finds.
const MIN_RECALL: f64 = 99.0;
/// Codes that must be right, in percent of those that are found.
const MIN_PRECISION: f64 = 99.0;

struct LabelledSentence {
    codes: Vec<&'static str>,
    text: String,
}

fn sentences() -> Vec<LabelledSentence> {
    let lines = SENTENCES.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let labelled = lines.map(|line| {
        let (codes, text) = line.split_once(" | ").expect("a label and a text");
        let codes = codes.split_whitespace().filter(|code| *code != "-").collect();
        LabelledSentence { codes, text: text.replace(" / ", "\n").replace(" /", "\n").replace("/ ", "\n") }
    });
    labelled.collect()
}

#[test]
fn codes_are_found_with_high_recall_and_precision() {
    let (mut found, mut missed, mut wrong) = (0, 0, 0);
    let all = sentences();
    for LabelledSentence { codes, text } in &all {
        let read = read("", text);
        let right = read.iter().filter(|found| codes.contains(&found.as_str())).count();
        found += right;
        missed += codes.len() - right;
        wrong += read.len() - right;
        if read != *codes {
            println!("{text:?}: {read:?} instead of {codes:?}");
        }
    }
    let positives = all.iter().filter(|sentence| !sentence.codes.is_empty()).count();
    let percent = |part: usize, whole: usize| {
        100.0 * f64::from(u32::try_from(part).unwrap()) / f64::from(u32::try_from(whole).unwrap())
    };
    let (recall, precision) = (percent(found, found + missed), percent(found, found + wrong));
    println!(
        "{positives} codes and {} texts without one: recall {recall:.1} %, precision {precision:.1} %",
        all.len() - positives
    );
    assert!(positives >= 150 && all.len() - positives >= 100);
    assert!(recall >= MIN_RECALL && precision >= MIN_PRECISION);
}
