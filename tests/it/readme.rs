//! README.md and Rocket.toml keep their promises: what they show loads, every setting is in both with its default, and
//! every command they name exists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Value};
use gatepost::config::Config;

use crate::support::process::Folder;
use crate::support::source::ROOT;

const DEFAULTS: &str = include_str!("../../src/config/defaults.toml");
/// Rocket's own, which stand in README beside ours.
const ROCKET: [&str; 2] = ["address", "port"];

fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(name)).expect("a page of the project")
}

/// The text of each ```toml block.
fn toml_blocks(page: &str) -> Vec<&str> {
    page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

/// Loads settings with a database and files of a temporary folder instead of the ones the text names.
fn load(toml: &str, profile: &str) -> Result<Config, String> {
    let folder = Folder::new("");
    for (name, text) in [("smtp-password", "abcd efgh ijkl mnop"), ("secret_key", &gatepost_key())] {
        folder.write(&format!("credentials/{name}"), text);
    }
    let path = folder.path().display();
    let toml = toml.replace("\"credentials/", &format!("\"{path}/credentials/"));
    let database = format!("sqlite:{path}/data/gatepost.db");
    let figment = Figment::from(rocket::Config::default())
        .merge(Serialized::global("databases.gatepost.url", database))
        .merge(Toml::string(&toml).nested())
        .select(profile);
    Config::from_figment(figment).map_err(|problem| problem.to_string())
}

fn gatepost_key() -> String {
    format!("{}=", "A".repeat(43))
}

#[test]
fn every_block_of_settings_in_the_readme_loads() {
    let readme = page("README.md");
    let blocks = toml_blocks(&readme);
    assert!(blocks.len() >= 5, "README shows settings");
    for block in blocks {
        let profile = if block.contains("[release]") { "release" } else { "debug" };
        load(block, profile).unwrap_or_else(|problem| panic!("{problem}\nin\n{block}"));
    }
}

/// Every key with its value as text, `mail.smtp.host` and so on.
fn flat(dict: &Dict, prefix: &str, into: &mut BTreeMap<String, String>) {
    for (key, value) in dict {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Dict(_, inner) => flat(inner, &path, into),
            Value::Array(_, items) => _ = into.insert(path, items.iter().map(plain).collect::<Vec<_>>().join(" ")),
            value => _ = into.insert(path, plain(value)),
        }
    }
}

fn plain(value: &Value) -> String {
    let number = || value.to_i128().map(|n| n.to_string());
    let text = value.clone().into_string();
    text.or_else(number).or_else(|| value.to_bool().map(|b| b.to_string())).unwrap_or_default()
}

fn settings(toml: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    flat(&Toml::from_str::<Dict>(toml).expect("TOML"), "", &mut found);
    found
}

/// Rocket.toml with the `# ` before each setting taken away.
fn uncommented() -> String {
    let is_setting = |line: &str| {
        line.split_once(" = ").is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    page("Rocket.toml")
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| is_setting(rest)).unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn rocket_toml_shows_every_setting_with_its_default_and_loads_as_it_stands_and_uncommented() {
    load(&page("Rocket.toml"), "debug").expect("Rocket.toml loads");
    let shown: BTreeMap<String, String> = settings(&uncommented())
        .into_iter()
        .map(|(key, value)| (key.trim_start_matches("default.").to_owned(), value))
        .filter(|(key, _)| !ROCKET.contains(&key.as_str()))
        .collect();
    let defaults = settings(DEFAULTS);
    for (key, default) in &defaults {
        let secret_itself = defaults.contains_key(&format!("{key}_file"));
        let other_form = key.strip_suffix("_file").is_some_and(|key| shown.contains_key(key))
            || secret_itself && shown.contains_key(&format!("{key}_file"));
        match shown.get(key) {
            // Its default depends on the profile.
            _ if key == "inbox.enabled" => {}
            Some(value) => assert_eq!(value, default, "{key} in Rocket.toml"),
            None => assert!(other_form, "{key} is not in Rocket.toml"),
        }
    }
    for key in shown.keys() {
        assert!(defaults.contains_key(key), "{key} in Rocket.toml is no setting");
    }
}

#[test]
fn the_readme_s_table_names_exactly_the_settings_there_are() {
    let readme = page("README.md");
    let table =
        readme.split("## Settings").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a Settings part");
    let mut section = String::new();
    let mut named = BTreeSet::new();
    for row in table.lines().filter(|line| line.starts_with("| ")) {
        let first = row.split('|').nth(1).unwrap_or_default().trim();
        if let Some(name) = first.strip_prefix("**") {
            section = format!("{}.", name.trim_end_matches("**"));
        }
        named.extend(first.split('`').skip(1).step_by(2).map(|key| format!("{section}{key}")));
    }
    let mut known: BTreeSet<String> = settings(DEFAULTS).into_keys().collect();
    known.extend(ROCKET.map(str::to_owned));
    assert_eq!(named, known);
}

#[test]
fn every_command_the_readme_names_exists_and_explains_itself() {
    let readme = page("README.md");
    let table =
        readme.split("## Commands").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a Commands part");
    let folder = Folder::new("");
    let commands: Vec<&str> =
        table.lines().filter_map(|line| line.strip_prefix("| `gatepost ")?.split('`').next()).collect();
    assert!(commands.len() > 20);
    for command in commands {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.push("--help");
        let output = folder.run(&arguments);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("Usage:"), "gatepost {command} --help: {said}");
    }
}

#[test]
fn the_page_about_clients_names_every_program_and_the_versions_that_bin_setup_installs() {
    let clients = page("docs/clients.md");
    let rows: Vec<&str> = clients.lines().filter(|line| line.starts_with("| ")).collect();
    let names = |row: &&&str, name: &str| row.contains(&format!(" {name} |"));
    for entry in std::fs::read_dir(Path::new(ROOT).join("tests/clients")).expect("the clients") {
        let name = entry.expect("a file").file_name().into_string().expect("a name");
        let name = if name == "go" { "go/main.go".to_owned() } else { name };
        assert!(name == "python_message.py" || rows.iter().any(|row| names(&row, &name)), "{name}");
    }
    let requirements = page("tests/tools/requirements.txt");
    let packages: serde_json::Value = serde_json::from_str(&page("tests/tools/package.json")).expect("JSON");
    let python =
        |name: &str| requirements.lines().find_map(|line| line.strip_prefix(&format!("{name}=="))).map(str::to_owned);
    let npm = packages["dependencies"]["nodemailer"].as_str().map(str::to_owned);
    for (client, version) in [("aiosmtplib", python("aiosmtplib")), ("Django", python("Django")), ("nodemailer", npm)] {
        let row = format!("| {client} | {} |", version.expect("a pinned version"));
        assert!(rows.iter().any(|line| line.starts_with(&row)), "{row}");
    }
}
