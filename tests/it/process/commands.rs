//! Commands beside `serve`: dev, readyz, settings, check, completions, man.

use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::process::{Folder, Process};

pub(super) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub(super) fn succeeds(output: Output) -> String {
    assert!(output.status.success(), "{}", text(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Expects exit code 1 and one line on standard error; returns the line.
pub(super) fn fails(output: Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    said
}

pub(super) fn json(text: &str) -> Vec<Value> {
    serde_json::from_str(text).expect("a JSON array")
}

pub(super) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_serves_the_debug_profile_and_says_where_everything_is() {
    let folder = Folder::new("");
    let mut command = folder.command(&["dev", "--data", "a b%/c?"]);
    command.env("ROCKET_PROFILE", "release");
    let server = Process::start(command).expect("it starts");
    let data = folder.path().join("a b%/c?");
    for (name, value) in [
        ("profile", "debug".to_owned()),
        ("data", data.display().to_string()),
        ("site", server.http.clone()),
        ("inbox", format!("{}/dev/inbox", server.http)),
        ("smtp", server.smtp()),
        ("transport", "capture".to_owned()),
    ] {
        let wanted = format!("{name:<10} {value}");
        server.prints(&wanted, 1);
    }
    assert!(data.join("gatepost.db").is_file() && data.join("inbox.db").is_file());
    assert_eq!(server.visitor().get("/dev/inbox").await.status, 200);
}

#[test]
fn a_port_in_use_is_named_with_the_setting_that_changes_it() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();
    let said = fails(Folder::new("").run(&["dev", "--port", &port]));
    assert!(said.contains(&format!("127.0.0.1:{port}")) && said.contains("--port"), "{said}");
    let serve = Folder::new("").command(&["serve"]).env("ROCKET_PORT", &port).output().expect("gatepost runs");
    assert!(fails(serve).contains("ROCKET_PORT"));
    let toml = format!("[default.inbox]\nhttp_address = \"127.0.0.1:{port}\"");
    let said = fails(Folder::new(&toml).run(&["serve"]));
    assert!(said.contains(&port) && said.contains("inbox.http_address"), "{said}");
    let folder = Folder::new("");
    let output = folder.command(&["serve"]).env("GATEPOST_INBOX__SMTP_ADDRESS", format!("127.0.0.1:{port}")).output();
    let said = fails(output.expect("gatepost runs"));
    assert!(said.contains(&port) && said.contains("inbox.smtp_address"), "{said}");
}

#[test]
fn a_profile_that_nothing_defines_is_refused() {
    let folder = Folder::new("[default]\n[staging]\nsite_name = \"Staging\"");
    let run = |profile: &str| {
        folder.command(&["settings", "--changed"]).env("ROCKET_PROFILE", profile).output().expect("gatepost runs")
    };
    assert!(succeeds(run("staging")).contains("Staging"));
    let said = fails(run("debugg"));
    assert!(said.contains("debugg") && said.contains("ROCKET_PROFILE") && said.contains("[debugg]"), "{said}");
}

#[test]
fn a_file_named_on_the_command_line_must_exist() {
    let said = fails(Folder::new("").run(&["dev", "--config", "nowhere.toml"]));
    assert!(said.contains("nowhere.toml") && said.contains("--config"), "{said}");
}

#[test]
fn readyz_succeeds_only_while_the_server_answers() {
    let folder = Folder::new("");
    let server = folder.serve();
    let port = server.http.rsplit(':').next().expect("a port").to_owned();
    let readyz = || folder.command(&["readyz"]).env("ROCKET_PORT", &port).output().expect("gatepost runs");
    assert_eq!(succeeds(readyz()), "ready\n");
    server.terminate();
    let said = fails(readyz());
    assert!(said.contains(&format!("127.0.0.1:{port}")), "{said}");
    let said = fails(folder.run(&["readyz"]));
    assert!(said.contains("port = 0") && said.contains("ROCKET_PORT"), "{said}");
    let smtp = folder.serve().smtp();
    let port = smtp.rsplit(':').next().expect("a port").to_owned();
    let said = fails(folder.command(&["readyz"]).env("ROCKET_PORT", &port).output().expect("gatepost runs"));
    assert!(said.contains(&port), "{said}");
}

#[test]
fn readyz_asks_the_inbox_of_a_container_without_a_site_and_needs_no_complete_settings() {
    let folder = Folder::new("[default.inbox]\nhttp_address = '127.0.0.1:0'");
    let server = folder.serve();
    let listeners = server.prints("listening http://", 2);
    let inbox = listeners[1].trim_start_matches("listening http://").to_owned();
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let readyz = || {
        let mut command = folder.command(&["readyz"]);
        command.env("ROCKET_PROFILE", "release").env("ROCKET_PORT", closed.port().to_string());
        command.env("MP_UI_BIND_ADDR", &inbox).output().expect("gatepost runs")
    };
    assert_eq!(succeeds(readyz()), "ready\n");
    server.terminate();
    let said = fails(readyz());
    assert!(said.contains(&closed.to_string()), "the site's address is named: {said}");
}

#[test]
fn settings_shows_every_key_with_its_origin_and_masks_secrets() {
    let folder = Folder::new("[default]\nsite_name = \"Our Site\"\n[default.mail]\ntransport = \"pigeon\"");
    let run = |arguments: &[&str]| {
        let mut command = folder.command(arguments);
        command.env("GATEPOST_OPS__TOKEN", "hunter2");
        succeeds(command.output().expect("gatepost runs"))
    };
    let shown = run(&["settings"]);
    let line =
        |key: &str| shown.lines().find(|line| line.starts_with(&format!("{key} "))).unwrap_or_default().to_owned();
    assert!(line("site_name").contains("Our Site") && line("site_name").ends_with("Rocket.toml"), "{shown}");
    assert!(line("ops.token").contains("***") && line("ops.token").ends_with("GATEPOST_OPS__TOKEN"), "{shown}");
    assert!(line("inbox.max_message_size").ends_with("defaults"), "{shown}");
    assert!(line("mail.transport").contains("pigeon"), "a wrong value is shown too: {shown}");
    let rows = json(&run(&["settings", "--json", "--changed"]));
    assert!(rows.iter().any(|row| row["key"] == "ops.token" && row["value"] == "***"), "{rows:?}");
    assert!(rows.iter().all(|row| row["origin"] != "defaults"), "{rows:?}");
    assert!(!shown.contains("hunter2") && !rows.iter().any(|row| row.to_string().contains("hunter2")));
}

#[test]
fn check_prints_its_results_as_json_with_the_place_of_the_databases() {
    let folder = Folder::new("");
    let rows = json(&succeeds(folder.run(&["check", "--json"])));
    let message = |name: &str| rows.iter().find(|row| row["name"] == name).map(|row| row["message"].to_string());
    assert!(message("database").is_some_and(|said| said.contains("data/gatepost.db")), "{rows:?}");
    assert!(message("inbox").is_some_and(|said| said.contains("data/inbox.db")), "{rows:?}");
    assert!(rows.iter().all(|row| row["ok"] == true), "{rows:?}");
    let broken = Folder::new(
        "[default.mail]\ntransport = \"smtp\"\n[default.mail.smtp]\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"none\"",
    );
    let output = broken.run(&["check", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let rows = json(&String::from_utf8_lossy(&output.stdout));
    assert!(rows.iter().any(|row| row["name"] == "transport smtp" && row["ok"] == false), "{rows:?}");
}

#[test]
fn an_unreachable_postgresql_is_named_with_its_address() {
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let folder = Folder::new("");
    let url = format!("postgres://kim:hunter2@{closed}/accounts");
    let output = folder.command(&["serve"]).env("GATEPOST_DATABASES__GATEPOST__URL", url).output();
    let said = fails(output.expect("gatepost runs"));
    assert!(said.contains(&closed.to_string()) && said.contains("databases.gatepost.url"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn completions_of_each_shell_name_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = succeeds(Folder::new("").run(&["completions", shell]));
        assert!(script.contains("gatepost") && script.contains("readyz"), "{shell}");
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = Folder::new("");
    succeeds(folder.run(&["man", "pages/man1"]));
    let pages = names(&folder.path().join("pages/man1"));
    for page in ["gatepost.1", "gatepost-serve.1", "gatepost-mail-send.1", "gatepost-users-create.1"] {
        assert!(pages.contains(&page.to_owned()), "{pages:?}");
    }
    assert!(!pages.iter().any(|page| page.contains("help")), "{pages:?}");
    let text = std::fs::read_to_string(folder.path().join("pages/man1/gatepost.1")).expect("a page");
    assert!(text.contains(".TH gatepost 1") && text.contains("readyz"), "{text}");
    folder.write("file", "");
    assert!(fails(folder.run(&["man", "file/below"])).contains("file/below"));
}

#[test]
fn commands_that_need_a_port_do_not_use_port_0() {
    let folder = Folder::new("");
    let said = fails(folder.run(&["readyz"]));
    assert!(said.contains("ROCKET_PORT") && !said.contains(":0"), "{said}");
    let output = folder.run(&["sendmail", "a@x.test"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(said.contains("inbox.smtp_address") && said.contains("-S"), "{said}");
}

#[test]
fn an_interrupted_export_and_backup_leave_nothing_half_done() {
    let folder = Folder::new("");
    let body = "x".repeat(76) + "\r\n";
    let mbox: String = (0..400)
        .map(|n| format!("From a@x.test Thu Jan  1 00:00:00 2026\r\nSubject: {n}\r\n\r\n{}\r\n", body.repeat(40)))
        .collect();
    folder.write("all.mbox", &mbox);
    succeeds(folder.run(&["inbox", "import", "all.mbox"]));
    // The signal comes as soon as the command has begun to write.
    let interrupt = |arguments: &[&str], beginning: &dyn Fn() -> bool| {
        let quiet = std::process::Stdio::null;
        let mut child = folder.command(arguments).stdout(quiet()).stderr(quiet()).spawn().expect("gatepost runs");
        while !beginning() && child.try_wait().expect("its state").is_none() {
            std::thread::yield_now();
        }
        let _ = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        child.wait().expect("its end")
    };
    let out = folder.path().join("out");
    let has_begun = || std::fs::read_dir(&out).is_ok_and(|mut entries| entries.next().is_some());
    interrupt(&["inbox", "export", "out"], &has_begun);
    for path in std::fs::read_dir(&out).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let text = std::fs::read(&path).expect("a file");
        assert!(path.extension().is_some_and(|end| end == "eml"), "{path:?}");
        assert!(text.len() > 3_000, "{path:?} is complete");
    }
    let mbox = folder.path().join("mbox");
    let has_begun = || std::fs::read_dir(&mbox).is_ok_and(|mut entries| entries.next().is_some());
    let status = interrupt(&["inbox", "export", "mbox", "--format", "mbox"], &has_begun);
    let complete: &[&str] = if status.success() { &["inbox.mbox"] } else { &[] };
    assert_eq!(names(&mbox), complete, "the file appears when it is complete");
    let again = if status.success() { "again" } else { "mbox" };
    succeeds(folder.run(&["inbox", "export", again, "--format", "mbox"]));
    let has_begun = || names(folder.path()).iter().any(|name| name.starts_with(".gatepost-"));
    let status = interrupt(&["backup", "all.tar"], &has_begun);
    let left = names(folder.path());
    assert!(!left.iter().any(|name| name.starts_with(".gatepost-")), "{left:?}");
    assert_eq!(left.contains(&"all.tar".to_owned()), status.success(), "{left:?}");
}
