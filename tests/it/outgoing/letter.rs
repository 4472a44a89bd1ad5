//! A letter as two foreign parsers read it: Python's email, which must find nothing to complain about, and mail-parser.

use std::process::Command;

use mail_parser::{MessageParser, MimeHeaders as _};
use serde_json::Value;

use crate::smtp::programs::{program, succeeds};
use crate::support::process::tools;
use crate::support::source::ROOT;

/// What Python found, after both agreed. `None` where Python's venv is missing and this is not CI.
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
    // Bytes go in as they are: a letter may hold any.
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), bytes).expect("a letter");
    python.arg(format!("{ROOT}/tests/tools/letter.py")).stdin(file.reopen().expect("a letter"));
    let output = python.output().expect("python runs");
    succeeds(&output);
    serde_json::from_slice(&output.stdout).expect("JSON")
}
