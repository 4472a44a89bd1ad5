//! The documents agree with the program: the settings they show load, docs/settings.md and Rocket.toml are generated
//! from the settings in the code, docs/commands.md lists every command, docs/inbox.md every operation of the API, and
//! addresses answer.

use std::collections::BTreeSet;
use std::path::Path;

use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use gatepost::config::{self, Config};
use reqwest::Method;

use crate::documents::{document, documents};
use crate::support::process::Folder;
use crate::support::source::ROOT;

/// Where the documents say that the site listens.
const SITE: &str = "http://127.0.0.1:8000";

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
fn every_block_of_settings_in_the_documents_loads() {
    let mut count = 0;
    for document in documents() {
        for block in toml_blocks(&document.text) {
            let profile = if block.contains("[release]") { "release" } else { "debug" };
            load(block, profile).unwrap_or_else(|problem| panic!("{}: {problem}\nin\n{block}", document.path));
            count += 1;
        }
    }
    assert!(count >= 10, "the documents show settings");
}

/// The two files that the settings' declarations generate, each with the text that it should have.
fn generated() -> [(&'static str, String); 2] {
    [("Rocket.toml", config::rocket_toml()), ("docs/settings.md", config::settings_page())]
}

/// `SNAPSHOTS=write` writes the files.
#[test]
fn rocket_toml_and_the_page_of_settings_are_generated_from_the_settings_in_the_code() {
    for (path, expected) in generated() {
        if std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "write") {
            std::fs::write(Path::new(ROOT).join(path), &expected).expect("a writable file");
        }
        let found = document(path);
        let differ = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
        assert!(
            found == expected,
            "{path}, first difference {differ:#?}: write it with SNAPSHOTS=write, see CONTRIBUTING.md"
        );
    }
}

/// The settings that result from a Rocket.toml with this text in the debug profile. Nothing is written: the secret key
/// is given.
fn resulting(toml: &str) -> String {
    let figment = Figment::from(rocket::Config::default())
        .merge(Serialized::default("secret_key", gatepost_key()))
        .merge(Toml::string(toml).nested())
        .select("debug");
    let config = Config::from_figment(figment).unwrap_or_else(|error| panic!("{error}\nin\n{toml}"));
    format!("{config:#?}")
}

/// Rocket.toml with the `# ` before each setting removed.
fn uncommented() -> String {
    let is_setting = |line: &str| {
        line.split_once(" = ").is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    document("Rocket.toml")
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| is_setting(rest)).unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn rocket_toml_sets_nothing_as_it_stands_and_the_defaults_when_uncommented() {
    let uncommented = uncommented();
    assert!(uncommented.lines().filter(|line| line.contains(" = ")).count() > 70, "{uncommented}");
    assert_eq!(resulting(&document("Rocket.toml")), resulting(""));
    assert_eq!(resulting(&uncommented), resulting(""));
}

/// The cells of each table row in `text` whose first cell holds something in backticks.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let cells = |line| str::trim(line).trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>();
    text.lines().filter(|line| line.starts_with('|')).map(cells).filter(|cells| cells[0].contains('`'))
}

/// What stands between the first backticks of a cell.
fn code(cell: &str) -> &str {
    cell.split('`').nth(1).unwrap_or_default()
}

/// The text below a heading of the second level.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let part = page.split("\n## ").find_map(|part| part.strip_prefix(heading)?.strip_prefix('\n'));
    part.unwrap_or_else(|| panic!("no part {heading}"))
}

#[test]
fn the_page_of_settings_lists_keys_that_can_be_set_with_the_defaults_that_apply() {
    let page = document("docs/settings.md");
    let mut toml = String::new();
    for part in page.split("\n## ").skip(1) {
        let (table, text) = part.split_once('\n').expect("a heading");
        toml.push_str(&format!("{table}\n"));
        for cells in rows(text) {
            toml.push_str(&format!("{} = {}\n", code(cells[0]), code(cells[1])));
        }
    }
    assert!(toml.contains("[default.accounts]\n") && toml.contains("\nsecret_key_file = \"\"\n"), "{toml}");
    // An empty secret key would take the place of the one that `resulting` gives.
    let toml = toml.replace("secret_key = \"\"\n", &format!("secret_key = \"{}\"\n", gatepost_key()));
    assert_eq!(resulting(&toml), resulting(""));
}

/// Every command that runs something, as `--help` lists them: `mail send`, `check`.
fn commands(folder: &Folder, prefix: &[&str]) -> BTreeSet<String> {
    let output = folder.run(&[prefix, &["--help"]].concat());
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && help.contains("Usage:"), "gatepost {} --help: {help}", prefix.join(" "));
    let Some((_, list)) = help.split_once("Commands:\n") else { return BTreeSet::from([prefix.join(" ")]) };
    let names =
        list.lines().take_while(|line| line.starts_with("  ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").flat_map(|name| commands(folder, &[prefix, &[name]].concat())).collect()
}

#[test]
fn the_page_of_commands_lists_exactly_the_commands_there_are() {
    let page = document("docs/commands.md");
    let listed = rows(&page).filter_map(|cells| code(cells[0]).strip_prefix("gatepost ")).map(str::to_owned);
    assert_eq!(listed.collect::<BTreeSet<_>>(), commands(&Folder::new(""), &[]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_inbox_lists_exactly_the_operations_of_its_api_and_pages_that_exist() {
    let page = document("docs/inbox.md");
    let folder = Folder::new("");
    let server = folder.serve();
    let visitor = server.visitor();
    let described = visitor.get("/dev/inbox/api/v1/openapi.json").await.json();
    let paths = described["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().expect("methods").keys().map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    let listed: BTreeSet<&str> = rows(section(&page, "API")).map(|cells| code(cells[0])).collect();
    let operations: BTreeSet<String> = operations.collect();
    assert_eq!(listed, operations.iter().map(String::as_str).collect());
    let mail = r#"{"From":{"Email":"a@example.com"},"To":[{"Email":"b@example.com"}],"Text":"x"}"#;
    let request = visitor.request(Method::POST, "/dev/inbox/api/v1/send").body(mail);
    let id = visitor.send(request).await.json()["ID"].as_str().expect("an id").to_owned();
    for cells in rows(section(&page, "Pages")) {
        let path = format!("/dev/inbox{}", code(cells[0]).replace("<ID>", &id));
        assert!(visitor.get(&path).await.status < 400, "{path}");
    }
}

/// The addresses of the site in a text.
fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| c.is_whitespace() || "'\"`<>);".contains(c);
    text.match_indices(SITE).map(move |(at, _)| text[at..].split(ends).next().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_that_a_document_shows_answers() {
    let folder = Folder::new("");
    let server = folder.serve();
    let visitor = server.visitor();
    let documents = documents();
    let mut shown: BTreeSet<&str> = documents.iter().flat_map(|document| addresses(&document.text)).collect();
    // `/healthz` and the like stand in a table without the site's address.
    let production = document("docs/production.md");
    shown.extend(rows(section(&production, "Health checks and metrics")).map(|cells| code(cells[0])));
    let shown: Vec<&str> = shown.into_iter().filter(|address| !address.contains(['…', '$', '{'])).collect();
    assert!(shown.len() > 5, "{shown:?}");
    for address in shown {
        let path = address.strip_prefix(SITE).unwrap_or(address);
        if !path.is_empty() && !path.starts_with('/') {
            continue;
        }
        // Nothing is sent here that a wait could end with.
        let path = format!("/{}", path.trim_start_matches('/').replace("timeout=10s", "timeout=1ms"));
        let page = visitor.get(&path).await;
        let answers = page.status < 400 || (page.status == 408 && path.contains("/wait"));
        assert!(answers, "{address}: {} {}", page.status, page.text());
    }
}

#[test]
fn the_page_about_clients_names_every_program_and_the_versions_that_bin_setup_installs() {
    let clients = document("docs/clients.md");
    let rows: Vec<&str> = clients.lines().filter(|line| line.starts_with("| ")).collect();
    let names = |row: &&&str, name: &str| row.contains(&format!(" {name} |"));
    for entry in std::fs::read_dir(Path::new(ROOT).join("tests/clients")).expect("the clients") {
        let name = entry.expect("a file").file_name().into_string().expect("a name");
        let name = if name == "go" { "go/main.go".to_owned() } else { name };
        assert!(name == "python_message.py" || rows.iter().any(|row| names(&row, &name)), "{name}");
    }
    let requirements = document("tests/tools/requirements.txt");
    let packages: serde_json::Value = serde_json::from_str(&document("tests/tools/package.json")).expect("JSON");
    let python =
        |name: &str| requirements.lines().find_map(|line| line.strip_prefix(&format!("{name}=="))).map(str::to_owned);
    let npm = packages["dependencies"]["nodemailer"].as_str().map(str::to_owned);
    for (client, version) in [("aiosmtplib", python("aiosmtplib")), ("Django", python("Django")), ("nodemailer", npm)] {
        let row = format!("| {client} | {} |", version.expect("a pinned version"));
        assert!(rows.iter().any(|line| line.starts_with(&row)), "{row}");
    }
}
