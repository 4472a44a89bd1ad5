//! Logging to standard error, one line per event. Crates that would log secrets or links are disabled.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{FilterExt as _, Targets, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
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
        // Rocket prints each request with its path, and ours hold tokens; yup_oauth2 prints tokens at debug.
        .with_target("rocket", LevelFilter::OFF)
        .with_target("yup_oauth2", LevelFilter::OFF)
        // The transport reports certificate errors more clearly.
        .with_target("rustls_platform_verifier", LevelFilter::OFF)
        // It warns of each client that names an IP address as its server's name (SNI), which is harmless.
        .with_target("rustls::msgs::handshake", LevelFilter::ERROR)
        .with_target("hyper", level.min(LevelFilter::ERROR));
    // Rocket's macros log from within the project's modules whenever a guard rejects a request, for example from a
    // visitor who is not signed in. This is routine and is not logged.
    let routine =
        filter_fn(|event| !(event.target().starts_with("gatepost::web::") && event.target().ends_with("::_")));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    // A second installation, in a test, changes nothing.
    let _ = tracing_subscriber::registry().with(lines.with_filter(targets.and(routine))).try_init();
}
