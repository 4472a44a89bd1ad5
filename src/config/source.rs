//! The raw side: where settings come from and in what order, and reading one of them by its key.
//! Environment > `.env` beside Rocket.toml > Rocket.toml > defaults.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Num, Tag, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::{Problem, dotenv};

/// Whose metadata a variable of the environment has.
const ENVIRONMENT: &str = "environment";
const DEFAULTS: &str = include_str!("defaults.toml");

/// Keys that Rocket reads itself; they may stand in Rocket.toml beside ours.
const ROCKET_KEYS: [&str; 8] =
    ["address", "port", "workers", "max_blocking", "ident", "keep_alive", "shutdown", "log_level"];

/// Keys of Rocket's that would have no effect here, and what does it instead.
const UNUSED_KEYS: [(&str, &str); 7] = [
    ("profile", "the variable ROCKET_PROFILE chooses it"),
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
/// A Rocket.toml or `.env` that cannot be read.
pub fn figment() -> Result<Figment, Problem> {
    let toml = rocket_toml()?;
    let folder = toml.as_deref().and_then(Path::parent).unwrap_or(Path::new(".")).to_owned();
    let dotenv = Variables::from_dotenv(&folder.join(".env"))?;
    let environment = Variables::from_env();
    let profile = environment.profile().or(dotenv.profile()).unwrap_or(rocket::Config::DEFAULT_PROFILE);
    let mut figment = Figment::from(rocket::Config::default());
    if let Some(path) = toml {
        let file = Toml::file_exact(&path).nested();
        file.data().map_err(|e| Problem::file(&path, toml_fault(&e)))?;
        figment = figment.merge(file);
    }
    Ok(figment.merge(dotenv).merge(environment).select(profile))
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
    /// The file they stand in, if not the environment.
    file: Option<PathBuf>,
    values: BTreeMap<String, String>,
}

impl Variables {
    fn from_env() -> Self {
        let all = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value.to_string_lossy().into_owned())));
        Variables { file: None, values: all.collect() }
    }

    fn from_dotenv(path: &Path) -> Result<Self, Problem> {
        Ok(Variables { file: Some(path.to_owned()), values: dotenv::read(path)? })
    }

    fn profile(&self) -> Option<Profile> {
        self.values.get("ROCKET_PROFILE").filter(|name| !name.is_empty()).map(|name| Profile::new(name))
    }
}

impl Provider for Variables {
    fn metadata(&self) -> Metadata {
        match &self.file {
            Some(path) => Metadata::from(".env", path.as_path()),
            None => Metadata::named(ENVIRONMENT),
        }
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut dict = Dict::new();
        for (name, value) in &self.values {
            if let Some(key) = name.strip_prefix("GATEPOST_") {
                insert(&mut dict, &key.to_ascii_lowercase().replace("__", "."), value);
            } else if let Some(key) = name.strip_prefix("ROCKET_").filter(|key| !["PROFILE", "CONFIG"].contains(key)) {
                // As Rocket reads them: numbers, lists and tables by their form.
                let value = value.parse().unwrap_or_else(|never| match never {});
                dict.insert(key.to_ascii_lowercase(), value);
            }
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
        let source = Source::unchecked(figment);
        source.refuse_unknown_keys()?;
        Ok(source)
    }

    /// Whatever its keys are.
    pub(super) fn unchecked(figment: Figment) -> Self {
        Source { figment: figment.join(Toml::string(DEFAULTS).profile(Profile::Default)) }
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
        let written = self
            .figment
            .get_metadata(tag)
            .is_some_and(|meta| matches!(meta.source, Some(figment::Source::File(_))) || meta.name == ENVIRONMENT);
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
        self.parse_secret(key, |text| Ok::<_, std::convert::Infallible>(text.to_owned()))
    }

    /// The same, read by `T`'s own parser, whose error must not repeat it.
    pub(super) fn parse_secret<T, E: std::fmt::Display>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Problem> {
        let file_key = format!("{key}_file");
        let value = self.value(key)?;
        let given = scalar(&value).ok_or_else(|| self.problem(key, "expected a text".into()))?;
        let path = self.text(&file_key)?;
        match (given.is_empty(), path.is_empty()) {
            (true, true) => Ok(None),
            (false, true) => parse(&given).map(Some).map_err(|e| self.problem(key, e.to_string())),
            (false, false) => Err(self.problem(&file_key, format!("{key} is set too; keep one of them"))),
            (true, false) => {
                let wrong = |what: String| self.problem(&file_key, format!("{path:?} {what}"));
                let text = std::fs::read_to_string(&path).map_err(|e| wrong(format!("cannot be read: {e}")))?;
                match text.trim() {
                    "" => Err(wrong("is empty".into())),
                    text => parse(text).map(Some).map_err(|e| wrong(format!("holds something else: {e}"))),
                }
            }
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
            _ if meta.name == ENVIRONMENT => format!("GATEPOST_{}", key.replace('.', "__").to_ascii_uppercase()),
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
        Value::Num(..) => value.to_num().map(written),
        Value::Empty(..) => Some(String::new()),
        Value::Dict(..) | Value::Array(..) => None,
    }
}

fn written(number: Num) -> String {
    match (number.to_u128(), number.to_i128(), number.to_f64()) {
        (Some(n), ..) => n.to_string(),
        (_, Some(n), _) => n.to_string(),
        (.., Some(n)) => n.to_string(),
        _ => String::new(),
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
