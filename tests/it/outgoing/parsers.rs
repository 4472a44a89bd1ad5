//! Parses a message with two independent parsers: Python's email package, which must report no defects, and
//! mail-parser.

use std::process::Command;

use mail_parser::{MessageParser, MimeHeaders as _};
use serde_json::Value;

use crate::smtp::programs::{program, succeeds};
use crate::support::process::tools;
use crate::support::source::ROOT;

/// The result of Python, after a comparison with mail-parser. `None` if Python's venv is missing, except in CI, where
/// that is a failure.
pub fn read(bytes: &[u8]) -> Option<Value> {
    let python = program(tools().join("venv/bin/python"))?;
    let found = by_python(python, bytes);
    let parsed = MessageParser::default().parse(bytes).expect("a message");
    assert_eq!(found["subject"].as_str(), parsed.subject());
    assert_eq!(found["message_id"].as_str().map(|id| id.trim_matches(['<', '>'])), parsed.message_id());
    let trimmed = |text: Option<&str>| text.map(|text| text.replace("\r\n", "\n").trim_end().to_owned());
    assert_eq!(trimmed(found["text"].as_str()), trimmed(parsed.body_text(0).as_deref()));
    let names: Vec<_> = parsed.attachments().map(|part| part.attachment_name().map(str::to_owned)).collect();
    let pythons = found["attachments"].as_array().expect("a list").iter();
    let pythons: Vec<_> = pythons.map(|part| part["name"].as_str().map(str::to_owned)).collect();
    assert_eq!(names, pythons);
    Some(found)
}

fn by_python(mut python: Command, bytes: &[u8]) -> Value {
    // A file, since a message may hold any bytes.
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), bytes).expect("a message");
    python.arg(format!("{ROOT}/tests/tools/parse_message.py")).stdin(file.reopen().expect("a message"));
    let output = python.output().expect("python runs");
    succeeds(&output);
    serde_json::from_slice(&output.stdout).expect("JSON")
}
