//! The server of `gatepost mailpit`: starts it, prints its addresses and stops it on a signal.

use std::collections::BTreeMap;
use std::io::Write as _;

use crate::cli::signals::StopSignals;
use crate::cli::{allocator, log};
use crate::clock::Clock;
use crate::config::mailpit::{GivenOptions, MailpitConfig, both_names};
use crate::random::Entropy;
use crate::server::{InboxServer, RunningInbox};

use super::failure::{MailpitResult, failed, wrong_use};
use super::help;

/// Runs the server until SIGTERM or SIGINT.
pub(super) fn run(arguments: Vec<String>, variables: &BTreeMap<String, String>) -> MailpitResult {
    let given = GivenOptions::read(arguments, variables)?;
    if given.help {
        return help::print();
    }
    allocator::limit_kept_memory();
    let config = MailpitConfig::new(&given, variables).map_err(wrong_use)?;
    match &config.log_file {
        None => log::install(config.log_level),
        Some(path) => {
            let opened = std::fs::OpenOptions::new().create(true).append(true).open(path);
            let named = |error| format!("{}: cannot open {}: {error}", both_names("MP_LOG_FILE"), path.display());
            let file = opened.map_err(|error| failed(named(error)))?;
            log::install_to_file(config.log_level, file);
        }
    }
    for notice in &given.notices {
        tracing::warn!("{notice}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(serve(config))
}

async fn serve(config: MailpitConfig) -> MailpitResult {
    let mut signals = StopSignals::install().map_err(failed)?;
    let facts = StartFacts::of(&config);
    let started = InboxServer::start(config, Clock::system(), Entropy::system()).await;
    let running = started.map_err(|error| failed(with_flags(&error.to_string())))?;
    facts.announce(&running);
    let ended = tokio::select! {
        () = signals.received() => None,
        part = running.failed() => Some(part),
    };
    tracing::info!("stopping; finishing requests and messages in progress");
    running.shutdown().await;
    ended.map_or(Ok(()), |part| Err(failed(format!("{part} stopped unexpectedly; see the log"))))
}

/// An error with Mailpit's flags in the place of Gatepost's settings.
fn with_flags(error: &str) -> String {
    error
        .replace("inbox.smtp_address", &both_names("MP_SMTP_BIND_ADDR"))
        .replace("inbox.pop3_address", &both_names("MP_POP3_BIND_ADDR"))
        .replace("inbox.tls_certificate: ", "")
}

/// What the start says about the settings.
struct StartFacts {
    database: String,
    smtp_tls: &'static str,
    has_login: bool,
    keep_messages: u64,
}

impl StartFacts {
    fn of(config: &MailpitConfig) -> Self {
        StartFacts {
            database: config.database.as_ref().map_or("temporary".to_owned(), |path| path.display().to_string()),
            smtp_tls: match (config.smtpd.implicit_tls, config.smtpd.requires_tls, config.smtpd.starttls) {
                (true, ..) => "TLS",
                (_, true, _) => "STARTTLS required",
                (_, _, true) => "STARTTLS",
                _ => "no encryption",
            },
            has_login: !config.pages.logins.is_empty(),
            keep_messages: config.store.keep_messages,
        }
    }

    /// Prints the addresses on standard output, for people and for programs that wait for them. The lines in brackets
    /// are Mailpit's, which some presets wait for. A closed standard output is ignored.
    fn announce(&self, running: &RunningInbox) {
        let mut out = std::io::stdout();
        let scheme = running.url.split("://").next().unwrap_or("http");
        let mut lines =
            vec![format!("listening {scheme}://{}", running.http), format!("listening smtp://{}", running.smtp)];
        lines.extend(running.pop3.map(|at| format!("listening pop3://{at}")));
        lines.extend(running.metrics.map(|at| format!("[prometheus] metrics at http://{at}/metrics")));
        lines.extend(running.pop3.map(|at| format!("[pop3] starting on {at}")));
        lines.push(format!("[smtp] starting on {} ({})", running.smtp, self.smtp_tls));
        lines.push(format!("[http] accessible via {}", running.url));
        for line in lines {
            let _ = writeln!(out, "{line}");
        }
        let _ = out.flush();
        let readers = if self.has_login { "those who have a login" } else { "everybody who reaches it" };
        tracing::info!(database = %self.database, keep_messages = self.keep_messages, "the inbox is open to {readers}");
    }
}
