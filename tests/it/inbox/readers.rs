//! Compares what the API says of a message with two other readers: Python's email package and nodemailer's mailparser.
//! Where these two agree with each other, the API must agree too, unless the difference is on the list below.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::corpus::{CorpusMail, RECIPIENT};
use crate::smtp::programs::{program, succeeds};
use crate::support::process::tools;
use crate::support::source::ROOT;

/// Differences that are right, as the name of the message, the field and the reason.
const KNOWN: [(&str, &str, &str); 7] = [
    ("05-unindented-continuation.eml", "to", "the line without indentation is a further address"),
    ("12-raw-euc-kr-header.eml", "subject", "the message names the charset of its text"),
    ("44-filename-windows-path.eml", "names", "the name is the last component of the path"),
    ("45-body-without-charset.eml", "text", "the charset is recognized"),
    ("48-uuencode-in-text.eml", "text", "the file within the text is an attachment"),
    ("51-file-name-with-override.eml", "names", "characters that nobody sees are replaced"),
    ("nested.eml", "names", "a forwarded message gets a name, and a path loses its folders"),
];

/// What a reader says of a message; `None` for a field that it cannot read.
#[derive(Debug, Default)]
struct ReaderResult {
    subject: Option<String>,
    from: Option<BTreeSet<String>>,
    to: Option<BTreeSet<String>>,
    /// Only of a message with a text part.
    text: Option<String>,
    /// File names.
    names: Option<BTreeSet<String>>,
}

/// One line for each difference that is not on the list, and for each line of the list without a difference. None if
/// one of the readers is not installed.
pub fn differences(mails: &[CorpusMail], read: &BTreeMap<String, Value>) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    for mail in mails {
        std::fs::write(folder.path().join(&mail.name), &mail.bytes).expect("a file");
    }
    let Some((python, node)) = read_by_others(folder.path()) else { return Vec::new() };
    let mut found = Vec::new();
    for (name, message) in read {
        let (python, node) = (ReaderResult::of(&python[name]), ReaderResult::of(&node[name]));
        let ours = ReaderResult::of_api(message);
        for (field, agreed, ours, is_same) in ours.compare(&python, &node) {
            let reason = KNOWN.iter().find(|known| (known.0, known.1) == (name.as_str(), field));
            match (is_same, reason) {
                (false, None) => found.push(format!("{name}: {field}: both readers have {agreed}, the API {ours}")),
                (true, Some(_)) => found.push(format!("{name}: {field}: no difference any more; take it off the list")),
                (true, None) | (false, Some(_)) => {}
            }
        }
    }
    found
}

/// The results of Python and of mailparser by file name; `None` if one of them is not installed.
fn read_by_others(folder: &Path) -> Option<(Value, Value)> {
    let packages = tools().join("node");
    let mut python = program(tools().join("venv/bin/python"))?;
    program(packages.join("node_modules/mailparser/package.json"))?;
    python.arg(format!("{ROOT}/tests/tools/read_messages.py")).arg(folder);
    let mut node = Command::new("node");
    node.arg(format!("{ROOT}/tests/tools/read_messages.mjs")).arg(folder).arg(packages);
    Some((by_program(python), by_program(node)))
}

fn by_program(mut program: Command) -> Value {
    let output = program.output().expect("the program runs");
    succeeds(&output);
    serde_json::from_slice(&output.stdout).expect("JSON")
}

impl ReaderResult {
    fn of(json: &Value) -> Self {
        ReaderResult {
            subject: json["subject"].as_str().map(single_spaced),
            from: list(&json["from"]).map(|from| from.into_iter().map(|a| a.to_lowercase()).collect()),
            to: list(&json["to"]).map(|to| to.into_iter().map(|a| a.to_lowercase()).collect()),
            text: json["text"].as_str().map(trimmed),
            names: list(&json["names"]),
        }
    }

    fn of_api(message: &Value) -> Self {
        let each = |lists: &[&str], key: &str| -> BTreeSet<String> {
            let entries = lists.iter().filter_map(|name| message[name].as_array()).flatten();
            entries.filter_map(|entry| entry[key].as_str()).filter(|text| !text.is_empty()).map(str::to_owned).collect()
        };
        let lower = |set: BTreeSet<String>| set.into_iter().map(|text| text.to_lowercase());
        let from = message["From"]["Address"].as_str().unwrap_or_default().to_lowercase();
        ReaderResult {
            subject: message["Subject"].as_str().map(single_spaced),
            from: Some([from].into_iter().filter(|from| !from.is_empty()).collect()),
            to: Some(lower(each(&["To", "Cc", "Bcc"], "Address")).filter(|to| to != RECIPIENT).collect()),
            text: message["Text"].as_str().map(trimmed),
            names: Some(each(&["Attachments", "Inline"], "FileName")),
        }
    }

    /// The fields in which both readers agree: name, their value, our value, and whether these are the same.
    fn compare(&self, python: &Self, node: &Self) -> Vec<(&'static str, String, String, bool)> {
        let mut found = Vec::new();
        let mut add = |field, agreed: String, ours: String, is_same| found.push((field, agreed, ours, is_same));
        if python.subject.is_some() && python.subject == node.subject {
            add("subject", format!("{:?}", node.subject), format!("{:?}", self.subject), node.subject == self.subject);
        }
        for (field, python, node, ours) in
            [("from", &python.from, &node.from, &self.from), ("to", &python.to, &node.to, &self.to)]
        {
            if python.is_some() && python == node {
                add(field, format!("{node:?}"), format!("{ours:?}"), node == ours);
            }
        }
        if python.text.is_some() && python.text == node.text {
            add("text", format!("{:?}", node.text), format!("{:?}", self.text), node.text == self.text);
        }
        // The API also names parts that have no file name.
        if let (Some(agreed), Some(ours)) = (&node.names, &self.names)
            && python.names == node.names
        {
            add("names", format!("{agreed:?}"), format!("{ours:?}"), agreed.is_subset(ours));
        }
        found
    }
}

fn list(json: &Value) -> Option<BTreeSet<String>> {
    let entries = json.as_array()?.iter().filter_map(Value::as_str);
    Some(entries.filter(|text| !text.is_empty()).map(str::to_owned).collect())
}

fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text without blanks at the end of its lines and without empty lines around it.
fn trimmed(text: &str) -> String {
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned()
}
