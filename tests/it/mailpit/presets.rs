//! What public presets of Mailpit do, done with `gatepost mailpit` in its place: their environment, arguments, host name
//! and wait rule, each in a network namespace of its own, where the ports are free and the host's name resolves.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::process::Folder;
use crate::support::source::ROOT;

/// What an image sets: the container listens at every address. A preset may set it anew.
const IMAGE: [(&str, &str); 2] = [("MP_UI_BIND_ADDR", "0.0.0.0:8025"), ("MP_SMTP_BIND_ADDR", "0.0.0.0:1025")];

/// A preset, with the file that it was read from.
struct Preset {
    #[expect(dead_code, reason = "names the public source")]
    source: &'static str,
    /// True if the preset starts the image, false if it starts a program `mailpit`.
    is_image: bool,
    variables: &'static [(&'static str, &'static str)],
    arguments: &'static [&'static str],
    /// The names under which other containers or the host reach it.
    hosts: &'static [&'static str],
    /// How the preset waits until it is ready.
    wait: Wait,
    /// Path of pages and API.
    path: &'static str,
    login: Option<[&'static str; 2]>,
}

/// A rule that says when the server is ready.
enum Wait {
    /// Both ports accept connections.
    Ports,
    /// A GET of this path has status 200.
    Http(&'static str),
    /// A line of the log matches this regular expression.
    Log(&'static str),
    /// This command exits with 0 inside the container.
    Command(&'static [&'static str]),
}

const NOTHING: Preset = Preset {
    source: "",
    is_image: true,
    variables: &[],
    arguments: &[],
    hosts: &["localhost"],
    wait: Wait::Ports,
    path: "",
    login: None,
};

/// Runs a preset: start, wait, send by SMTP, read by the API and the page, under each host name.
fn run(preset: &Preset) {
    if !Command::new("unshare").args(["-Urnm", "true"]).status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: this system allows no user namespaces");
        return;
    }
    let folder = Folder::new("");
    let link = folder.path().join("mailpit");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_gatepost"), &link).expect("a link");
    let image = if preset.is_image { &IMAGE[..] } else { &[] };
    let variables: serde_json::Map<String, Value> =
        image.iter().chain(preset.variables).map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    let (rule, value) = match preset.wait {
        Wait::Ports => ("ports", json!(null)),
        Wait::Http(path) => ("http", json!(path)),
        Wait::Log(pattern) => ("log", json!(pattern)),
        Wait::Command(words) => ("command", json!(words)),
    };
    let plan = json!({
        "program": link, "variables": variables, "arguments": preset.arguments, "hosts": preset.hosts,
        "wait": [rule, value], "path": preset.path, "login": preset.login,
    });
    folder.write("plan.json", &plan.to_string());
    let inside = format!("ip link set lo up && exec python3 {ROOT}/tests/it/mailpit/preset.py plan.json");
    let mut command = Command::new("unshare");
    command.args(["-Urnm", "sh", "-c", &inside]).current_dir(folder.path());
    let output = command.output().expect("unshare runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("preset ok"), "{said}");
}

#[test]
fn laravel_sail_starts_the_image_without_settings_and_sends_to_the_host_mailpit() {
    run(&Preset { source: "laravel/sail: stubs/mailpit.stub", hosts: &["mailpit", "localhost"], ..NOTHING });
}

#[test]
fn the_cli_of_supabase_sets_addresses_and_asks_readyz() {
    run(&Preset {
        source: "supabase/cli: apps/cli-go/internal/start/start.go",
        variables: &[
            ("MP_UI_BIND_ADDR", "0.0.0.0:8025"),
            ("MP_SMTP_BIND_ADDR", "0.0.0.0:1025"),
            ("MP_POP3_BIND_ADDR", "0.0.0.0:1110"),
            ("MP_SMTP_DISABLE_RDNS", "true"),
        ],
        hosts: &["supabase_inbucket_my-project", "localhost"],
        wait: Wait::Command(&["./mailpit", "readyz"]),
        ..NOTHING
    });
}

#[test]
fn the_go_module_of_testcontainers_sets_a_login_and_a_limit() {
    run(&Preset {
        source: "testcontainers/testcontainers-go: modules/mailpit/mailpit.go",
        variables: &[
            ("MP_SMTP_AUTH", "user:password"),
            ("MP_SMTP_AUTH_ALLOW_INSECURE", "true"),
            ("MP_MAX_MESSAGES", "1000"),
        ],
        hosts: &["localhost", "127.0.0.1"],
        wait: Wait::Http("/readyz"),
        login: Some(["user", "password"]),
        ..NOTHING
    });
}

#[test]
fn the_java_module_of_testcontainers_waits_for_the_page() {
    run(&Preset {
        source: "martinellich/testcontainers-mailpit: MailpitContainer.java",
        wait: Wait::Http("/"),
        ..NOTHING
    });
}

#[test]
fn quarkus_sets_a_webroot_chaos_and_an_empty_relay_and_waits_for_the_log() {
    run(&Preset {
        source: "quarkiverse/quarkus-mailpit: MailpitContainer.java",
        variables: &[
            ("MP_WEBROOT", "/mailpit"),
            ("MP_VERBOSE", "true"),
            ("MP_ENABLE_CHAOS", "true"),
            ("MP_MAX_MESSAGES", "500"),
            ("MP_SMTP_RELAY_PORT", "25"),
            ("MP_SMTP_RELAY_STARTTLS", "false"),
            ("MP_SMTP_RELAY_TLS", "false"),
            ("MP_SMTP_RELAY_ALLOW_INSECURE", "false"),
            ("MP_SMTP_RELAY_AUTH", "none"),
            ("MP_SMTP_RELAY_ALL", "false"),
        ],
        wait: Wait::Log(r".*\[http\] accessible via.*"),
        path: "/mailpit",
        ..NOTHING
    });
}

#[test]
fn the_toolkit_of_aspire_sets_a_database_and_asks_livez() {
    run(&Preset {
        source: "CommunityToolkit/Aspire: CommunityToolkit.Aspire.Hosting.MailPit",
        variables: &[("MP_DATABASE", "data/mailpit.db")],
        hosts: &["mailpit", "localhost"],
        wait: Wait::Http("/livez"),
        ..NOTHING
    });
}

#[test]
fn devenv_starts_the_program_with_old_flags() {
    run(&Preset {
        source: "cachix/devenv: src/modules/services/mailpit.nix",
        is_image: false,
        arguments: &["--db-file", "state/db.sqlite", "--listen", "127.0.0.1:8025", "--smtp", "127.0.0.1:1025"],
        ..NOTHING
    });
}

#[test]
fn an_environment_file_of_docker_keeps_quotes_and_they_do_not_matter_for_gatepost_variables() {
    run(&Preset {
        source: "docker run --env-file",
        variables: &[("GATEPOST_HOSTS", "\"mail.example.com\"")],
        hosts: &["mail.example.com", "mailpit"],
        ..NOTHING
    });
}
