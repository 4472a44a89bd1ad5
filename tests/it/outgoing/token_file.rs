//! The token file where it cannot simply be replaced: mounted alone, as containers do, or behind a symbolic link.

use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::gmail::{TOKEN, command, finish, run, site};
use crate::support::google::Google;
use crate::support::process::Folder;

/// Where the token really is.
const REAL: &str = "secrets/token.json";

fn refresh_token(folder: &Folder) -> String {
    let text = std::fs::read_to_string(folder.path().join(REAL)).unwrap();
    let token: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    token["refresh_token"].as_str().unwrap().to_owned()
}

/// Runs a command while [`REAL`] is mounted at the token file's place.
async fn mounted(google: &Google, folder: &Folder, arguments: &[&str]) -> (bool, String, String) {
    let gatepost = command(folder, arguments);
    let mut shell = Command::new("unshare");
    shell.args(["--user", "--map-root-user", "--mount", "sh", "-e", "-c"]);
    shell.arg(format!("mount --bind {REAL} {TOKEN}; exec \"$0\" \"$@\""));
    shell.arg(gatepost.as_std().get_program()).args(gatepost.as_std().get_args()).current_dir(folder.path());
    for (name, value) in gatepost.as_std().get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    finish(google, shell.spawn().unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_file_that_is_mounted_alone_keeps_a_changed_refresh_token() {
    let (google, folder) = site().await;
    google.rotate();
    folder.write(REAL, &google.token_file(false));
    folder.write(TOKEN, "");
    let first = refresh_token(&folder);
    let (done, _, why) = mounted(&google, &folder, &["gmail", "status"]).await;
    if why.contains("unshare") || why.contains("mount:") {
        eprintln!("not tested: this system allows no mounts: {why}");
        return;
    }
    assert!(done, "{why}");

    let (done, out, err) = mounted(&google, &folder, &["mail", "test", "kim@example.org"]).await;
    assert!(done, "{out}{err}");
    let second = refresh_token(&folder);
    assert_ne!(first, second);
    let (done, out, err) = mounted(&google, &folder, &["check"]).await;
    assert!(done, "the first refresh token is no longer accepted: {out}{err}");
    assert_ne!(second, refresh_token(&folder));

    let (_, table, _) = mounted(&google, &folder, &["gmail", "status"]).await;
    assert!(table.contains("written in place, since it is mounted alone"), "{table}");
    let (done, out, err) = mounted(&google, &folder, &["gmail", "revoke"]).await;
    assert!(done, "{out}{err}");
    assert_eq!(std::fs::read_to_string(folder.path().join(REAL)).unwrap(), "", "a mounted file cannot be removed");
    let (done, _, err) = mounted(&google, &folder, &["gmail", "status"]).await;
    assert!(!done && err.contains("no token file"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_file_behind_a_link_is_written_there_and_the_link_stays() {
    let (google, folder) = site().await;
    google.rotate();
    folder.write(REAL, &google.token_file(false));
    let link = folder.path().join(TOKEN);
    std::os::unix::fs::symlink(format!("../{REAL}"), &link).unwrap();
    let first = refresh_token(&folder);
    for arguments in [&["mail", "test", "kim@example.org"][..], &["check"]] {
        let (done, out, err) = run(&google, &folder, arguments).await;
        assert!(done, "{out}{err}");
    }
    assert_ne!(first, refresh_token(&folder));
    let (_, table, _) = run(&google, &folder, &["gmail", "status"]).await;
    assert!(table.contains(&format!("(a link to ../{REAL})")), "{table}");
    let (_, json, _) = run(&google, &folder, &["gmail", "status", "--json"]).await;
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["token_note"], format!("a link to ../{REAL}"));
    let (done, ..) = run(&google, &folder, &["gmail", "revoke"]).await;
    assert!(done && link.is_symlink() && !link.exists(), "the file is gone and the link stays");
}
