//! What is logged and where: standard error, one line an event. Crates that would print secrets or links are silent.

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
        // What it says of a certificate the transport says better.
        .with_target("rustls_platform_verifier", LevelFilter::OFF)
        // It warns of each client that names an IP address as its server's name (SNI), which is harmless.
        .with_target("rustls::msgs::handshake", LevelFilter::ERROR)
        .with_target("hyper", level.min(LevelFilter::ERROR));
    // What Rocket's macros say from within our modules when a guard turns a request away, as it does each visitor
    // who is not signed in: answered, and no news.
    let routine =
        filter_fn(|event| !(event.target().starts_with("gatepost::web::") && event.target().ends_with("::_")));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    // A second installation, in a test, changes nothing.
    let _ = tracing_subscriber::registry().with(lines.with_filter(targets.and(routine))).try_init();
}
