//! `gatepost settings`: every setting with its value and where the value comes from. Secrets are masked.

use std::io::{self, Write};

use clap::Args;
use figment::Figment;
use serde_json::json;

use crate::config::{ResolvedSetting, resolved};

#[derive(Debug, Args)]
pub struct SettingsArgs {
    /// Print a JSON array
    #[arg(long)]
    json: bool,
    /// Only settings that differ from the defaults
    #[arg(long)]
    changed: bool,
}

/// Prints the settings, one per line: key, value, origin.
///
/// # Errors
/// When `out` fails.
pub fn run(args: &SettingsArgs, figment: Figment, out: &mut dyn Write) -> io::Result<()> {
    let all = resolved(figment).into_iter().filter(|setting| !args.changed || setting.origin != "defaults");
    if args.json {
        let rows: Vec<_> = all.map(|s| json!({ "key": s.key, "value": s.value, "origin": s.origin })).collect();
        return writeln!(out, "{}", serde_json::Value::from(rows));
    }
    let all: Vec<ResolvedSetting> = all.collect();
    let width = |column: fn(&ResolvedSetting) -> &str| all.iter().map(|s| column(s).chars().count()).max().unwrap_or(0);
    let (keys, values) = (width(|s| &s.key), width(|s| &s.value).min(MAX_VALUE_COLUMN));
    for setting in &all {
        let ResolvedSetting { key, value, origin } = setting;
        writeln!(out, "{key:<keys$}  {value:<values$}  {origin}")?;
    }
    Ok(())
}

/// A longer value moves only its own line.
const MAX_VALUE_COLUMN: usize = 40;
