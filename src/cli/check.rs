//! `gatepost check`: checks settings, database, emails and each transport. Sends nothing.

use std::io::Write as _;

use crate::accounts::letters::{Letter, Paper};
use crate::clock::Clock;
use crate::config::Config;
use crate::i18n::Locale;
use crate::outbox::Route;
use crate::secret::Entropy;
use crate::server::Parts;

/// Something is wrong; the lines above say what.
#[derive(Debug, thiserror::Error)]
#[error("{0} of the checks above failed")]
pub struct CheckError(usize);

/// # Errors
/// When at least one check failed.
pub async fn run(config: &Config) -> Result<(), CheckError> {
    let mut report = Report::default();
    report.line("settings", Ok(format!("profile {}, all keys known and in range", config.profile)));
    report.line("emails", letters(config));
    let parts = match Parts::open(config, Clock::system(), Entropy::system()).await {
        Ok(parts) => parts,
        Err(e) => {
            report.line("database", Err(e.to_string()));
            return report.end();
        }
    };
    let dialect = format!("{:?}, its schema is this version's", parts.db.dialect());
    report.line("database", Ok(dialect));
    for route in crate::server::routes(config, parts.inbox.as_ref(), &parts.clock, &parts.entropy) {
        let checked = route.transport.check().await.map_err(|failure| failure.reason);
        let checked = checked.and_then(|said| sender(config, &route).map(|sender| format!("{said}; {sender}")));
        report.line(&format!("transport {}", route.name()), checked);
    }
    parts.db.close().await;
    report.end()
}

/// What a server that is well may still not let through, or nobody may see.
fn sender(config: &Config, route: &Route) -> Result<String, String> {
    let from = &route.from.address;
    let here = match route.name() {
        "capture" => true,
        "smtp" => config.mail.smtp.as_ref().is_some_and(|outlet| outlet.settings.is_on_this_machine()),
        _ => false,
    };
    if from.domain() == "localhost" && !here {
        return Err(format!(
            "its mail would come from {from}, which no server takes: set mail.from to your own address"
        ));
    }
    let hidden = route.name() == "capture" && !config.inbox.enabled;
    let hint = if hidden { "; its pages are off (inbox.enabled), `gatepost inbox list` shows it" } else { "" };
    Ok(format!("From {from}{hint}"))
}

fn letters(config: &Config) -> Result<String, String> {
    let mut count = 0;
    for locale in Locale::ALL {
        let url = "https://example.com".to_owned();
        let paper = Paper { locale, site_name: config.site.name.clone(), public_url: url };
        for letter in Letter::samples(&paper) {
            letter.render(&paper).map_err(|e| format!("{} in {locale}: {e}", letter.name()))?;
            count += 1;
        }
    }
    Ok(format!("{count} emails render"))
}

/// The exit code tells the result to those who do not read.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[derive(Default)]
struct Report {
    failed: usize,
}

impl Report {
    fn line(&mut self, what: &str, result: Result<String, String>) {
        match result {
            Ok(said) => say(&format!("ok    {what}: {said}")),
            Err(wrong) => {
                self.failed += 1;
                say(&format!("FAIL  {what}: {wrong}"));
            }
        }
    }

    fn end(self) -> Result<(), CheckError> {
        if self.failed == 0 { Ok(()) } else { Err(CheckError(self.failed)) }
    }
}
