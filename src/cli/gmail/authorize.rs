//! `gatepost gmail authorize`: prints the consent page's address, opens a browser and waits for the response.

use std::io::Write;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use url::Url;

use crate::cli::output;
use crate::clock::Clock;
use crate::private_files::Replacement;
use crate::random::Entropy;
use crate::secret::Secret;
use crate::transport::gmail::{self, Consent, LoopbackRedirect, Settings};

use super::error::GmailError;
use super::{page, pasted_redirect};

#[derive(Debug, Args)]
pub struct AuthorizeArgs {
    /// Do not open a browser; also accept the address that Google redirects to on standard input
    #[arg(long)]
    pub no_browser: bool,
    /// Receive the response on this loopback port instead of a free one (for ssh -L)
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Seconds to wait for the response
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
}

pub(super) async fn run(
    options: &AuthorizeArgs,
    settings: &Settings,
    clock: &Clock,
    entropy: &Entropy,
) -> Result<(), GmailError> {
    let (client, landing) = gmail::redirect_uri(settings, options.port).await?;
    if gmail::check_writable(settings)? == Replacement::Overwritten {
        eprintln!("{} cannot be replaced by a new file, so it is written in place.", settings.token.display());
    }
    let port = landing.socket.port();
    let redirect = LoopbackRedirect::bind(landing.socket).await.map_err(|error| GmailError::Port { port, error })?;
    let consent = Arc::new(Consent::new(client, &landing, redirect.address()?, entropy)?);
    let address = consent.address(&settings.user);
    present(&address, options)?;
    if !options.no_browser {
        open(&address);
    }
    let code =
        tokio::time::timeout(Duration::from_secs(options.timeout), wait_for_code(options, &redirect, &consent)).await;
    let code = code.map_err(|_| GmailError::Late(options.timeout))??;
    let token = consent.redeem(&code, clock.now()).await?;
    gmail::store(settings, &token)?;
    writeln!(output::stdout(), "authorized; token stored in {}", settings.token.display())?;
    Ok(())
}

async fn wait_for_code(
    options: &AuthorizeArgs,
    redirect: &LoopbackRedirect,
    consent: &Arc<Consent>,
) -> Result<Secret<String>, GmailError> {
    let redirected = redirect.answer(consent, page::render);
    if !options.no_browser {
        return Ok(redirected.await?);
    }
    tokio::select! {
        code = redirected => Ok(code?),
        code = pasted_redirect::pasted_response(consent) => Ok(code?),
    }
}

/// Prints the address alone on standard output, for scripts and for copying, and the instructions on standard error.
fn present(address: &Url, options: &AuthorizeArgs) -> std::io::Result<()> {
    eprintln!("Open this address in a browser and allow Gatepost to send mail:");
    let mut output = output::stdout();
    writeln!(output, "{address}")?;
    output.flush()?;
    if options.no_browser {
        eprintln!(
            "If the browser runs on another machine, its last page will not load. In that case paste the page's address \
             here and press Enter."
        );
    }
    Ok(())
}

/// Opens the default browser, if there is one. A failure is only reported, since the address is printed too.
fn open(address: &Url) {
    let opener = match std::env::consts::OS {
        "macos" => "open",
        "linux" | "freebsd" | "openbsd" | "netbsd" => "xdg-open",
        _ => return,
    };
    // Without a desktop xdg-open would start a text browser in this terminal.
    let desktop = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    if opener == "xdg-open" && !desktop {
        return;
    }
    let quiet = std::process::Command::new(opener)
        .arg(address.as_str())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if quiet.is_err() {
        eprintln!("Cannot open a browser.");
    }
}
