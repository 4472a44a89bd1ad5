//! The commands that install.md shows for a container, with the environment of the image and nothing else.

use std::process::Command;

use super::commands::{fails, json, names, succeeds};
use crate::support::process::{Folder, Process};
use crate::support::source::ROOT;

/// The variables of the image, for `/data` in the folder.
fn image_variables(folder: &Folder) -> Vec<(String, String)> {
    let dockerfile = std::fs::read_to_string(format!("{ROOT}/Dockerfile")).expect("the Dockerfile");
    let pairs = dockerfile.lines().filter_map(|line| line.strip_prefix("ENV ")).flat_map(str::split_whitespace);
    let data = format!("{}/", folder.path().display());
    let pair = |text: &str| {
        let (name, value) = text.split_once('=').expect("NAME=value");
        (name.to_owned(), value.replace("/data/", &data))
    };
    pairs.map(pair).collect()
}

fn in_image(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = folder.command(arguments);
    command.env_remove("GATEPOST_INBOX__SMTP_ADDRESS").envs(image_variables(folder));
    command
}

fn run(folder: &Folder, arguments: &[&str]) -> String {
    succeeds(in_image(folder, arguments).output().expect("gatepost runs"))
}

#[test]
fn the_inbox_of_a_container_is_listed_exported_and_backed_up_without_any_setting() {
    let folder = Folder::new("");
    std::fs::remove_file(folder.path().join("Rocket.toml")).expect("no settings");
    let mut start = in_image(&folder, &["mailpit"]);
    start.env("MP_UI_BIND_ADDR", "127.0.0.1:0").env("MP_SMTP_BIND_ADDR", "127.0.0.1:0");
    let server = Process::start(start).expect("it starts");
    folder.write("first.eml", "Subject: first\r\n\r\nhello\r\n");
    run(&folder, &["inbox", "import", "first.eml"]);
    assert_eq!(json(&run(&folder, &["inbox", "list", "--json"])).len(), 1);
    assert!(run(&folder, &["inbox", "export", "out"]).contains("exported 1 messages"));
    let said = run(&folder, &["backup", "backup.tar"]);
    assert!(said.contains("inbox.db") && !said.contains("gatepost.db") && !said.contains("secret_key"), "{said}");
    server.terminate();
    run(&folder, &["inbox", "clear"]);
    run(&folder, &["restore", "backup.tar"]);
    assert_eq!(json(&run(&folder, &["inbox", "list", "--json"])).len(), 1);
    let left = names(folder.path());
    assert!(!left.iter().any(|name| name == "secret_key" || name == "gatepost.db"), "{left:?}");
    let said = fails(in_image(&folder, &["users", "list"]).output().expect("gatepost runs"));
    assert!(said.contains("secret_key"), "accounts still need it: {said}");
}

#[test]
fn commands_that_start_no_listener_work_with_an_address_that_others_reach() {
    let folder = Folder::new("[debug]\naddress = \"0.0.0.0\"\n[debug.inbox]\nhttp_address = \"0.0.0.0:8025\"");
    for command in [&["users", "list"][..], &["inbox", "list"], &["mail", "list"]] {
        succeeds(folder.run(command));
    }
    assert!(fails(folder.run(&["serve"])).contains("reachable by others"));
    let output = folder.run(&["check"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("FAIL  settings: "), "{output:?}");
}
