//! The process's limit of open files, and how HTTP and SMTP share it.

use super::front::FrontLimits;

/// Files for everything but connections of clients: databases, listeners, outgoing connections, last answers, the log.
const RESERVED: usize = 160;
/// Files of one HTTP connection: the client's, and both ends of the front's connection to Rocket.
const FILES_PER_HTTP: usize = 3;
/// A server with fewer connections would not be usable, whatever the limit.
const LEAST: usize = 8;

/// The most connections of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionShares {
    pub http: usize,
    pub smtp: usize,
}

/// Raises the limit as far as the process may, and divides it. `smtp`: the SMTP connections that the settings allow.
pub fn share_files(smtp: usize) -> ConnectionShares {
    let files = raise();
    let shares = divide(files, FrontLimits::default().connections, smtp);
    if shares.http < FrontLimits::default().connections {
        tracing::warn!(
            files,
            http = shares.http,
            smtp = shares.smtp,
            "the limit of open files lowers that of connections"
        );
    }
    shares
}

/// Raises the soft limit to the hard limit; returns the limit in effect.
#[cfg(unix)]
fn raise() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let limit = if raised.is_ok() { maximum } else { current };
    limit.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX)
}

#[cfg(not(unix))]
fn raise() -> usize {
    usize::MAX
}

/// SMTP gets at most a quarter, so that its connections never take those of the pages.
fn divide(files: usize, http: usize, smtp: usize) -> ConnectionShares {
    let free = files.saturating_sub(RESERVED);
    let smtp = smtp.min((free / 4).max(LEAST));
    let http = http.min((free.saturating_sub(smtp) / FILES_PER_HTTP).max(LEAST));
    ConnectionShares { http, smtp }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_and_smtp_share_the_files_that_are_free() {
        let shares = |files| divide(files, 4_096, 1_000);
        assert_eq!(shares(usize::MAX), ConnectionShares { http: 4_096, smtp: 1_000 });
        assert_eq!(shares(20_000), ConnectionShares { http: 4_096, smtp: 1_000 });
        assert_eq!(shares(4_160), ConnectionShares { http: 1_000, smtp: 1_000 });
        assert_eq!(shares(1_024), ConnectionShares { http: 216, smtp: 216 });
        assert_eq!(shares(64), ConnectionShares { http: LEAST, smtp: LEAST });
        assert_eq!(divide(1_024, 4_096, 0).smtp, 0);
    }
}
