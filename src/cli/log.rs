//! Logging to standard error, one line per event. Crates that would log secrets or links are silenced, and lines that
//! any client can cause are limited in number.

mod limit;

use std::cell::Cell;
use std::fmt::Debug;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Metadata};
use tracing_subscriber::filter::{FilterExt as _, Targets, filter_fn};
use tracing_subscriber::fmt::{MakeWriter, format};
use tracing_subscriber::layer::{Context, Filter, Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use limit::{LineLimit, WithCount};

/// Installs the log. `level` is Rocket's `log_level`: off, critical, normal or debug.
pub fn install(level: &str) {
    let is_coloured = std::io::IsTerminal::is_terminal(&std::io::stderr())
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    install_to(level, std::io::stderr, is_coloured);
}

/// Installs a log that is written to `file`.
pub fn install_to_file(level: &str, file: std::fs::File) {
    install_to(level, std::sync::Mutex::new(file), false);
}

fn install_to(level: &str, writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static, is_coloured: bool) {
    let level = match level {
        "off" => LevelFilter::OFF,
        "critical" => LevelFilter::WARN,
        "debug" => LevelFilter::DEBUG,
        _ => LevelFilter::INFO,
    };
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("gatepost", level)
        // Rocket logs the path of each request, which may contain a token. Of the warnings of Rocket's server,
        // `LineFilter` passes those that contain no path. yup_oauth2 logs tokens at debug level.
        .with_target("rocket", LevelFilter::OFF)
        .with_target(ROCKET_SERVER, level.min(LevelFilter::WARN))
        .with_target("yup_oauth2", LevelFilter::OFF)
        // The transport reports certificate errors more clearly.
        .with_target("rustls_platform_verifier", LevelFilter::OFF)
        // rustls warns about each client that sends an IP address as the server name (SNI), which is harmless.
        .with_target("rustls::msgs::handshake", LevelFilter::ERROR)
        .with_target("hyper", level.min(LevelFilter::ERROR));
    // Rocket's macros log from within the project's modules whenever a guard rejects a request, for example from a
    // visitor who is not signed in. This is routine and is not logged.
    let routine =
        filter_fn(|event| !(event.target().starts_with("gatepost::web::") && event.target().ends_with("::_")));
    let limited = LineFilter { verbose: level == LevelFilter::DEBUG, limit: LineLimit::default() };
    let lines =
        tracing_subscriber::fmt::layer().event_format(WithCount(format())).with_writer(writer).with_ansi(is_coloured);
    // Fails if a log is installed already, as in tests.
    let _ = tracing_subscriber::registry().with(lines.with_filter(targets.and(routine).and(limited))).try_init();
}

/// The module of Rocket that serves requests. The lines with details have the target `rocket::server::_`.
const ROCKET_SERVER: &str = "rocket::server";
/// Lines with this field, such as those about SMTP sessions, are limited in number for each of its values.
const KIND: &str = "outcome";
/// The beginning of Rocket's line about a failed connection. Its causes follow in separate lines.
const CONNECTION_FAILED: &str = "Connection failed: ";
/// The cause if a browser closes a live page.
const CLOSED_EARLY: &str = "Connection failed: connection closed before message completed";

/// The beginnings of the lines of Rocket's server that are logged: failures of a connection or a handler. Its other
/// lines contain the path of a request.
const LINES_WITHOUT_PATH: [&str; 8] = [
    CONNECTION_FAILED,
    "Failed to write response: ",
    "Handler ",
    "A handler panicked.",
    "Response indicated upgrade, but upgrade failed.",
    "Upgrade error: ",
    "Server failed ",
    "Shutdown failed: ",
];

thread_local! {
    /// Whether the last line from Rocket on this thread was a logged line about a failed connection.
    static AFTER_FAILURE: Cell<bool> = const { Cell::new(false) };
}

/// Drops the lines of Rocket's server that may contain a path, and limits the number of lines that clients can cause.
struct LineFilter {
    /// True if browsers that close live pages are logged too.
    verbose: bool,
    limit: LineLimit,
}

impl<S> Filter<S> for LineFilter {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        // Lines of the `log` crate all have this target; their original target is a field.
        let from_log = event.metadata().target() == "log";
        if !from_log && event.metadata().fields().field(KIND).is_none() {
            return true;
        }
        let mut line = Line::default();
        event.record(&mut line);
        match from_log {
            true => !line.target.starts_with(ROCKET_SERVER) || self.passes(&line.message),
            false => self.limit.passes(&line.kind),
        }
    }
}

impl LineFilter {
    /// True if this line of Rocket's server is logged.
    fn passes(&self, message: &str) -> bool {
        if AFTER_FAILURE.get() && message.starts_with("Error: ") {
            return true;
        }
        let beginning = LINES_WITHOUT_PATH.into_iter().find(|beginning| message.starts_with(beginning));
        let is_noise = message.starts_with(CLOSED_EARLY) && !self.verbose;
        let passes = beginning.is_some_and(|beginning| !is_noise && self.limit.passes(beginning));
        AFTER_FAILURE.set(passes && beginning == Some(CONNECTION_FAILED));
        passes
    }
}

/// The parts of a line that decide whether it is logged.
#[derive(Default)]
struct Line {
    /// As `tracing-log` passes it on from the `log` crate.
    target: String,
    message: String,
    kind: String,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "log.target" => value.clone_into(&mut self.target),
            KIND => value.clone_into(&mut self.kind),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter() -> LineFilter {
        LineFilter { verbose: false, limit: LineLimit::default() }
    }

    #[test]
    fn lines_of_rocket_about_connections_pass_and_lines_with_a_path_do_not() {
        let filter = filter();
        for line in ["Connection failed: connection error", "Error: reset by peer", "Error: os error 104"] {
            assert!(filter.passes(line), "{line}");
        }
        for line in [
            "No matching routes for GET /verify/token.",
            "Error: invalid origin URI: /verify/token.",
            "Dispatching salvaged request to catcher: GET /verify/token.",
            "Responding with registered default catcher.",
        ] {
            assert!(!filter.passes(line), "{line}");
        }
        assert!(filter.passes("Handler login panicked."));
    }

    #[test]
    fn a_browser_that_closes_a_live_page_is_logged_only_at_debug_level() {
        for verbose in [false, true] {
            let filter = LineFilter { verbose, ..filter() };
            assert_eq!(filter.passes(CLOSED_EARLY), verbose);
            assert_eq!(filter.passes("Error: its cause"), verbose);
        }
    }

    #[test]
    fn many_failed_connections_are_one_line_with_its_causes() {
        let filter = filter();
        let lines = ["Connection failed: connection error", "Error: reset by peer"];
        assert!(lines.iter().all(|line| filter.passes(line)));
        assert!((0..100).all(|_| lines.iter().all(|line| !filter.passes(line))));
        assert!(filter.passes("Failed to write response: broken pipe"), "another kind has its own limit");
    }
}
