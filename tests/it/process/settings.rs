//! Invalid settings: one line that names key, profile and origin, and exit code 1; and the settings that the release
//! profile rejects.

use std::process::{Output, Stdio};

use crate::support::process::Folder;

/// Expects exit code 1, nothing on standard output, and one line on standard error that contains every text.
fn refuses(output: &Output, expected: &[&str]) {
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert_eq!(message.trim_end().lines().count(), 1, "one line:\n{message}");
    for text in expected {
        assert!(message.contains(text), "{text:?} is not in {message:?}");
    }
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn an_unknown_or_invalid_setting_stops_the_startup_and_is_named() {
    for (toml, key) in [
        ("[default]\npublic_ur = \"http://x\"", "public_ur"),
        ("[default.accounts]\nsignups = \"maybe\"", "accounts.signups"),
        ("[default.accounts]\npassword_min_length = 4", "accounts.password_min_length"),
        ("[default.accounts]\nsession_idle_timeout = \"soon\"", "accounts.session_idle_timeout"),
        ("[default.accounts.limits]\nlogin_failures = \"5 per minute\"", "accounts.limits.login_failures"),
        ("[default.mail]\ntransport = \"pigeon\"", "mail.transport"),
        ("[default.mail]\nfrom = \"not an address\"", "mail.from"),
        ("[default.mail.smtp]\nport = \"many\"\n[default.mail.smtp2]", "mail.smtp"),
        ("[default.inbox]\nmax_message_size = \"big\"", "inbox.max_message_size"),
        ("[default.databases.gatepost]\nurl = \"mysql://x\"", "databases.gatepost.url"),
        ("[default]\ndefault_locale = \"tlh\"", "default_locale"),
        ("[debug]\ntrusted_proxies = [\"everyone\"]", "trusted_proxies"),
    ] {
        refuses(&Folder::new(toml).run(&["serve"]), &[key, "debug", "Rocket.toml"]);
    }
}

#[test]
fn a_text_in_the_place_of_a_number_or_a_boolean_is_refused_in_a_file_and_taken_from_a_variable() {
    for (toml, key) in [
        ("[default]\nport = \"18826\"", "port"),
        ("[default.inbox]\nkeep_messages = \"7\"", "inbox.keep_messages"),
        ("[default.inbox]\nopen = \"true\"", "inbox.open"),
        ("[default.inbox]\nenabled = \"false\"", "inbox.enabled"),
    ] {
        let folder = Folder::new(toml);
        let mut command = folder.command(&["serve"]);
        command.env_remove("ROCKET_PORT");
        refuses(&command.output().expect("gatepost runs"), &[key, "Rocket.toml", "without quotes"]);
    }
    let folder = Folder::new("");
    let mut command = folder.command(&["users", "list"]);
    command.env("GATEPOST_INBOX__KEEP_MESSAGES", "7").env("GATEPOST_INBOX__OPEN", "true").env("ROCKET_PORT", "18826");
    assert!(command.output().expect("gatepost runs").status.success());
    folder.write(".env", "GATEPOST_INBOX__KEEP_MESSAGES=\"7\"\n");
    assert!(folder.run(&["users", "list"]).status.success());
}

#[test]
fn an_invalid_environment_variable_is_named() {
    let output = Folder::new("").command(&["serve"]).env("GATEPOST_ACCOUNTS__SIGNUPS", "maybe").output();
    refuses(&output.expect("gatepost runs"), &["accounts.signups", "GATEPOST_ACCOUNTS__SIGNUPS"]);
}

#[test]
fn a_file_that_is_not_toml_is_named() {
    refuses(&Folder::new("[default\nport = 1").run(&["serve"]), &["Rocket.toml"]);
}

#[test]
fn a_missing_file_of_a_secret_is_named() {
    let folder = Folder::new("[default]\nsecret_key_file = \"nowhere/key\"");
    refuses(&folder.run(&["serve"]), &["secret_key_file", "nowhere/key"]);
}

/// Settings with which the release profile starts.
const KEY: &str = "secret_key = \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"";
const URL: &str = "public_url = \"https://id.example.com\"";
const SMTP: &str =
    "[release.mail]\ntransport = \"smtp\"\n[release.mail.smtp]\nhost = \"127.0.0.1\"\nsecurity = \"none\"";

#[test]
fn the_release_profile_rejects_settings_that_are_safe_only_in_development() {
    for (toml, wanted) in [
        (format!("[release]\n{URL}\n{SMTP}"), "secret_key"),
        (format!("[release]\n{KEY}\n{SMTP}"), "public_url"),
        (format!("[release]\n{KEY}\npublic_url = \"http://id.example.com\"\n{SMTP}"), "public_url"),
        (format!("[release]\n{KEY}\n{URL}"), "mail.transport"),
        (format!("[release]\n{KEY}\n{URL}\n[release.inbox]\nenabled = true"), "inbox"),
        (format!("[release]\nsecret_key = \"c2hvcnQ=\"\n{URL}\n{SMTP}"), "secret_key"),
    ] {
        let output = Folder::new(&toml).command(&["serve"]).env("ROCKET_PROFILE", "release").output();
        refuses(&output.expect("gatepost runs"), &[wanted, "release"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_release_profile_starts_with_key_address_and_transport_and_has_no_inbox() {
    let folder = Folder::new(&format!("[release]\n{KEY}\n{URL}\n{SMTP}"));
    let mut command = folder.command(&["serve"]);
    command.env("ROCKET_PROFILE", "release");
    let process = crate::support::process::Process::start(command).unwrap_or_else(|output| panic!("{output}"));
    let visitor = process.visitor().with("host", "id.example.com");
    assert_eq!(visitor.get("/login").await.status, 200);
    assert_eq!(visitor.get("/dev/inbox").await.status, 404);
    assert!(!process.printed().contains("smtp://"), "{}", process.printed());
    // Requests for any other host are rejected.
    assert_eq!(process.visitor().get("/login").await.status, 421);
    assert_eq!(process.visitor().get("/healthz").await.status, 200);
}

#[test]
fn the_release_profile_makes_no_user_at_a_domain_without_a_dot() {
    let folder = Folder::new(&format!("[release]\n{KEY}\n{URL}\n{SMTP}"));
    let create = |email| {
        let mut command = folder.command(&["users", "create", email]);
        command.env("ROCKET_PROFILE", "release").output().expect("gatepost runs")
    };
    refuses(&create("root@localhost"), &["root@localhost"]);
    assert!(create("root@example.com").status.success());
}

#[test]
fn an_inbox_on_a_public_address_needs_a_password() {
    for toml in ["[debug]\naddress = \"0.0.0.0\"", "[debug.inbox]\nhttp_address = \"0.0.0.0:0\""] {
        refuses(&Folder::new(toml).run(&["serve"]), &["inbox", "password"]);
    }
}

#[test]
fn a_port_in_use_is_reported() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its number").port().to_string();
    let output = Folder::new("").command(&["serve"]).env("ROCKET_PORT", &port).output().expect("gatepost runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains(&port) && message.lines().count() == 1, "{message}");
}

#[test]
fn invalid_usage_exits_with_2_and_every_generated_secret_is_new() {
    let folder = Folder::new("");
    assert_eq!(folder.run(&["frobnicate"]).status.code(), Some(2));
    assert_eq!(folder.run(&["serve", "--loudly"]).status.code(), Some(2));
    let secret = || String::from_utf8(folder.run(&["secret"]).stdout).expect("text");
    let (one, other) = (secret(), secret());
    assert_eq!(one.trim().len(), 44, "32 bytes in base64");
    assert_ne!(one, other);
}

#[test]
fn a_database_that_cannot_be_opened_is_reported_with_the_reason() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
    let url = format!("postgres://nobody@{closed}/none");
    let folder = Folder::new("");
    folder.write("text.db", "This file is text, not a database.");
    for (url, reason) in [(url.as_str(), "refused"), ("sqlite:text.db", "text.db is damaged")] {
        for command in [&["serve"][..], &["check"], &["users", "list"]] {
            let output = folder.command(command).env("GATEPOST_DATABASES__GATEPOST__URL", url).output();
            let output = output.expect("gatepost runs");
            let message =
                String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{message}");
            assert!(
                message.contains(reason) && String::from_utf8_lossy(&output.stderr).lines().count() == 1,
                "{message}"
            );
        }
    }
}

#[test]
fn a_closed_standard_output_causes_at_most_one_line_and_no_panic() {
    let folder = Folder::new("");
    for command in [&["secret"][..], &["users", "list"], &["users", "list", "--json"], &["check"]] {
        let mut child = folder.command(command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code().is_some_and(|code| code < 2), "{command:?}: {:?} {message}", output.status);
        assert!(message.lines().count() <= 1 && !message.contains("panicked"), "{command:?}: {message}");
    }
}

#[test]
fn below_the_folder_of_rocket_toml_commands_use_its_data_and_paths_of_variables_begin_where_they_run() {
    let folder = Folder::new("[default.ops]\ntoken_file = \"token\"");
    folder.write("token", "a-token-of-enough-characters");
    assert!(folder.run(&["users", "create", "kim@example.com"]).status.success());
    folder.write("sub/note", "a file");
    let sub = folder.path().join("sub");
    let list = |variable: Option<&str>| {
        let mut command = folder.command(&["users", "list"]);
        command.envs(variable.map(|url| ("GATEPOST_DATABASES__GATEPOST__URL", url)));
        let output = command.current_dir(&sub).output().expect("gatepost runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(list(None).contains("kim@example.com"));
    let backup = folder.command(&["backup", "all.tar"]).current_dir(&sub).output().expect("gatepost runs");
    assert!(backup.status.success() && sub.join("all.tar").exists(), "its argument begins at the working folder");
    assert!(!sub.join("data").exists());
    assert!(!list(Some("sqlite:own/users.db")).contains("kim@example.com"));
    assert!(sub.join("own/users.db").exists());
}
