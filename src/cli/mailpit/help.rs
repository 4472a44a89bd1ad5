//! The help of `gatepost mailpit`, made from the table of options.

use std::io::Write as _;

use crate::cli::output::stdout;
use crate::config::mailpit::{OPTIONS, OptionKind, OptionSupport};

use super::failure::{MailpitResult, failed};

const COMMANDS: &str = "The inbox alone: an SMTP server that keeps every message, with pages and Mailpit's API.

Usage: gatepost mailpit [FLAGS]
       gatepost mailpit readyz [--listen ADDRESS] [--webroot PATH] [--https] [--wait] [--timeout 30s]
       gatepost mailpit sendmail [sendmail's flags] [RECIPIENT]... < message
       gatepost mailpit ingest PATH... [--smtp-addr HOST:PORT] [--recent DAYS]
       gatepost mailpit dump DIR (--http URL | --database FILE)
       gatepost mailpit reindex FILE
       gatepost mailpit version

Each flag has a variable; the flag takes precedence.";

/// Prints the help.
pub(super) fn print() -> MailpitResult {
    let mut out = stdout();
    writeln!(out, "{COMMANDS}").map_err(failed)?;
    for option in OPTIONS.iter().filter(|option| option.support == OptionSupport::Supported) {
        let short = option.short.map(|short| format!("-{short}, ")).unwrap_or_default();
        let value = match option.kind {
            OptionKind::Text(name) => format!(" {name}"),
            OptionKind::Switch => String::new(),
        };
        let flag = if option.flag.is_empty() { String::new() } else { format!("{short}--{}{value}", option.flag) };
        writeln!(out, "  {flag}\n      {} [{}]", option.meaning, option.variable).map_err(failed)?;
    }
    Ok(())
}
