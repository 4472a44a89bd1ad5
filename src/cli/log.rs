//! What is logged and where: standard error, one line an event. Crates that would print secrets or links are silent.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
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
        .with_default(LevelFilter::WARN)
        .with_target("gatepost", level)
        // Rocket prints each request with its path, and ours hold tokens; yup_oauth2 prints tokens at debug.
        .with_target("rocket", LevelFilter::OFF)
        .with_target("yup_oauth2", LevelFilter::OFF)
        .with_target("hyper", LevelFilter::ERROR);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    // A second installation, in a test, changes nothing.
    let _ = tracing_subscriber::registry().with(lines).with(targets).try_init();
}
