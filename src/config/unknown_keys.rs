//! Refuses unknown keys, and those of Rocket that have no effect here.

use figment::Profile;
use figment::Provider as _;
use figment::providers::{Format, Toml};
use figment::value::{Dict, Tag, Value};

use super::error::ConfigError;
use super::nearest::nearest;
use super::reader::{ENVIRONMENT, SettingsReader, tag_of};
use super::sample;
use super::tables::known_keys;

/// Keys that Rocket alone reads; they may be set next to Gatepost's.
const ROCKET_KEYS: [&str; 5] = ["workers", "max_blocking", "ident", "keep_alive", "shutdown"];

/// Rocket's keys that have no effect in Gatepost, and what to use instead.
const UNUSED_KEYS: [(&str, &str); 7] = [
    ("profile", "the variable ROCKET_PROFILE selects the profile"),
    ("ip_header", "set trusted_proxies instead"),
    ("proxy_proto_header", "public_url sets the scheme"),
    ("limits", "forms are limited to 64 KiB, messages by inbox.max_message_size"),
    ("temp_dir", "nothing is written to it"),
    ("log_colors", "colours follow the terminal"),
    ("cli_colors", "colours follow the terminal"),
];

/// # Errors
/// Fails on invalid TOML and on unknown keys.
pub(super) fn refuse_unknown_keys(reader: &SettingsReader) -> Result<(), ConfigError> {
    let merged = reader.figment().data().map_err(|e| reader.figment_error(&e))?;
    let known: Dict = toml_dict(&sample::defaults());
    for profile in [&Profile::Default, reader.profile(), &Profile::Global] {
        if let Some(dict) = merged.get(profile) {
            compare(reader, dict, &known, "")?;
        }
    }
    Ok(())
}

fn compare(reader: &SettingsReader, given: &Dict, known: &Dict, prefix: &str) -> Result<(), ConfigError> {
    for (key, value) in given {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match known.get(key) {
            None if prefix.is_empty() && ROCKET_KEYS.contains(&key.as_str()) => {}
            None if prefix.is_empty() && UNUSED_KEYS.iter().any(|(unused, _)| unused == key) => {
                refuse_unused(reader, key, value)?;
            }
            None => return Err(unknown_key(reader, &path, value)),
            Some(Value::Dict(_, inner)) => match value {
                Value::Dict(_, given) => compare(reader, given, inner, &path)?,
                other => return Err(reader.error_at(&path, tag_of(other), "expected a table of settings".into())),
            },
            Some(_) => {}
        }
    }
    Ok(())
}

/// The error of an unknown key, which suggests the nearest known one. Of an unknown table the first key is named.
fn unknown_key(reader: &SettingsReader, path: &str, value: &Value) -> ConfigError {
    let path = leaf_path(path, value);
    let known = known_keys();
    let suggestion = nearest(&path, &known).map(|key| format!("did you mean {key}? ")).unwrap_or_default();
    reader.error_at(&path, tag_of(value), format!("unknown key; {suggestion}docs/settings.md lists all keys"))
}

/// Rejects an unused key, but only if it was set explicitly: Rocket's own defaults contain it too, merged into one
/// table.
fn refuse_unused(reader: &SettingsReader, key: &str, value: &Value) -> Result<(), ConfigError> {
    let mut tags = Vec::new();
    tags_of(value, &mut tags);
    let explicit = tags.into_iter().find(|tag| is_explicit(reader, *tag));
    match UNUSED_KEYS.iter().find(|(unused, _)| *unused == key).zip(explicit) {
        Some(((_, instead), tag)) => Err(reader.error_at(key, tag, format!("not used here: {instead}"))),
        None => Ok(()),
    }
}

fn is_explicit(reader: &SettingsReader, tag: Tag) -> bool {
    let meta = reader.figment().get_metadata(tag);
    meta.is_some_and(|meta| matches!(meta.source, Some(figment::Source::File(_))) || meta.name == ENVIRONMENT)
}

fn toml_dict(text: &str) -> Dict {
    Toml::from_str::<Dict>(text).unwrap_or_default()
}

/// The path of the first leaf of `value`, whose own path is `path`.
fn leaf_path(path: &str, value: &Value) -> String {
    match value {
        Value::Dict(_, dict) => match dict.iter().next() {
            Some((key, value)) => leaf_path(&format!("{path}.{key}"), value),
            None => path.to_owned(),
        },
        _ => path.to_owned(),
    }
}

fn tags_of(value: &Value, tags: &mut Vec<Tag>) {
    match value {
        Value::Dict(_, dict) => dict.values().for_each(|value| tags_of(value, tags)),
        Value::Array(_, items) => items.iter().for_each(|value| tags_of(value, tags)),
        leaf => tags.push(leaf.tag()),
    }
}
