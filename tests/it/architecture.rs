//! Checks the rules of ARCHITECTURE.md against src/: which module may import which, and where SQL, the web framework,
//! mail clients and the monotonic clock may be used. The tables below are the rules; clippy.toml has those about time and
//! randomness.

use std::path::Path;

use crate::support::source::{ROOT, Source, files, sources};

/// Each top-level module, and the modules that it may use. The first nine are the base of all others.
const MODULES: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("random", &["clock"]),
    ("request_id", &["random"]),
    ("secret", &["random"]),
    ("tls_client", &[]),
    ("i18n", &[]),
    ("private_files", &[]),
    ("file_owner", &[]),
    ("write_transaction", &[]),
    ("db", &["private_files", "file_owner", "write_transaction"]),
    ("link_check", &["tls_client"]),
    ("mail", &["clock", "random", "secret", "i18n"]),
    ("site_folder", &["secret", "i18n", "mail"]),
    ("inbox", &["clock", "random", "secret", "private_files", "file_owner", "write_transaction", "mail"]),
    ("transport", &["clock", "random", "secret", "tls_client", "private_files", "mail", "inbox"]),
    ("outbox", &["clock", "random", "request_id", "secret", "i18n", "db", "mail", "transport"]),
    ("accounts", &["clock", "random", "secret", "i18n", "db", "mail", "site_folder", "outbox"]),
    ("smtpd", &["clock", "random", "secret", "private_files", "mail", "inbox"]),
    ("pop3", &["clock", "secret", "inbox", "smtpd"]),
    (
        "web",
        &[
            "clock",
            "random",
            "request_id",
            "secret",
            "i18n",
            "db",
            "link_check",
            "mail",
            "site_folder",
            "inbox",
            "outbox",
            "accounts",
            "smtpd",
        ],
    ),
    ("config", &EVERY_MODULE),
    ("server", &AND_ALL_ABOVE),
    ("cli", &AND_ALL_ABOVE),
    ("lib", &AND_ALL_ABOVE),
    ("main", &AND_ALL_ABOVE),
    ("tests", &["random", "secret"]),
];

const EVERY_MODULE: [&str; 20] = [
    "clock",
    "random",
    "request_id",
    "secret",
    "tls_client",
    "i18n",
    "private_files",
    "file_owner",
    "write_transaction",
    "db",
    "link_check",
    "mail",
    "site_folder",
    "inbox",
    "transport",
    "outbox",
    "accounts",
    "smtpd",
    "pop3",
    "web",
];
/// Besides [`EVERY_MODULE`].
const AND_ALL_ABOVE: [&str; 3] = ["config", "server", "cli"];

/// Crates or functions, the paths below src/ (or starts of paths) that may use them, and the reason.
struct Rule {
    names: &'static [&'static str],
    allowed: &'static [&'static str],
    reason: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        names: &["rocket"],
        allowed: &["web/", "db/", "config/", "server/", "cli/program.rs", "lib.rs", "main.rs"],
        reason: "only web handles HTTP; the domain must run without a request",
    },
    Rule {
        names: &["mail_send", "google_gmail1", "yup_oauth2"],
        allowed: &["transport/", "cli/gmail/"],
        reason: "all mail is sent by a transport, which classifies the failures",
    },
    Rule {
        names: &["reqwest", "hyper", "hyper_util", "hyper_rustls"],
        allowed: &["link_check/", "transport/"],
        reason: "a second HTTP client would bypass the address checks of link_check",
    },
    Rule {
        names: &["Instant::now"],
        allowed: &[
            "transport/",
            "smtpd/",
            "inbox/",
            "web/",
            "link_check/",
            "lib.rs",
            "cli/",
            "outbox/",
            "config/",
            "server/front/",
        ],
        reason: "a monotonic clock is for socket timeouts and measurements, not for the domain",
    },
    Rule {
        names: &["minijinja"],
        allowed: &["site_folder/"],
        reason: "the limits of the operator's templates are set there; Gatepost's own templates use askama",
    },
    Rule { names: &["sqlx", "rusqlite"], allowed: STORES, reason: "SQL and its client stay in the stores" },
];

/// Where SQL may be, in addition to `*/store.rs` and `*/store/`.
const STORES: &[&str] = &["db/", "inbox/", "file_owner.rs", "write_transaction.rs"];

fn holds_sql(path: &str) -> bool {
    path.ends_with("/store.rs") || path.contains("/store/") || STORES.iter().any(|store| path.starts_with(store))
}

fn inner(source: &Source) -> &str {
    source.path.strip_prefix("src/").unwrap_or(&source.path)
}

fn none(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n  {}\n", findings.join("\n  "));
}

#[test]
fn every_module_imports_only_what_the_table_allows() {
    let mut findings = Vec::new();
    for source in sources() {
        let Some((_, allowed)) = MODULES.iter().find(|(module, _)| *module == source.module()) else {
            findings.push(format!("{}: its module is not in the table", source.path));
            continue;
        };
        for (path, line) in source.paths() {
            let Some(other) = other_module(&source, &path) else { continue };
            let is_allowed = allowed.contains(&other) || (**allowed == AND_ALL_ABOVE && EVERY_MODULE.contains(&other));
            if other != source.module() && !is_allowed {
                findings.push(format!("{}:{line}: {} may not use {other}", source.path, source.module()));
            }
        }
    }
    none(findings);
}

/// The top-level module that a path leads to, if it leads to one from the crate's root.
fn other_module<'a>(source: &Source, path: &'a [String]) -> Option<&'a str> {
    let supers = path.iter().take_while(|word| *word == "super").count();
    // A module's depth below the root: src/mail/mod.rs and src/clock.rs 1, src/mail/address.rs 2.
    let depth = inner(source).trim_end_matches("/mod.rs").split('/').count();
    let rest = match path.first().map(String::as_str) {
        Some("crate" | "gatepost") => &path[1..],
        Some("super") if supers == depth => &path[supers..],
        _ => return None,
    };
    let module = rest.first()?.as_str();
    MODULES.iter().any(|(known, _)| *known == module).then_some(module)
}

#[test]
fn frameworks_and_clients_are_used_only_where_allowed() {
    let mut findings = Vec::new();
    for source in sources() {
        let file = inner(&source).to_owned();
        for (path, line) in source.paths() {
            for rule in RULES.iter().filter(|rule| breaks(rule, &path)) {
                let allowed = rule.allowed.iter().any(|start| file.starts_with(start));
                if !allowed && !(rule.names.contains(&"sqlx") && (holds_sql(&file) || is_error_type(&path))) {
                    findings.push(format!("{}:{line}: {}: {}", source.path, path.join("::"), rule.reason));
                }
            }
        }
    }
    none(findings);
}

/// True for the error type of a database crate, which domain errors hold as their source.
fn is_error_type(path: &[String]) -> bool {
    path.len() > 1 && ["sqlx", "rusqlite"].contains(&path[0].as_str()) && path[1] == "Error"
}

fn breaks(rule: &Rule, path: &[String]) -> bool {
    rule.names.iter().any(|name| match name.split_once("::") {
        None => path.len() > 1 && path[0] == *name,
        Some((kind, function)) => path.windows(2).any(|pair| pair[0] == kind && pair[1] == function),
    })
}

#[test]
fn sql_is_only_in_stores_in_lower_case_and_with_named_columns() {
    let mut findings = Vec::new();
    for source in sources() {
        for (text, line) in source.strings().filter(|(text, _)| is_sql(text)) {
            let place = format!("{}:{line}", source.path);
            if !holds_sql(inner(&source)) {
                findings.push(format!("{place}: SQL outside a store"));
            }
            if text.split_whitespace().any(|word| ["SELECT", "INSERT", "UPDATE", "DELETE", "WHERE"].contains(&word)) {
                findings.push(format!("{place}: SQL keywords are written in lower case"));
            }
            if text.to_ascii_lowercase().contains("select *") {
                findings.push(format!("{place}: a query names its columns"));
            }
        }
    }
    none(findings);
}

fn is_sql(text: &str) -> bool {
    let text = text.trim_start().to_ascii_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.first() {
        Some(&"select") => words.contains(&"from") || words.len() == 2,
        Some(&"update") => words.contains(&"set"),
        Some(&"insert") => words.contains(&"into"),
        Some(&"delete") => words.get(1) == Some(&"from"),
        Some(&"create") => matches!(words.get(1), Some(&"table" | &"index" | &"unique" | &"virtual" | &"trigger")),
        Some(&"with") => words.contains(&"as") && words.contains(&"select"),
        Some(&"pragma") => true,
        _ => false,
    }
}

#[test]
fn every_file_begins_with_a_description() {
    let mut findings = Vec::new();
    for path in files("src", &["rs"]).into_iter().chain(files("tests", &["rs"])).chain(files("benches", &["rs"])) {
        let text = read(&path);
        if !text.starts_with("//! ") {
            findings.push(format!("{path}: does not begin with a //! line"));
        }
    }
    none(findings);
}

#[test]
fn no_file_contains_a_machine_s_paths_or_a_registry_s_host() {
    // Written with gaps, so that the test does not find this file.
    let machine =
        ["/wo rk/", "/ro ot/", "reg istry.npm", "py pi.org", "static.cra tes", "index.cra tes", "deb.deb ian"]
            .map(|text| text.replace(' ', ""));
    let mut findings = Vec::new();
    for path in text_files() {
        for (number, line) in read(&path).lines().enumerate() {
            if let Some(found) = machine.iter().find(|text| line.contains(text.as_str())) {
                findings.push(format!("{path}:{}: {found}", number + 1));
            }
        }
    }
    none(findings);
}

/// All text files of the package except the lock file, which Cargo writes.
fn text_files() -> Vec<String> {
    let written =
        ["rs", "toml", "md", "ftl", "html", "txt", "css", "js", "mjs", "py", "sql", "json", "sh", "smtp", "yml"];
    let folders =
        ["src", "tests", "docs", "templates", "locales", "static", "migrations", "credentials", "benches", "bench"];
    let mut found: Vec<String> = folders.iter().flat_map(|folder| files(folder, &written)).collect();
    for folder in ["", "bin", ".ci"] {
        let Ok(entries) = std::fs::read_dir(Path::new(ROOT).join(folder)) else { continue };
        let entries = entries.flatten().filter(|entry| entry.path().is_file());
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let names = names.filter(|name| ![".git", ".env", "Cargo.lock"].contains(&name.as_str()));
        found.extend(names.map(|name| if folder.is_empty() { name } else { format!("{folder}/{name}") }));
    }
    found
}

fn read(path: &str) -> String {
    String::from_utf8_lossy(&std::fs::read(Path::new(ROOT).join(path)).expect("a file")).into_owned()
}

#[test]
fn rustls_with_ring_is_the_only_tls_stack() {
    let lock = read("Cargo.lock");
    let names: Vec<&str> = lock.lines().filter_map(|line| line.strip_prefix("name = ")).collect();
    for refused in ["aws-lc-rs", "aws-lc-sys", "openssl", "openssl-sys", "native-tls"] {
        assert!(!names.contains(&format!("\"{refused}\"").as_str()), "{refused} is in Cargo.lock");
    }
    assert!(names.contains(&"\"rustls\"") && names.contains(&"\"ring\""));
}
