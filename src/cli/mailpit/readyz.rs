//! `gatepost mailpit readyz`: asks the running inbox whether it is ready, for health checks of containers.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::cli::connect::reachable;
use crate::cli::http_get::{self, ServerUrl};
use crate::config::mailpit::{GivenOptions, MailpitConfig, MailpitUsageError};

use super::failure::{MailpitFailure, MailpitResult, failed, wrong_use};

/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(5);
/// Time between two requests of `--wait`.
const PAUSE: Duration = Duration::from_millis(200);
/// Mailpit's default of `--timeout`.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Asks `/readyz` at the address of the server's own flags and variables.
pub(super) fn run(arguments: Vec<String>, variables: &BTreeMap<String, String>) -> MailpitResult {
    let ReadyzArguments { rest, is_https, waits, timeout } = ReadyzArguments::parse(arguments)?;
    let given = GivenOptions::read(rest, variables)?;
    let config = MailpitConfig::new(&given, variables).map_err(wrong_use)?;
    let url = ServerUrl {
        is_https: is_https || config.ui_tls.is_some(),
        authority: reachable(config.http_address).to_string(),
        path: config.webroot,
        login: None,
    };
    let started = Instant::now();
    loop {
        match ask(&url) {
            Ok(()) => return Ok(()),
            Err(reason) if !waits || started.elapsed() >= timeout => return Err(failed(reason)),
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
}

fn ask(url: &ServerUrl) -> Result<(), String> {
    match http_get::get(url, "/readyz", REQUEST) {
        Ok((200, _)) => Ok(()),
        Ok((status, _)) => Err(format!("the server at {} is not ready: it answers {status}", url.authority)),
        Err(error) => Err(format!("cannot ask the server at {}: {error}", url.authority)),
    }
}

/// The arguments of `readyz`, without those of the server.
struct ReadyzArguments {
    rest: Vec<String>,
    is_https: bool,
    waits: bool,
    timeout: Duration,
}

impl ReadyzArguments {
    fn parse(arguments: Vec<String>) -> Result<Self, MailpitFailure> {
        let mut parsed = ReadyzArguments { rest: Vec::new(), is_https: false, waits: false, timeout: TIMEOUT };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--https" => parsed.is_https = true,
                "--wait" | "-w" => parsed.waits = true,
                "--timeout" => {
                    let value = arguments.next().ok_or_else(|| MailpitUsageError::NoValue(argument.clone()))?;
                    parsed.timeout = duration(&value)?;
                }
                text => match text.strip_prefix("--timeout=") {
                    Some(value) => parsed.timeout = duration(value)?,
                    None => parsed.rest.push(argument),
                },
            }
        }
        Ok(parsed)
    }
}

/// `30s`, `2m` or a number of seconds.
fn duration(text: &str) -> Result<Duration, MailpitFailure> {
    let (number, factor) = match (text.strip_suffix('s'), text.strip_suffix('m')) {
        (Some(seconds), _) => (seconds, 1),
        (_, Some(minutes)) => (minutes, 60),
        _ => (text, 1),
    };
    let seconds = number.parse::<u32>().map_err(|_| {
        MailpitFailure::Usage(format!("--timeout: {text:?}: expected a number of seconds or minutes, such as 30s"))
    })?;
    Ok(Duration::from_secs(u64::from(seconds) * factor))
}
