//! Where settings are written and which place wins: environment > `.env` beside Rocket.toml > Mailpit's variables >
//! Rocket.toml > defaults.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::{Problem, dotenv, mailpit, source};

/// Whose metadata a variable of the environment has.
pub(super) const ENVIRONMENT: &str = "environment";

/// Rocket.toml (where `ROCKET_CONFIG` says, else in this folder or one above), the `.env` beside it, environment.
///
/// # Errors
/// A Rocket.toml or `.env` that cannot be read.
pub fn figment() -> Result<Figment, Problem> {
    let toml = rocket_toml()?;
    let folder = toml.as_deref().and_then(Path::parent).unwrap_or(Path::new(".")).to_owned();
    let dotenv = Variables::from_dotenv(&folder.join(".env"))?;
    let environment = Variables::from_env();
    let profile = environment.profile().or(dotenv.profile()).unwrap_or(rocket::Config::DEFAULT_PROFILE);
    // Rocket's own default leaves a release build's log without logins and handed-over mail.
    let level = Serialized::default("log_level", "normal");
    let mut figment = Figment::from(rocket::Config::default()).merge(level);
    if let Some(path) = toml {
        let file = Toml::file_exact(&path).nested();
        let profiles = file.data().map_err(|e| Problem::file(&path, toml_fault(&e)))?;
        refuse_sections(&path, &profiles)?;
        figment = figment.merge(file);
    }
    Ok(figment.merge(environment.mailpit()).merge(dotenv).merge(environment).select(profile))
}

/// A section that stands alone would be a profile of its own, which nobody ever chooses.
fn refuse_sections(path: &Path, profiles: &Map<Profile, Dict>) -> Result<(), Problem> {
    let alone = source::sections().into_iter().find(|name| profiles.contains_key(&Profile::new(name)));
    match alone {
        Some(name) => Err(Problem::file(
            path,
            format!("settings stand below a profile: write [default.{name}] instead of [{name}]"),
        )),
        None => Ok(()),
    }
}

/// Mailpit's variables that are set and have no effect here.
pub fn without_effect() -> Vec<String> {
    mailpit::read(&Variables::from_env().values).idle
}

fn rocket_toml() -> Result<Option<PathBuf>, Problem> {
    if let Some(path) = std::env::var_os("ROCKET_CONFIG").map(PathBuf::from) {
        let found = path.is_file();
        return if found { Ok(Some(path)) } else { Err(Problem::file(&path, "ROCKET_CONFIG names no file".into())) };
    }
    let Ok(here) = std::env::current_dir() else { return Ok(None) };
    Ok(here.ancestors().map(|folder| folder.join("Rocket.toml")).find(|path| path.is_file()))
}

/// What is wrong and where, without the line itself, which may hold a secret.
fn toml_fault(error: &figment::Error) -> String {
    let text = error.kind.to_string();
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let (first, last) = (lines.next().unwrap_or_default(), lines.next_back().unwrap_or_default());
    // Every key of the file is a profile, and a profile is a table.
    let hint = if last.contains("expected a map") { "; settings stand below a profile, such as [default]" } else { "" };
    format!("{first}: {last}{hint}")
}

/// `GATEPOST_` variables and Rocket's own, kept as text: a password of digits must not become a number.
struct Variables {
    place: Place,
    values: BTreeMap<String, String>,
}

enum Place {
    Environment,
    File(PathBuf),
    /// The environment, under Mailpit's names.
    Mailpit,
}

impl Variables {
    fn from_env() -> Self {
        let all = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value.to_string_lossy().into_owned())));
        Variables { place: Place::Environment, values: all.collect() }
    }

    fn from_dotenv(path: &Path) -> Result<Self, Problem> {
        Ok(Variables { place: Place::File(path.to_owned()), values: dotenv::read(path)? })
    }

    /// Below ours: who switches from Mailpit leaves its variables as they are.
    fn mailpit(&self) -> Self {
        let ours = mailpit::read(&self.values).settings.into_iter();
        let values = ours.map(|(key, value)| (format!("GATEPOST_{}", key.replace('.', "__")), value)).collect();
        Variables { place: Place::Mailpit, values }
    }

    /// From a key's parts to the variable it was read from; of two for one key Rocket's counts, and it has no parts.
    fn namer(&self) -> impl Fn(&Profile, &[&str]) -> String + Clone + Send + Sync + 'static {
        let rockets: BTreeSet<String> = self.values.keys().filter_map(|name| rockets_key(name)).collect();
        move |_, parts| match parts.first().filter(|first| rockets.contains(**first)) {
            Some(first) => format!("ROCKET_{}", first.to_ascii_uppercase()),
            None => format!("GATEPOST_{}", parts.join("__").to_ascii_uppercase()),
        }
    }

    fn profile(&self) -> Option<Profile> {
        self.values.get("ROCKET_PROFILE").filter(|name| !name.is_empty()).map(|name| Profile::new(name))
    }
}

impl Provider for Variables {
    fn metadata(&self) -> Metadata {
        match &self.place {
            Place::Environment => Metadata::named(ENVIRONMENT).interpolater(self.namer()),
            Place::File(path) => Metadata::from(".env", path.as_path()),
            Place::Mailpit => Metadata::named("a variable of Mailpit's, MP_…"),
        }
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut dict = Dict::new();
        for (name, value) in &self.values {
            if let Some(key) = name.strip_prefix("GATEPOST_") {
                insert(&mut dict, &key.to_ascii_lowercase().replace("__", "."), value);
            } else if let Some(key) = rockets_key(name) {
                // As Rocket reads them: numbers, lists and tables by their form.
                let value = value.parse().unwrap_or_else(|never| match never {});
                dict.insert(key, value);
            }
        }
        Ok(Map::from([(Profile::Global, dict)]))
    }
}

/// The key of a variable of Rocket's, unless it says where the settings are.
fn rockets_key(name: &str) -> Option<String> {
    let key = name.strip_prefix("ROCKET_").filter(|key| !["PROFILE", "CONFIG"].contains(key))?;
    Some(key.to_ascii_lowercase())
}

fn insert(dict: &mut Dict, key: &str, value: &str) {
    let Some((table, rest)) = key.split_once('.') else {
        dict.insert(key.to_owned(), Value::from(value));
        return;
    };
    let entry = dict.entry(table.to_owned()).or_insert_with(|| Value::from(Dict::new()));
    if let Value::Dict(_, inner) = entry {
        insert(inner, rest, value);
    }
}
