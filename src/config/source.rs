//! The raw side: where settings come from and in what order, and reading one of them by its key.
//! Environment > `.env` beside Rocket.toml > Rocket.toml > defaults.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use figment::providers::{Env, Format, Toml};
use figment::value::{Dict, Map, Tag, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::{Problem, mailpit};

const DEFAULTS: &str = include_str!("defaults.toml");

/// Keys that Rocket reads itself; they may stand in Rocket.toml beside ours.
const ROCKET_KEYS: [&str; 9] =
    ["address", "port", "workers", "max_blocking", "ident", "keep_alive", "shutdown", "log_level", "profile"];

/// Keys of Rocket's that would have no effect here, and what does it instead.
const UNUSED_KEYS: [(&str, &str); 6] = [
    ("ip_header", "client addresses are believed by trusted_proxies only"),
    ("proxy_proto_header", "the scheme is public_url's"),
    ("limits", "forms are limited to 64 KiB, messages by inbox.max_message_size"),
    ("temp_dir", "nothing is written there"),
    ("log_colors", "colours follow the terminal"),
    ("cli_colors", "colours follow the terminal"),
];

/// Settings as written, each still knowing which file or variable it came from.
#[derive(Clone, Debug)]
pub(super) struct Source {
    figment: Figment,
}

/// Rocket.toml (where `ROCKET_CONFIG` says, else in this folder or one above), the `.env` beside it, environment.
///
/// # Errors
/// A malformed `.env`.
pub fn figment() -> Result<Figment, Problem> {
    let toml = rocket_toml();
    let folder = toml.as_deref().and_then(Path::parent).unwrap_or(Path::new(".")).to_owned();
    load_dotenv(&folder.join(".env"))?;
    let mut figment = Figment::from(rocket::Config::default());
    if let Some(path) = toml {
        figment = figment.merge(Toml::file_exact(path).nested());
    }
    let profile = Profile::from_env_or("ROCKET_PROFILE", rocket::Config::DEFAULT_PROFILE);
    let rocket = Env::prefixed("ROCKET_").ignore(&["PROFILE", "CONFIG"]).global();
    Ok(figment.merge(rocket).merge(Variables::from_mailpit()).merge(Variables::from_env()).select(profile))
}

/// The environment's variables that are text.
fn texts() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Mailpit's variables that are set and have no effect here.
pub fn without_effect() -> Vec<String> {
    mailpit::read(texts()).idle
}

fn rocket_toml() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("ROCKET_CONFIG") {
        return Some(path.into());
    }
    let here = std::env::current_dir().ok()?;
    here.ancestors().map(|folder| folder.join("Rocket.toml")).find(|path| path.is_file())
}

/// A variable that is set already wins over the file.
fn load_dotenv(path: &Path) -> Result<(), Problem> {
    match dotenvy::from_path(path) {
        Err(dotenvy::Error::Io(e)) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(dotenvy::Error::LineParse(_, at)) => {
            // The line itself may hold a secret and is not repeated.
            Err(Problem::file(
                path,
                format!("a line cannot be read (near its character {at}); quote values with spaces"),
            ))
        }
        Err(e) => Err(Problem::file(path, e.to_string())),
        Ok(()) => Ok(()),
    }
}

/// `GATEPOST_` variables, kept as text: a password of digits must not become a number.
struct Variables {
    values: BTreeMap<String, String>,
    /// How the variables' names begin, in messages.
    prefix: &'static str,
}

impl Variables {
    fn from_env() -> Self {
        let ours = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.to_str()?.strip_prefix("GATEPOST_")?.to_ascii_lowercase().replace("__", ".");
            Some((name, value.to_string_lossy().into_owned()))
        });
        Variables { values: ours.collect(), prefix: "GATEPOST_" }
    }

    /// Below ours: who switches from Mailpit leaves its variables as they are.
    fn from_mailpit() -> Self {
        Variables { values: mailpit::read(texts()).settings, prefix: "MP_… for " }
    }
}

impl Provider for Variables {
    fn metadata(&self) -> Metadata {
        let prefix = self.prefix;
        Metadata::named("environment")
            .interpolater(move |_: &Profile, keys: &[&str]| format!("{prefix}{}", keys.join("__").to_ascii_uppercase()))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut dict = Dict::new();
        for (key, value) in &self.values {
            insert(&mut dict, key, value);
        }
        Ok(Map::from([(Profile::Global, dict)]))
    }
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

impl Source {
    /// # Errors
    /// A file that cannot be read as TOML, or a key that nobody reads.
    pub(super) fn new(figment: Figment) -> Result<Self, Problem> {
        let figment = figment.join(Toml::string(DEFAULTS).profile(Profile::Default));
        let source = Source { figment };
        source.refuse_unknown_keys()?;
        Ok(source)
    }

    pub(super) fn profile(&self) -> &Profile {
        self.figment.profile()
    }

    pub(super) fn figment(&self) -> &Figment {
        &self.figment
    }

    fn refuse_unknown_keys(&self) -> Result<(), Problem> {
        let merged = self.figment.data().map_err(|e| self.figment_problem(&e))?;
        let known: Dict = toml_dict(DEFAULTS);
        for profile in [&Profile::Default, self.profile(), &Profile::Global] {
            if let Some(dict) = merged.get(profile) {
                self.compare(dict, &known, "")?;
            }
        }
        Ok(())
    }

    fn compare(&self, given: &Dict, known: &Dict, prefix: &str) -> Result<(), Problem> {
        for (key, value) in given {
            let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            match known.get(key) {
                None if prefix.is_empty() && ROCKET_KEYS.contains(&key.as_str()) => {}
                None if prefix.is_empty() && UNUSED_KEYS.iter().any(|(unused, _)| unused == key) => {
                    self.refuse_unused(key, value)?;
                }
                None => {
                    return Err(self.problem_at(&path, tag_of(value), "unknown key; README.md lists them all".into()));
                }
                Some(Value::Dict(_, inner)) => match value {
                    Value::Dict(_, given) => self.compare(given, inner, &path)?,
                    other => return Err(self.problem_at(&path, tag_of(other), "expected a table of settings".into())),
                },
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Rocket's own defaults hold such a key, too; only one that somebody wrote is refused.
    fn refuse_unused(&self, key: &str, value: &Value) -> Result<(), Problem> {
        let tag = tag_of(value);
        let written = self.figment.get_metadata(tag).is_some_and(|meta| {
            matches!(meta.source, Some(figment::Source::File(_))) || meta.name.contains("environment")
        });
        match UNUSED_KEYS.iter().find(|(unused, _)| *unused == key).filter(|_| written) {
            Some((_, instead)) => Err(self.problem_at(key, tag, format!("not used here: {instead}"))),
            None => Ok(()),
        }
    }

    fn value(&self, key: &str) -> Result<Value, Problem> {
        self.figment.find_value(key).map_err(|e| self.figment_problem(&e))
    }

    /// Whether somebody wrote `key`, so that it is not the default.
    pub(super) fn is_written(&self, key: &str) -> bool {
        self.figment.find_metadata(key).is_some_and(|meta| meta.source.is_some() || !meta.name.starts_with("TOML"))
    }

    /// A text; numbers and booleans are taken as they were written.
    pub(super) fn text(&self, key: &str) -> Result<String, Problem> {
        let value = self.value(key)?;
        scalar(&value).ok_or_else(|| self.problem(key, format!("expected a text, found {}", kind(&value))))
    }

    /// A text read by `T`'s own parser.
    pub(super) fn parse<T, E: std::fmt::Display>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Problem> {
        let text = self.text(key)?;
        parse(&text).map_err(|e| self.problem(key, format!("{text:?}: {e}")))
    }

    /// The same, with an empty text for "not set".
    pub(super) fn parse_set<T, E: std::fmt::Display>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Problem> {
        if self.text(key)?.is_empty() { Ok(None) } else { self.parse(key, parse).map(Some) }
    }

    /// A text, or nothing when it is empty.
    pub(super) fn text_set(&self, key: &str) -> Result<Option<String>, Problem> {
        Ok(Some(self.text(key)?).filter(|t| !t.is_empty()))
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Result<T, Problem> {
        let text = self.text(key)?;
        choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
            self.problem(key, format!("{text:?} is not one of {}", words.join(", ")))
        })
    }

    pub(super) fn boolean(&self, key: &str) -> Result<bool, Problem> {
        self.choice(key, &[("true", true), ("false", false)])
    }

    /// A whole number within `range`.
    pub(super) fn number(&self, key: &str, range: std::ops::RangeInclusive<u64>) -> Result<u64, Problem> {
        let text = self.text(key)?;
        text.parse().ok().filter(|n| range.contains(n)).ok_or_else(|| {
            let expected = format!("expected a whole number from {} to {}", range.start(), range.end());
            self.problem(key, format!("{text:?}: {expected}"))
        })
    }

    /// A list of texts; one text alone is a list of one, and a variable may hold `["a", "b"]` or `a, b`.
    pub(super) fn list(&self, key: &str) -> Result<Vec<String>, Problem> {
        let value = match self.value(key)? {
            Value::String(_, text) if text.trim_start().starts_with('[') => {
                text.parse().map_err(|_| self.problem(key, "expected a list like [\"a\", \"b\"]".into()))?
            }
            value => value,
        };
        match value {
            Value::Array(_, items) => items
                .iter()
                .map(|v| scalar(v).ok_or_else(|| self.problem(key, format!("expected texts, found {}", kind(v)))))
                .collect(),
            Value::String(_, text) => {
                Ok(text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect())
            }
            other => Err(self.problem(key, format!("expected a list of texts, found {}", kind(&other)))),
        }
    }

    /// A secret given as itself or as `<key>_file`, a path to a file that holds it; outer white space is not part.
    pub(super) fn secret(&self, key: &str) -> Result<Option<String>, Problem> {
        let file_key = format!("{key}_file");
        let value = self.value(key)?;
        let given = scalar(&value).ok_or_else(|| self.problem(key, "expected a text".into()))?;
        let path = self.text(&file_key)?;
        match (given.is_empty(), path.is_empty()) {
            (true, true) => Ok(None),
            (false, true) => Ok(Some(given)),
            (false, false) => Err(self.problem(&file_key, format!("{key} is set too; keep one of them"))),
            (true, false) => match std::fs::read_to_string(&path) {
                Ok(text) if text.trim().is_empty() => Err(self.problem(&file_key, format!("{path:?} is empty"))),
                Ok(text) => Ok(Some(text.trim().to_owned())),
                Err(e) => Err(self.problem(&file_key, format!("{path:?} cannot be read: {e}"))),
            },
        }
    }

    /// What is wrong with `key`, naming the profile and the file or variable it came from.
    pub(super) fn problem(&self, key: &str, what: String) -> Problem {
        let tag = self.figment.find_value(key).map(|v| tag_of(&v)).unwrap_or_default();
        self.problem_at(key, tag, what)
    }

    fn problem_at(&self, key: &str, tag: Tag, what: String) -> Problem {
        let origin = self.figment.get_metadata(tag).map(|meta| match &meta.source {
            Some(figment::Source::File(path)) => path.display().to_string(),
            _ if meta.name == "environment" => format!("GATEPOST_{}", key.replace('.', "__").to_ascii_uppercase()),
            _ if meta.name.starts_with("TOML") => "defaults".to_owned(),
            _ => meta.name.to_string(),
        });
        Problem::setting(key, self.profile().as_str().as_str(), origin.as_deref(), what)
    }

    fn figment_problem(&self, error: &figment::Error) -> Problem {
        let origin = error.metadata.as_ref().and_then(|m| m.source.as_ref()).map(ToString::to_string);
        let key = error.path.join(".");
        Problem::setting(&key, self.profile().as_str().as_str(), origin.as_deref(), error.kind.to_string())
    }
}

fn toml_dict(text: &str) -> Dict {
    Toml::from_str::<Dict>(text).unwrap_or_default()
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Char(_, c) => Some(c.to_string()),
        Value::Bool(_, b) => Some(b.to_string()),
        Value::Num(..) => value.to_i128().map(|n| n.to_string()).or_else(|| value.to_u128().map(|n| n.to_string())),
        Value::Empty(..) => Some(String::new()),
        Value::Dict(..) | Value::Array(..) => None,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Dict(..) => "a table",
        Value::Array(..) => "a list",
        Value::Bool(..) => "true or false",
        Value::Num(..) => "a number",
        _ => "a text",
    }
}

/// The first leaf's tag: only leaves know the file they were written in.
fn tag_of(value: &Value) -> Tag {
    match value {
        Value::Dict(tag, dict) => dict.values().next().map_or(*tag, tag_of),
        Value::Array(tag, items) => items.first().map_or(*tag, tag_of),
        leaf => leaf.tag(),
    }
}
