//! Damaged files of the databases.

use super::commands::{fails, json};
use crate::support::process::{Folder, Process};

/// 8 KiB that no SQLite file begins with, the same in each run.
fn noise() -> Vec<u8> {
    let next = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some(state.to_be_bytes()[0])
    };
    std::iter::repeat_n((), 8_192).scan(7_u32, |state, ()| next(state)).collect()
}

fn damaged(name: &str) -> Folder {
    let folder = Folder::new("");
    let path = folder.path().join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, noise()).expect("a file");
    folder
}

#[test]
fn check_fails_for_a_damaged_inbox_and_for_the_transport_that_needs_it() {
    let folder = damaged("data/inbox.db");
    let output = folder.command(&["check"]).output().expect("it runs");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{printed}");
    for (name, words) in [("FAIL  inbox: ", "inbox.db"), ("FAIL  transport capture: ", "damaged")] {
        let line = printed.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {printed}"));
        assert!(line.contains(words) && line.contains("move it away or restore a backup"), "{line}");
    }
    let output = folder.command(&["check", "--json"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let rows = json(&String::from_utf8_lossy(&output.stdout));
    for name in ["inbox", "transport capture"] {
        let row = rows.iter().find(|row| row["name"] == name).expect("a row");
        assert_eq!(row["ok"], false, "{row}");
        assert!(row["message"].as_str().is_some_and(|text| text.contains("restore a backup")), "{row}");
    }
}

#[test]
fn a_damaged_account_database_stops_the_start_with_its_path_and_the_cure() {
    let folder = damaged("data/gatepost.db");
    let said = fails(folder.command(&["serve"]).output().expect("it runs"));
    assert!(said.contains("gatepost.db") && said.contains("move it away or restore a backup"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_inbox_is_off_with_a_clear_line_and_the_accounts_work() {
    let folder = Folder::new("");
    folder.write("data/inbox.db", &"This is no database. ".repeat(1_000));
    let server = folder.serve();
    server.prints("the inbox is off: its file is damaged", 1);
    assert!(server.printed().contains("inbox.db") && !server.printed().contains("smtp://"), "{}", server.printed());
    let visitor = server.visitor();
    assert_eq!(visitor.sign_up("kim@example.com", "correct horse battery").await.status, 303);
    assert_eq!(visitor.get("/login").await.status, 200);
    assert_eq!(visitor.get("/dev/inbox").await.status, 404);
    // The email of the signup waits until the file is replaced.
    assert_eq!(server.terminate().0.code(), Some(0));
    std::fs::remove_file(folder.path().join("data/inbox.db")).expect("the damaged file");
    let server = folder.serve();
    let found = server.visitor().get("/dev/inbox/api/v1/wait?query=to:kim&timeout=60s").await;
    assert_eq!(found.status, 200, "{}", found.text());
}

#[test]
fn dev_says_that_a_damaged_inbox_is_off() {
    let folder = damaged("data/inbox.db");
    let server = Process::start(folder.command(&["dev"])).expect("it starts");
    for name in ["inbox", "smtp"] {
        let line = server.prints(&format!("{name:<10} "), 1).remove(0);
        assert_eq!(line, format!("{name:<10} off"));
    }
}

#[test]
fn mailpit_names_a_damaged_file_or_a_folder_and_says_what_to_do() {
    let folder = damaged("mail.db");
    let start = |file: &str| {
        let flags = ["mailpit", "-d", file, "--listen", "127.0.0.1:0", "--smtp", "127.0.0.1:0"];
        fails(folder.command(&flags).output().expect("it runs"))
    };
    let said = start("mail.db");
    assert!(said.contains("mail.db") && said.contains("move it away or restore a backup"), "{said}");
    std::fs::create_dir(folder.path().join("mails")).expect("a folder");
    let said = start("mails");
    assert!(said.contains("mails") && said.contains("this is a folder; name a file in it"), "{said}");
}

#[test]
fn a_data_folder_that_takes_no_file_is_named_instead_of_the_secret_key() {
    let folder = Folder::new("");
    folder.write("data", "a file in the place of the folder");
    let said = fails(folder.command(&["serve"]).output().expect("it runs"));
    assert!(!said.contains("setting secret_key"), "{said}");
    assert!(said.contains("data/") && said.contains("must be writable for the user that runs Gatepost"), "{said}");
}
