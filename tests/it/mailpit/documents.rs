//! docs/mailpit.md names every option of the table in the code, with what Gatepost does.

use gatepost::config::mailpit::{OPTIONS, OptionKind, OptionSupport};

use crate::support::source::ROOT;

/// The rows of the table in docs/mailpit.md.
fn rows() -> String {
    let mut rows = String::new();
    for option in OPTIONS {
        let short = option.short.map(|short| format!(", `-{short}`")).unwrap_or_default();
        let value = match option.kind {
            OptionKind::Text(name) => format!(" {name}"),
            OptionKind::Switch => String::new(),
        };
        let flag = if option.flag.is_empty() { "–".to_owned() } else { format!("`--{}{value}`{short}", option.flag) };
        let support = match option.support {
            OptionSupport::Supported => "works",
            OptionSupport::Accepted => "accepted",
            OptionSupport::Later => "later",
            OptionSupport::Missing => "not there",
        };
        rows += &format!("| {flag} | `{}` | {} | {support} |\n", option.variable, option.meaning);
    }
    rows
}

#[test]
fn the_table_of_options_is_generated_from_the_code() {
    const START: &str = "| flag | variable | meaning | here |\n|---|---|---|---|\n";
    let path = format!("{ROOT}/docs/mailpit.md");
    let text = std::fs::read_to_string(&path).expect("docs/mailpit.md");
    let (before, table) = text.split_once(START).expect("the table");
    let end = table.find("\n\n").map_or(table.len(), |at| at + 1);
    if std::env::var("SNAPSHOTS").is_ok_and(|mode| mode == "write") {
        std::fs::write(&path, format!("{before}{START}{}{}", rows(), &table[end..])).expect("it is written");
        return;
    }
    assert_eq!(&table[..end], rows(), "run this test with SNAPSHOTS=write");
}
