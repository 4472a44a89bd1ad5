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
    let unreadable = Folder::new("");
    unreadable.write("data", "a file where a folder should be");
    let said = fails(unreadable.run(&["backup", "all.tar"]));
    assert!(said.contains("data/gatepost.db: ") && !said.contains("nothing to back up"), "{said}");
}

#[test]
fn restores_within_one_second_keep_every_former_file() {
    let folder = Folder::new("");
    fill(&folder, "first");
    succeeds(folder.run(&["backup", "all.tar"]));
    for _ in 0..4 {
        succeeds(folder.run(&["restore", "all.tar"]));
    }
    let kept = names(&folder.path().join("data"));
    for name in ["gatepost.db", "inbox.db", "secret_key"] {
        let start = format!("{name}.before-restore-");
        let former = kept.iter().filter(|kept| kept.starts_with(&start) && !kept.ends_with("-wal"));
        assert_eq!(former.filter(|kept| !kept.ends_with("-shm")).count(), 4, "{kept:?}");
    }
}

/// A tar archive of entries with their kind and content.
fn archive(folder: &Folder, name: &str, entries: &[(&str, tar::EntryType, &[u8])]) {
    let mut tar = tar::Builder::new(std::fs::File::create(folder.path().join(name)).expect("a file"));
    for (name, kind, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_mode(0o600);
        header.set_size(content.len() as u64);
        if kind.is_symlink() {
            header.set_link_name("elsewhere").expect("a link");
        }
        tar.append_data(&mut header, name, *content).expect("an entry");
    }
    tar.finish().expect("an archive");
}

#[test]
fn a_backup_holds_regular_files_of_gatepost_and_each_once() {
    let folder = Folder::new("");
    fill(&folder, "first");
    succeeds(folder.run(&["backup", "all.tar"]));
    let mut whole = tar::Archive::new(std::fs::File::open(folder.path().join("all.tar")).expect("the backup"));
    whole.unpack(folder.path().join("whole")).expect("its files");
    let own = std::fs::read(folder.path().join("whole/gatepost.db")).expect("the database");
    rusqlite::Connection::open(folder.path().join("other.db"))
        .and_then(|conn| conn.execute_batch("create table t (n);"))
        .expect("a database of another program");
    let other = std::fs::read(folder.path().join("other.db")).expect("the file");
    let regular = tar::EntryType::Regular;
    let before = names(&folder.path().join("data"));
    for (entries, said) in [
        (&[("gatepost.db", regular, &b""[..])][..], "its gatepost.db is empty"),
        (&[("gatepost.db", regular, &own[..]), ("inbox.db", regular, b"")], "its inbox.db is empty"),
        (&[("gatepost.db", tar::EntryType::Symlink, b"")], "its gatepost.db is not a regular file"),
        (&[("gatepost.db", regular, &own), ("secret_key", tar::EntryType::Directory, b"")], "not a regular file"),
        (&[("gatepost.db", regular, &own), ("gatepost.db", regular, &own)], "it holds gatepost.db twice"),
        (&[("gatepost.db", regular, &other)], "its gatepost.db is not a database of Gatepost"),
        (&[("inbox.db", regular, &other)], "its inbox.db is not a database of Gatepost"),
        (&[("inbox.db", regular, &own)], "its inbox.db is not a database of Gatepost"),
        (&[("gatepost.db", regular, &own), ("secret_key", regular, b"short")], "its secret_key: expected 32 bytes"),
    ] {
        archive(&folder, "x.tar", entries);
        let refused = fails(folder.run(&["restore", "x.tar"]));
        assert!(refused.contains("x.tar is not a backup of Gatepost") && refused.contains(said), "{said}: {refused}");
        assert_eq!(names(&folder.path().join("data")), before, "{said}");
    }
    assert_eq!((users(&folder).len(), subjects(&folder).len()), (1, 1));
}
