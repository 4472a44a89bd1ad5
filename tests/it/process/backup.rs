//! `gatepost backup` and `restore`.

use super::commands::{fails, json, names, succeeds};
use crate::support::process::Folder;
fn users(folder: &Folder) -> Vec<String> {
    let rows = json(&succeeds(folder.run(&["users", "list", "--json"])));
    rows.iter().map(|row| row["email"].as_str().unwrap_or_default().to_owned()).collect()
}

fn subjects(folder: &Folder) -> Vec<String> {
    let rows = json(&succeeds(folder.run(&["inbox", "list", "--json"])));
    rows.iter().map(|row| row["subject"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Creates a user, and a message in the inbox.
fn fill(folder: &Folder, name: &str) {
    succeeds(folder.run(&["users", "create", &format!("{name}@example.com")]));
    folder.write(&format!("{name}.eml"), &format!("Subject: {name}\r\n\r\nhello\r\n"));
    succeeds(folder.run(&["inbox", "import", &format!("{name}.eml")]));
}

#[test]
fn a_backup_of_a_running_server_restores_users_messages_and_key_elsewhere() {
    let folder = Folder::new("");
    fill(&folder, "first");
    let server = folder.serve();
    let said = succeeds(folder.run(&["backup", "all.tar"]));
    assert!(said.contains("gatepost.db") && said.contains("inbox.db") && said.contains("secret_key"), "{said}");
    assert!(fails(folder.run(&["backup", "all.tar"])).contains("all.tar exists"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(folder.path().join("all.tar")).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let said = fails(folder.run(&["restore", "all.tar"]));
    assert!(said.contains("in use") && said.contains("stop the server"), "{said}");
    server.terminate();
    fill(&folder, "second");

    let elsewhere = Folder::new("");
    let archive = folder.path().join("all.tar").display().to_string();
    succeeds(elsewhere.run(&["restore", &archive]));
    assert_eq!(users(&elsewhere), ["first@example.com"]);
    assert!(subjects(&elsewhere).contains(&"first".to_owned()));
    let key = |folder: &Folder| std::fs::read_to_string(folder.path().join("data/secret_key")).expect("the key");
    assert_eq!(key(&elsewhere), key(&folder));

    let said = succeeds(folder.run(&["restore", "all.tar"]));
    assert!(said.contains(".before-restore-"), "{said}");
    assert_eq!(users(&folder), ["first@example.com"]);
    assert!(!subjects(&folder).contains(&"second".to_owned()));
    let kept = names(&folder.path().join("data"));
    assert!(kept.iter().any(|name| name.starts_with("gatepost.db.before-restore-")), "{kept:?}");
    assert!(!kept.iter().any(|name| name.starts_with(".gatepost-")), "no temporary file is left: {kept:?}");
}

#[test]
fn a_file_that_is_no_backup_changes_nothing() {
    let folder = Folder::new("");
    fill(&folder, "first");
    succeeds(folder.run(&["backup", "all.tar"]));
    let before = names(&folder.path().join("data"));
    let whole = std::fs::read(folder.path().join("all.tar")).expect("the backup");
    folder.write("text.tar", "not an archive, but longer than one block of one: ".repeat(40).as_str());
    std::fs::write(folder.path().join("half.tar"), &whole[..whole.len() / 2]).expect("a file");
    let mut damaged = whole.clone();
    for page in 1..16 {
        damaged[512 + page * 4_096..512 + page * 4_096 + 512].fill(0xff);
    }
    std::fs::write(folder.path().join("damaged.tar"), damaged).expect("a file");
    for name in ["text.tar", "half.tar", "damaged.tar", "missing.tar"] {
        fails(folder.run(&["restore", name]));
        assert_eq!(names(&folder.path().join("data")), before, "{name}");
    }
    assert_eq!((users(&folder).len(), subjects(&folder).len()), (1, 1));
}

#[test]
fn a_backup_needs_a_database_that_exists() {
    let said = fails(Folder::new("[default.inbox]\nenabled = false").run(&["backup", "all.tar"]));
    assert!(said.contains("nothing to back up"), "{said}");
}
