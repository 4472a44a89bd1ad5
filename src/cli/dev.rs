//! `gatepost dev`: the server in the debug profile, whatever the build, for developers who want to see their mail.

use std::path::PathBuf;

use clap::Args;

use crate::config::Overrides;
use crate::db::Dialect;
use crate::server::{SITE_LISTENER, StartError};

use super::serve::ServeError;

#[derive(Clone, Debug, Default, Args)]
pub struct DevArgs {
    /// Port of the pages; 0 picks a free one
    #[arg(long)]
    port: Option<u16>,
    /// Rocket.toml, if it is not in this folder or above
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the databases; created if missing
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl DevArgs {
    /// The settings that these arguments stand for.
    pub fn overrides(&self) -> Overrides {
        let mut settings = Vec::new();
        settings.extend(self.port.map(|port| ("port", port.to_string())));
        if let Some(data) = &self.data {
            settings.push(("databases.gatepost.url", Dialect::sqlite_url(&data.join("gatepost.db"))));
            settings.push(("inbox.path", data.join("inbox.db").to_string_lossy().into_owned()));
        }
        Overrides { profile: Some("debug"), file: self.config.clone(), settings }
    }

    /// `error` with the flag that set the port in the place of its setting.
    pub fn name_flag(&self, error: ServeError) -> ServeError {
        match error {
            ServeError::Start(StartError::Listen { at, setting: SITE_LISTENER, error }) if self.port.is_some() => {
                StartError::Listen { at, setting: "--port", error }.into()
            }
            error => error,
        }
    }
}
