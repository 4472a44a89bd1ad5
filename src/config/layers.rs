//! Collects the settings from all sources, in order of precedence: environment, `.env` next to Rocket.toml, Mailpit's
//! variables, Rocket.toml, defaults.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::error::ConfigError;
use super::mailpit::variables as mailpit;
use super::reader::{ENVIRONMENT, FOUND_ABOVE, MAILPIT};
use super::{dotenv, sample, tables};

/// What the command line sets. It has the highest precedence.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub profile: Option<&'static str>,
    /// Rocket.toml, instead of `ROCKET_CONFIG` and the search for it.
    pub file: Option<PathBuf>,
    /// Full paths of keys with their values: `inbox.path`.
    pub settings: Vec<(&'static str, String)>,
}

/// The merged settings of Rocket.toml, the `.env` next to it and the environment. Rocket.toml is the file that
/// `ROCKET_CONFIG` names, or the first one found in the working directory and its parents.
///
/// # Errors
/// Fails if Rocket.toml or `.env` cannot be read, or if nothing defines the selected profile.
pub fn figment() -> Result<Figment, ConfigError> {
    figment_with(&Overrides::default())
}

/// [`figment()`] with settings of the command line.
///
/// # Errors
/// Those of [`figment()`].
pub fn figment_with(overrides: &Overrides) -> Result<Figment, ConfigError> {
    let (toml, is_above) = rocket_toml(overrides.file.as_deref())?;
    let folder = toml.as_deref().and_then(Path::parent).unwrap_or(Path::new(".")).to_owned();
    let dotenv = Variables::from_dotenv(&folder.join(".env"))?;
    let environment = Variables::from_env();
    let chosen = overrides.profile.map(Profile::new).or(environment.profile()).or(dotenv.profile());
    // Merged over Rocket's defaults: with its log_level, release builds would not log logins and deliveries.
    let defaults = Toml::string(&sample::defaults()).profile(Profile::Default);
    let mut figment = Figment::from(rocket::Config::default()).merge(defaults);
    let mut profiles = Map::new();
    if let Some(path) = &toml {
        let file = Toml::file_exact(path).nested();
        profiles = file.data().map_err(|e| ConfigError::file(path, toml_error(&e)))?;
        refuse_sections(path, &profiles)?;
        figment = if is_above { figment.merge(FoundAbove(file)) } else { figment.merge(file) };
    }
    if let Some(profile) = &chosen {
        refuse_unknown_profile(profile, &profiles, toml.as_deref())?;
    }
    let command_line = Variables::from_overrides(overrides);
    Ok(figment
        .merge(environment.mailpit())
        .merge(dotenv)
        .merge(environment)
        .merge(command_line)
        .select(chosen.unwrap_or(rocket::Config::DEFAULT_PROFILE)))
}

/// Rejects a profile that nothing defines: a misspelt `debug` would silently be a release.
fn refuse_unknown_profile(
    profile: &Profile,
    profiles: &Map<Profile, Dict>,
    toml: Option<&Path>,
) -> Result<(), ConfigError> {
    if profile == "debug" || profile == "release" || profiles.contains_key(profile) {
        return Ok(());
    }
    let file = toml.unwrap_or(Path::new("Rocket.toml"));
    let reason = format!("ROCKET_PROFILE is {profile}; use debug or release, or add a section [{profile}]");
    Err(ConfigError::file(file, reason))
}

/// Rejects a section outside a profile: figment would take it for a profile, and its settings would have no effect.
fn refuse_sections(path: &Path, profiles: &Map<Profile, Dict>) -> Result<(), ConfigError> {
    let section = tables::sections().find(|name| profiles.contains_key(&Profile::new(name)));
    match section {
        Some(name) => Err(ConfigError::file(
            path,
            format!("settings must be inside a profile: write [default.{name}] instead of [{name}]"),
        )),
        None => Ok(()),
    }
}

/// One line for each of Mailpit's variables that is set but has no effect on Gatepost, with the reason.
pub fn ignored_variables() -> Vec<String> {
    mailpit::read(&Variables::from_env().values).ignored
}

/// Checks the values of Mailpit's variables. Only a server needs this: other commands do without a wrong one.
///
/// # Errors
/// A variable that is read has a wrong value. Without it, the inbox could be open to everybody.
pub fn check_variables() -> Result<(), ConfigError> {
    let wrong = mailpit::read(&Variables::from_env().values).wrong;
    wrong.first().map_or(Ok(()), |line| Err(ConfigError::variable(line)))
}

/// The path of Rocket.toml, and true if it was found in a folder above the working folder.
fn rocket_toml(given: Option<&Path>) -> Result<(Option<PathBuf>, bool), ConfigError> {
    let named = |path: PathBuf, by: &str| match path.is_file() {
        true => Ok((Some(path), false)),
        false => Err(ConfigError::file(&path, format!("{by} does not name a file"))),
    };
    if let Some(path) = given {
        return named(path.to_owned(), "--config");
    }
    if let Some(path) = std::env::var_os("ROCKET_CONFIG").map(PathBuf::from) {
        return named(path, "ROCKET_CONFIG");
    }
    let Ok(here) = std::env::current_dir() else { return Ok((None, false)) };
    let found = here.ancestors().map(|folder| folder.join("Rocket.toml")).find(|path| path.is_file());
    let is_above = found.as_deref().and_then(Path::parent).is_some_and(|folder| folder != here);
    Ok((found, is_above))
}

/// A Rocket.toml of a folder above the working folder. Its name tells the reader that paths begin there.
struct FoundAbove<P>(P);

impl<P: Provider> Provider for FoundAbove<P> {
    fn metadata(&self) -> Metadata {
        let mut metadata = self.0.metadata();
        metadata.name = FOUND_ABOVE.into();
        metadata
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        self.0.data()
    }

    fn profile(&self) -> Option<Profile> {
        self.0.profile()
    }
}

/// The error and its position, without the text of the line, which may hold a secret.
fn toml_error(error: &figment::Error) -> String {
    let text = error.kind.to_string();
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let (first, last) = (lines.next().unwrap_or_default(), lines.next_back().unwrap_or_default());
    // Top-level keys of the file are profiles, and a profile is a table.
    let hint =
        if last.contains("expected a map") { "; settings must be inside a profile, such as [default]" } else { "" };
    format!("{first}: {last}{hint}")
}

/// `GATEPOST_…` and `ROCKET_…` variables. Values of `GATEPOST_…` stay text, so that a password of digits does not
/// become a number.
struct Variables {
    place: SettingOrigin,
    values: BTreeMap<String, String>,
}

enum SettingOrigin {
    Environment,
    File(PathBuf),
    /// Environment variables with Mailpit's names, by the keys that they set.
    Mailpit(BTreeMap<String, String>),
    CommandLine,
}

impl Variables {
    fn from_env() -> Self {
        let all = std::env::vars_os().filter_map(|(name, value)| {
            let (name, value) = (name.to_str()?.to_owned(), value.to_string_lossy());
            let value = if name.starts_with("GATEPOST_") { dotenv::without_quotes(&value) } else { &value };
            Some((name, value.to_owned()))
        });
        Variables { place: SettingOrigin::Environment, values: all.collect() }
    }

    fn from_dotenv(path: &Path) -> Result<Self, ConfigError> {
        Ok(Variables { place: SettingOrigin::File(path.to_owned()), values: dotenv::read(path)? })
    }

    fn from_overrides(overrides: &Overrides) -> Self {
        let settings = overrides.settings.iter();
        let values = settings.map(|(key, value)| (format!("GATEPOST_{}", key.replace('.', "__")), value.clone()));
        Variables { place: SettingOrigin::CommandLine, values: values.collect() }
    }

    /// Mailpit's variables as Gatepost's settings, for users who switch from Mailpit. Their precedence is lower.
    fn mailpit(&self) -> Self {
        let settings = mailpit::read(&self.values).settings;
        let names = settings.iter().map(|(key, value)| ((*key).to_owned(), value.variable.clone())).collect();
        let values = settings.into_iter();
        let values = values.map(|(key, value)| (format!("GATEPOST_{}", key.replace('.', "__")), value.text)).collect();
        Variables { place: SettingOrigin::Mailpit(names), values }
    }

    /// Returns a function from the parts of a key to the variable that set it. If both kinds of variable set one key,
    /// the `ROCKET_…` one counts; its key has a single part.
    fn variable_names(&self) -> impl Fn(&Profile, &[&str]) -> String + Clone + Send + Sync + 'static {
        let rocket_keys: BTreeSet<String> = self.values.keys().filter_map(|name| rocket_key(name)).collect();
        move |_, parts| match parts.first().filter(|first| rocket_keys.contains(**first)) {
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
            SettingOrigin::Environment => Metadata::named(ENVIRONMENT).interpolater(self.variable_names()),
            SettingOrigin::File(path) => Metadata::from(".env", path.as_path()),
            SettingOrigin::Mailpit(names) => {
                let names = names.clone();
                let name = move |_: &Profile, keys: &[&str]| names.get(&keys.join(".")).cloned().unwrap_or_default();
                Metadata::named(MAILPIT).interpolater(name)
            }
            SettingOrigin::CommandLine => Metadata::named("the command line"),
        }
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut dict = Dict::new();
        for (name, value) in &self.values {
            if let Some(key) = name.strip_prefix("GATEPOST_") {
                insert(&mut dict, &key.to_ascii_lowercase().replace("__", "."), value);
            } else if let Some(key) = rocket_key(name) {
                // Parsed as Rocket does: the form decides whether it is a number, list or table.
                let value = value.parse().unwrap_or_else(|never| match never {});
                dict.insert(key, value);
            }
        }
        Ok(Map::from([(Profile::Global, dict)]))
    }
}

/// The key that a `ROCKET_…` variable sets; `None` for the two that select file and profile.
fn rocket_key(name: &str) -> Option<String> {
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
