//! `gatepost gmail status`: reports the consent from the local files.

use std::io::Write;

use clap::Args;
use serde::Serialize;

use crate::cli::output;
use crate::clock::Time;
use crate::mail::Mailbox;
use crate::private_files::Replacement;
use crate::transport::gmail::{self, ConsentError, Credentials, LastError, SCOPE, Settings, StoredToken};

use super::error::GmailError;

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct StatusReport {
    kind: &'static str,
    credentials: String,
    /// The token file; `null` for a service account.
    token: Option<String>,
    /// How a renewed token is written, if it is not by a new file in place of the old one.
    token_note: Option<String>,
    user: String,
    from: String,
    scope: String,
    authorized_at: Option<String>,
    /// When the access token expires; it is renewed automatically.
    expires_at: Option<String>,
    last_refresh: Option<String>,
    last_error: Option<LastError>,
}

pub(super) async fn run(options: &StatusArgs, settings: &Settings, from: &Mailbox) -> Result<(), GmailError> {
    let credentials = gmail::read_credentials(&settings.credentials).await.map_err(ConsentError::from)?;
    let token = match credentials {
        Credentials::Client(_) => Some(StoredToken::read(&settings.token).await.map_err(ConsentError::from)?),
        Credentials::ServiceAccount(_) => None,
    };
    let report = report(credentials.kind(), settings, from, token);
    let mut output = output::stdout();
    if options.json {
        let json = serde_json::to_string_pretty(&report).map_err(std::io::Error::from)?;
        writeln!(output, "{json}")?;
    } else {
        write!(output, "{}", table(&report))?;
    }
    Ok(())
}

fn report(kind: &'static str, settings: &Settings, from: &Mailbox, token: Option<StoredToken>) -> StatusReport {
    let user = match (&token, &settings.subject) {
        (None, Some(subject)) => subject.to_string(),
        _ => settings.user.to_string(),
    };
    let name = if from.name.is_empty() { String::new() } else { format!("{} ", from.name) };
    let access = token.as_ref().and_then(|t| t.access.as_ref());
    StatusReport {
        kind,
        credentials: settings.credentials.display().to_string(),
        token: token.is_some().then(|| settings.token.display().to_string()),
        token_note: token.is_some().then(|| token_note(settings)).flatten(),
        user,
        from: format!("{name}<{}>", from.address),
        scope: token.as_ref().map_or_else(|| SCOPE.to_owned(), |t| t.scope.clone()),
        authorized_at: token.as_ref().map(|t| t.authorized_at.rfc3339()),
        expires_at: access.map(|a| a.expires_at.rfc3339()),
        last_refresh: token.as_ref().and_then(|t| t.refreshed_at).map(Time::rfc3339),
        last_error: token.and_then(|t| t.last_error),
    }
}

/// What is unusual about the token file.
fn token_note(settings: &Settings) -> Option<String> {
    let link = std::fs::read_link(&settings.token).ok().map(|target| format!("a link to {}", target.display()));
    let written = match gmail::check_writable(settings) {
        Ok(Replacement::Renamed) => None,
        Ok(Replacement::Overwritten) => {
            Some("written in place, since it is mounted alone or its folder is read-only".to_owned())
        }
        Err(error) => Some(format!("{error}; renewed tokens are kept in memory only")),
    };
    let notes: Vec<String> = [link, written].into_iter().flatten().collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

fn table(report: &StatusReport) -> String {
    let or = |value: &Option<String>, other: &str| value.clone().unwrap_or_else(|| other.to_owned());
    let note = report.token_note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    let error = report.last_error.as_ref().map(|e| format!("{} at {}", e.reason, e.at.rfc3339()));
    let rows = [
        ("credentials", format!("{} ({})", report.credentials, report.kind)),
        ("token", or(&report.token, "not needed") + &note),
        ("user", report.user.clone()),
        ("from", report.from.clone()),
        ("scope", report.scope.clone()),
        ("authorized", or(&report.authorized_at, "by the Workspace administrator")),
        ("expires", or(&report.expires_at, "unknown").replace("Z", "Z (renewed automatically)")),
        ("last refresh", or(&report.last_refresh, "none yet")),
        ("last error", or(&error, "none")),
    ];
    rows.iter().map(|(name, value)| format!("{name:<13}{value}\n")).collect()
}
