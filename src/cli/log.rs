//! Logging to standard error, one line per event. Crates that would log secrets or links are silenced.

use std::cell::Cell;
use std::fmt::Debug;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Metadata};
use tracing_subscriber::filter::{FilterExt as _, Targets, filter_fn};
use tracing_subscriber::layer::{Context, Filter, Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Installs the log. `level` is Rocket's `log_level`: off, critical, normal or debug.
pub fn install(level: &str) {
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
        // `WithoutPaths` passes those that contain no path. yup_oauth2 logs tokens at debug level.
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
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    // Fails if a log is installed already, as in tests.
    let _ = tracing_subscriber::registry().with(lines.with_filter(targets.and(routine).and(WithoutPaths))).try_init();
}

/// The module of Rocket that serves requests. The lines with details have the target `rocket::server::_`.
const ROCKET_SERVER: &str = "rocket::server";

/// The beginnings of the lines of Rocket's server that are logged: failures of a connection or a handler. Its other
/// lines contain the path of a request.
const LINES_WITHOUT_PATH: [&str; 8] = [
    "Connection failed: ",
    "Failed to write response: ",
    "Handler ",
    "A handler panicked.",
    "Response indicated upgrade, but upgrade failed.",
    "Upgrade error: ",
    "Server failed ",
    "Shutdown failed: ",
];

thread_local! {
    /// Whether the last line from Rocket on this thread reported a failed connection. Its causes follow in separate
    /// lines.
    static AFTER_FAILURE: Cell<bool> = const { Cell::new(false) };
}

/// Drops the lines of Rocket's server that may contain a path.
struct WithoutPaths;

impl<S> Filter<S> for WithoutPaths {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        // Lines of the `log` crate all have this target; their original target is a field.
        if event.metadata().target() != "log" {
            return true;
        }
        let mut line = Line::default();
        event.record(&mut line);
        !line.target.starts_with(ROCKET_SERVER) || has_no_path(&line.message)
    }
}

fn has_no_path(message: &str) -> bool {
    let cause = AFTER_FAILURE.get() && message.starts_with("Error: ");
    AFTER_FAILURE.set(cause || message.starts_with("Connection failed: "));
    cause || LINES_WITHOUT_PATH.iter().any(|beginning| message.starts_with(beginning))
}

/// A line of the `log` crate, as `tracing-log` passes it on.
#[derive(Default)]
struct Line {
    target: String,
    message: String,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "log.target" {
            self.target = value.to_owned();
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

    #[test]
    fn lines_of_rocket_about_connections_pass_and_lines_with_a_path_do_not() {
        for line in ["Connection failed: connection error", "Error: reset by peer", "Error: os error 104"] {
            assert!(has_no_path(line), "{line}");
        }
        for line in [
            "No matching routes for GET /verify/token.",
            "Error: invalid origin URI: /verify/token.",
            "Dispatching salvaged request to catcher: GET /verify/token.",
            "Responding with registered default catcher.",
        ] {
            assert!(!has_no_path(line), "{line}");
        }
        assert!(has_no_path("Handler login panicked."));
    }
}
