//! The modes of the data folder and its files: only the owner has access, for every umask and for files of older
//! builds.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::support::process::{Folder, Process};

/// With these settings Gatepost creates every kind of file.
const SETTINGS: &str = "[default.inbox]\nstarttls = true\n";
/// The files in the data folder, sorted.
const FILES: [&str; 8] = [
    "gatepost.db",
    "gatepost.db-shm",
    "gatepost.db-wal",
    "inbox.db",
    "inbox.db-shm",
    "inbox.db-wal",
    "secret_key",
    "smtp-tls.pem",
];

/// Runs `gatepost serve` with this umask.
fn serve(folder: &Folder, umask: &str) -> Process {
    let gatepost = folder.command(&["serve"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")]).arg(gatepost.get_program());
    shell.args(gatepost.get_args()).current_dir(folder.path());
    for (name, value) in gatepost.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    Process::start(shell).unwrap_or_else(|said| panic!("gatepost serve did not start:\n{said}"))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

/// The names and modes of the files, sorted by name.
fn modes(data: &Path) -> Vec<(String, u32)> {
    let entries = fs::read_dir(data).expect("a folder").map(|entry| entry.expect("an entry"));
    let mut found: Vec<_> =
        entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), mode(&entry.path()))).collect();
    found.sort_unstable();
    found
}

fn private() -> Vec<(String, u32)> {
    FILES.iter().map(|name| ((*name).to_owned(), 0o600)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_can_access_the_files_for_every_umask() {
    for umask in ["000", "022", "077"] {
        let folder = Folder::new(SETTINGS);
        let data = folder.path().join("data");
        let process = serve(&folder, umask);
        assert_eq!(process.visitor().sign_up("kim@example.com", "correct horse battery").await.status, 303);
        assert_eq!(process.visitor().get("/dev/inbox/api/v1/wait?timeout=30s").await.status, 200);
        assert_eq!((mode(&data), modes(&data)), (0o700, private()), "umask {umask}");
        assert_eq!(process.terminate().0.code(), Some(0));
        assert!(modes(&data).iter().all(|(_, mode)| *mode == 0o600), "umask {umask}: {:?}", modes(&data));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readable_files_of_an_older_build_become_private_and_the_folder_keeps_its_mode() {
    let folder = Folder::new(SETTINGS);
    let data = folder.path().join("data");
    // A killed process leaves the -wal and -shm files of its databases.
    serve(&folder, "022").kill();
    fs::set_permissions(&data, Permissions::from_mode(0o755)).expect("the folder's mode");
    for (name, _) in modes(&data) {
        fs::set_permissions(data.join(name), Permissions::from_mode(0o644)).expect("a file's mode");
    }
    fs::write(data.join("notes"), "not ours").expect("a file");
    fs::set_permissions(data.join("notes"), Permissions::from_mode(0o644)).expect("its mode");
    let process = serve(&folder, "022");
    let mut expected = private();
    expected.insert(6, ("notes".to_owned(), 0o644));
    assert_eq!((mode(&data), modes(&data)), (0o755, expected));
    assert_eq!(process.visitor().get("/readyz").await.status, 200);
    drop(process);
}

#[test]
fn a_database_with_percent_escapes_in_its_url_has_one_private_file() {
    let folder = Folder::new("[default.databases.gatepost]\nurl = \"sqlite:my%20data/gate%3Fpost.db\"\n");
    let process = serve(&folder, "000");
    let data = folder.path().join("my data");
    assert_eq!((mode(&data), mode(&data.join("gate?post.db"))), (0o700, 0o600));
    assert!(!data.join("gate%3Fpost.db").exists() && !folder.path().join("my%20data/gate%3Fpost.db").exists());
    drop(process);
}

/// Files of other programs, which other users may read.
fn foreign_files(folder: &Folder) -> Vec<&'static str> {
    for (name, mode) in [("wal.db", "wal"), ("delete.db", "delete")] {
        let sql = format!("pragma journal_mode = {mode}; create table mailbox (id text); pragma user_version = 3;");
        let conn = rusqlite::Connection::open(folder.path().join(name)).expect("a database");
        conn.execute_batch(&sql).expect("a table");
    }
    folder.write("notes.txt", "no database at all\n");
    let names = vec!["wal.db", "delete.db", "notes.txt"];
    for name in &names {
        fs::set_permissions(folder.path().join(name), Permissions::from_mode(0o644)).expect("a mode");
    }
    names
}

#[test]
fn a_file_of_another_program_is_refused_and_keeps_bytes_mode_and_journal_mode() {
    let folder = Folder::new("");
    for name in foreign_files(&folder) {
        let path = folder.path().join(name);
        let state = || (fs::read(&path).expect("the file"), mode(&path));
        let before = (state(), fs::read_dir(folder.path()).expect("a folder").count());
        let mailpit = folder.run(&["mailpit", "-d", name, "--listen", "127.0.0.1:0", "--smtp", "127.0.0.1:0"]);
        let database = format!("sqlite:{name}");
        let with = |variable: &str, value: &str, arguments: &[&str]| {
            let mut command = folder.command(arguments);
            // Only the named file is in the folder.
            command.env("GATEPOST_DATABASES__GATEPOST__URL", "sqlite:own/gatepost.db");
            command.env("GATEPOST_INBOX__PATH", "own/inbox.db");
            command.env(variable, value).output().expect("gatepost runs")
        };
        let inbox = with("GATEPOST_INBOX__PATH", name, &["check"]);
        let list = with("GATEPOST_INBOX__PATH", name, &["inbox", "list"]);
        let accounts = with("GATEPOST_DATABASES__GATEPOST__URL", &database, &["users", "list"]);
        for output in [mailpit, inbox, list, accounts] {
            let said =
                format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert_eq!(output.status.code(), Some(1), "{name}: {said}");
            let words = if name == "notes.txt" { "damaged" } else { "another program" };
            assert!(said.contains(name) && said.contains(words), "{name}: {said}");
        }
        let _ = fs::remove_dir_all(folder.path().join("own"));
        // The key of links is kept beside the database that the setting names, whatever it holds.
        let _ = fs::remove_file(folder.path().join("secret_key"));
        assert!((state(), fs::read_dir(folder.path()).expect("a folder").count()) == before, "{name} is unchanged");
    }
}
