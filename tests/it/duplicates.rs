//! Bounds logic that src/ holds more than once: runs of lines with the same code at two places. Such a run becomes a
//! function that both places call.

use std::collections::HashMap;

use crate::support::source::{Source, Token, sources};

/// Lines with code that are the same in a run.
const RUN: usize = 6;

/// A line with code: its number, and its tokens.
type Line = (usize, Vec<Token>);

#[test]
fn no_logic_is_written_twice() {
    let sources = sources();
    let files: Vec<(&str, Vec<Line>)> = sources.iter().map(|source| (source.path.as_str(), logic(source))).collect();
    let runs = repeated_runs(&files);
    for run in &runs {
        println!("{run}");
    }
    println!("{} repeated runs of {RUN} lines", runs.len());
    assert!(runs.is_empty(), "one place for each:\n  {}", runs.join("\n  "));
}

/// The runs that stand at two places, as `src/a.rs:10-17 ~ src/b.rs:30-37`; overlapping runs are one.
fn repeated_runs(files: &[(&str, Vec<Line>)]) -> Vec<String> {
    let mut occurrences: HashMap<Vec<&[Token]>, Vec<(usize, usize)>> = HashMap::new();
    for (file, (_, lines)) in files.iter().enumerate() {
        for (at, run) in lines.windows(RUN).enumerate() {
            let code: Vec<&[Token]> = run.iter().map(|(_, tokens)| tokens.as_slice()).collect();
            occurrences.entry(code).or_default().push((file, at));
        }
    }
    let is_same = |(a, at): (usize, usize), (b, other): (usize, usize)| {
        let line = |file: usize, at: usize| files[file].1.get(at).map(|(_, tokens)| tokens);
        line(a, at).is_some() && line(a, at) == line(b, other)
    };
    let mut found = Vec::new();
    for place in occurrences.values().filter(|place| place.len() > 1) {
        for (n, &(a, at)) in place.iter().enumerate() {
            for &(b, other) in &place[n + 1..] {
                // A run does not repeat itself, and a longer run is reported where it begins.
                if a == b && other - at < RUN {
                    continue;
                }
                if at > 0 && other > 0 && is_same((a, at - 1), (b, other - 1)) {
                    continue;
                }
                let length = (0..).take_while(|n| is_same((a, at + n), (b, other + n))).count();
                let range = |file: usize, at: usize| {
                    let (path, lines) = &files[file];
                    format!("{path}:{}-{}", lines[at].0, lines[at + length - 1].0)
                };
                found.push(format!("{} ~ {}", range(a, at), range(b, other)));
            }
        }
    }
    found.sort();
    found
}

/// The lines of a file that do something: without imports, attributes, marks alone, and declarations of fields and
/// parameters.
fn logic(source: &Source) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (token, line) in &source.tokens {
        match lines.last_mut() {
            Some((last, tokens)) if last == line => tokens.push(token.clone()),
            _ => lines.push((*line, vec![token.clone()])),
        }
    }
    let mut in_import = false;
    lines.retain(|(_, tokens)| {
        in_import |= words(tokens).take(3).any(|word| word == "use");
        let is_import = in_import;
        in_import &= tokens.last() != Some(&Token::Mark(';'));
        let is_attribute = tokens.first() == Some(&Token::Mark('#'));
        !is_import && !is_attribute && words(tokens).next().is_some() && !is_declaration(tokens)
    });
    lines
}

fn words(tokens: &[Token]) -> impl Iterator<Item = &str> {
    tokens.iter().filter_map(|token| match token {
        Token::Word(word) => Some(word.as_str()),
        _ => None,
    })
}

/// `pub name: Type,` and `name: value,`
fn is_declaration(tokens: &[Token]) -> bool {
    let Some(colon) = tokens.iter().position(|token| *token == Token::Mark(':')) else { return false };
    let is_named = colon == 1 || words(tokens).next() == Some("pub");
    is_named && tokens.get(colon + 1) != Some(&Token::Mark(':')) && tokens.last() == Some(&Token::Mark(','))
}

#[test]
fn a_run_is_found_whatever_stands_around_it_and_fields_are_no_logic() {
    let body = |name: &str| {
        format!("fn {name}() {{\n let a = b();\n // why\n c(a)?;\n\n d();\n e();\n f();\n for g in h {{ i(g); }}\n}}\n")
    };
    let (first, second) = (body("first"), format!("use x::y;\n{}", body("second")));
    let fields = "pub struct A {\n a: B,\n pub c: D,\n e: F,\n g: H,\n i: J,\n k: L,\n}\n".repeat(2);
    let sources = [("a", first), ("b", second), ("c", fields)].map(|(path, text)| Source::of(path, &text));
    let files: Vec<_> = sources.iter().map(|source| (source.path.as_str(), logic(source))).collect();
    assert_eq!(repeated_runs(&files), ["a:2-9 ~ b:3-10"]);
}
