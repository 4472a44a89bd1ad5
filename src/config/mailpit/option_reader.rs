//! Reads the given options one by one by their variables.

use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use crate::secret::Logins;

use super::given::GivenOptions;
use super::{files, values};

const NO_LOGIN: &str = "holds no login; give name:password, or leave the option out";

/// An option with an invalid value. Displayed on one line with the flag or variable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {reason}")]
pub struct MailpitError {
    origin: String,
    reason: String,
}

/// Reads options by their variables.
pub(super) struct OptionReader<'g>(pub &'g GivenOptions);

impl OptionReader<'_> {
    pub(super) fn text(&self, variable: &str) -> Option<&str> {
        self.0.text(variable).map(|(text, _)| text)
    }

    pub(super) fn file(&self, variable: &str) -> Option<PathBuf> {
        self.text(variable).map(PathBuf::from)
    }

    /// The flag or variable that sets an option.
    pub(super) fn origin(&self, variable: &str) -> String {
        self.0.text(variable).map_or(variable, |(_, origin)| origin).to_owned()
    }

    pub(super) fn parse<T, E: Display>(
        &self,
        variable: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, MailpitError> {
        let Some((text, origin)) = self.0.text(variable) else { return Ok(None) };
        parse(text).map(Some).map_err(|e| error(origin, format!("{text:?}: {e}")))
    }

    pub(super) fn number(&self, variable: &str, default: u64, most: u64) -> Result<u64, MailpitError> {
        let number = self.parse(variable, values::number)?.unwrap_or(default);
        match number > most {
            true => Err(error(self.origin(variable), format!("at most {most}"))),
            false => Ok(number),
        }
    }

    /// Like [`OptionReader::number`], at least 1.
    pub(super) fn positive(&self, variable: &str, default: u64, most: u64) -> Result<u64, MailpitError> {
        match self.number(variable, default, most)? {
            0 => Err(error(self.origin(variable), format!("expected a whole number from 1 to {most}"))),
            number => Ok(number),
        }
    }

    pub(super) fn address(&self, variable: &str, port: u16) -> Result<SocketAddr, MailpitError> {
        let address = self.parse(variable, values::address)?;
        Ok(address.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, port))))
    }

    /// The logins of a file, else of a variable; none if neither is given. Errors repeat no password.
    pub(super) fn logins(&self, variable: &str, file: &str) -> Result<Logins, MailpitError> {
        if let Some((path, origin)) = self.0.text(file) {
            let text = files::text(Path::new(path)).map_err(|e| error(origin, format!("cannot read {path}: {e}")))?;
            let logins = files::logins(&text).map_err(|e| error(origin, format!("{path}: {e}")))?;
            return at_least_one(logins, || error(origin, format!("{path} {NO_LOGIN}")));
        }
        let Some((text, origin)) = self.0.text(variable) else { return Ok(Logins::default()) };
        let logins = Logins::parse(text.split_whitespace()).map_err(|e| error(origin, e.to_string()))?;
        at_least_one(logins, || error(origin, NO_LOGIN.to_owned()))
    }
}

/// Who names logins wants a password: an empty list would open everything.
fn at_least_one(logins: Logins, none: impl FnOnce() -> MailpitError) -> Result<Logins, MailpitError> {
    if logins.is_empty() { Err(none()) } else { Ok(logins) }
}

pub(super) fn error(origin: impl Into<String>, reason: String) -> MailpitError {
    MailpitError { origin: origin.into(), reason: reason.replace(['\n', '\r'], " ") }
}
