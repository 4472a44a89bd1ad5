//! `gatepost check`: checks the settings, the database, the email templates and each transport; sends nothing.

use std::io::Write as _;

use clap::Args;
use serde_json::json;

use crate::accounts::emails::{EmailContext, EmailKind};
use crate::clock::Clock;
use crate::config::Config;
use crate::i18n::Locale;
use crate::outbox::TransportConfig;
use crate::random::Entropy;
use crate::server::{Services, StartError};
use crate::smtpd;

/// The number of failed checks; the printed lines give the reasons.
#[derive(Debug, thiserror::Error)]
#[error("{0} of the checks above failed")]
pub struct CheckError(usize);

#[derive(Clone, Copy, Debug, Args)]
pub struct CheckArgs {
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

/// The name of the check of the settings.
const SETTINGS: &str = "settings";

/// Prints that the settings are wrong, which ends the other checks.
///
/// # Errors
/// Always: the check has failed.
pub fn report_wrong_settings(args: CheckArgs, reason: &str) -> Result<(), CheckError> {
    let mut report = CheckReport { json: args.json, ..CheckReport::default() };
    report.line(SETTINGS, Err(reason.to_owned()));
    report.end()
}

/// Runs all checks and prints one line for each, or one JSON array.
///
/// # Errors
/// When at least one check failed.
pub async fn run(args: CheckArgs, config: &Config) -> Result<(), CheckError> {
    let mut report = CheckReport { json: args.json, ..CheckReport::default() };
    report.line(SETTINGS, Ok(format!("profile {}, all keys known and in range", config.profile)));
    crate::server::foreign_addresses(config).into_iter().for_each(|line| report.line("listeners", Err(line)));
    site_folder(config, &mut report);
    report.line("emails", emails(config));
    if config.inbox.enabled {
        match smtpd::check_certificate(&config.inbox.smtpd) {
            Ok(None) => {}
            Ok(Some(path)) => report.line("inbox certificate", Ok(path.display().to_string())),
            Err(error) => report.line("inbox certificate", Err(error.to_string())),
        }
    }
    let parts = match Services::open(config, Clock::system(), Entropy::system()).await {
        Ok(parts) => parts,
        Err(e) => {
            let name = if matches!(e, StartError::Inbox { .. }) { "inbox" } else { "database" };
            report.line(name, Err(e.to_string()));
            return report.end();
        }
    };
    report.line("database", Ok(format!("{}, schema up to date", parts.db.location())));
    if crate::server::needs_inbox(config) {
        let path = config.inbox.store.path.display();
        report.line(
            "inbox",
            match parts.inbox {
                Some(_) => Ok(format!("{path}, schema up to date")),
                None => Err(format!("{path}: the file is damaged; move it away or restore a backup")),
            },
        );
    }
    for route in crate::server::routes(config, parts.inbox.as_ref(), &parts.clock, &parts.entropy) {
        let checked = route.transport.check_from(&route.from.address).await.map_err(|failure| failure.reason);
        let checked = checked.and_then(|status| sender(config, &route).map(|sender| format!("{status}; {sender}")));
        report.line(&format!("transport {}", route.name()), checked);
    }
    parts.db.close().await;
    report.end()
}

/// Checks the From address of a route: a reachable server may still reject it.
fn sender(config: &Config, route: &TransportConfig) -> Result<String, String> {
    if let Some(error) = route.sender_error() {
        return Err(error);
    }
    let from = &route.from.address;
    let is_hidden = route.name() == "capture" && !config.inbox.enabled;
    let hint = if is_hidden { "; the inbox pages are off (inbox.enabled), use `gatepost inbox list`" } else { "" };
    Ok(format!("From {from}{hint}"))
}

/// Checks the operator's folder; each fault is a line of its own.
fn site_folder(config: &Config, report: &mut CheckReport) {
    let folder = &config.site.folder;
    match folder.open() {
        Ok(content) => {
            let summary = Some(content.summary()).filter(|summary| !summary.is_empty());
            let summary = summary.unwrap_or_else(|| "nothing in it, everything is built in".to_owned());
            report.line("site folder", Ok(format!("{}: {summary}", folder.path().display())));
        }
        Err(error) => error.lines().for_each(|line| report.line("site folder", Err(line))),
    }
}

fn emails(config: &Config) -> Result<String, String> {
    let mut count = 0;
    for locale in Locale::ALL {
        let url = "https://example.com".to_owned();
        let context = EmailContext { public_url: url, ..EmailContext::new(&config.site, locale) };
        for kind in EmailKind::ALL {
            let failed = |error: String| format!("{} in {locale}: {error}", kind.name());
            let email = kind.sample(&context).map_err(|e| failed(e.to_string()))?;
            email.render(&context).map_err(|e| failed(e.to_string()))?;
            count += 1;
        }
    }
    Ok(format!("{count} emails render"))
}

/// Prints a line. A closed standard output is ignored, since the exit code gives the result.
fn print_line(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[derive(Default)]
struct CheckReport {
    json: bool,
    rows: Vec<serde_json::Value>,
    failed: usize,
}

impl CheckReport {
    fn line(&mut self, name: &str, result: Result<String, String>) {
        self.failed += usize::from(result.is_err());
        let (ok, message) = (result.is_ok(), result.unwrap_or_else(|reason| reason));
        match self.json {
            true => self.rows.push(json!({ "name": name, "ok": ok, "message": message })),
            false => print_line(&format!("{:<4}  {name}: {message}", if ok { "ok" } else { "FAIL" })),
        }
    }

    fn end(self) -> Result<(), CheckError> {
        if self.json {
            print_line(&serde_json::Value::from(self.rows).to_string());
        }
        if self.failed == 0 { Ok(()) } else { Err(CheckError(self.failed)) }
    }
}
