//! The memory of a fresh server: idle, a minute after many page views, and during parallel logins.

use std::time::Duration;

use crate::load::{pages, repeat};
use crate::server::{PASSWORD, Server};
use crate::{Outcome, PARALLEL, print};

pub fn mib(memory: f64) -> String {
    format!("{memory:.1} MiB")
}

/// Prints the figures. `quick`: a fifth of the page views, and twelve seconds for the minute.
///
/// # Errors
/// When the server fails.
pub async fn measure(quick: bool) -> Outcome<()> {
    let (views, rest) = if quick { (20_000.0, Duration::from_secs(12)) } else { (100_000.0, Duration::from_secs(60)) };
    let (server, _) = Server::start(None).await?;
    print("memory of a fresh server", mib(server.memory()?));
    let mut seen = 0.0;
    while seen < views {
        seen += pages(&server, "/login", "", Duration::from_secs(1)).await?.count;
    }
    print(&format!("memory after {seen:.0} page views"), mib(server.memory()?));
    tokio::time::sleep(rest).await;
    print(&format!("  {} s later (target: 40 MiB)", rest.as_secs()), mib(server.memory()?));
    server.member("memory@example.com").await?;
    let logins = repeat(200, PARALLEL, |_| server.log_in("memory@example.com", PASSWORD, 303));
    let peak = std::cell::Cell::new(0.0_f64);
    let watch = async {
        loop {
            peak.set(peak.get().max(server.memory().unwrap_or_default()));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        done = logins => drop(done?),
        () = watch => {}
    }
    let peak = peak.get();
    print(&format!("memory during {PARALLEL} parallel logins (target: 64 MiB)"), mib(peak));
    tokio::time::sleep(rest).await;
    print(&format!("  {} s later", rest.as_secs()), mib(server.memory()?));
    Ok(())
}
