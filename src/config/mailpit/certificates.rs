//! Checks the certificates that Mailpit's options name, before anything starts.

use std::fs;
use std::path::{Path, PathBuf};

use crate::smtpd::tls_acceptor;

use super::option_reader::{MailpitError, OptionReader, error};
use super::options::both_names;

/// The options of a certificate and of its key, by their variables.
#[derive(Clone, Copy)]
pub(super) struct TlsOptions {
    pub certificate: &'static str,
    pub key: &'static str,
}

pub(super) const UI: TlsOptions = TlsOptions { certificate: "MP_UI_TLS_CERT", key: "MP_UI_TLS_KEY" };
pub(super) const SMTP: TlsOptions = TlsOptions { certificate: "MP_SMTP_TLS_CERT", key: "MP_SMTP_TLS_KEY" };
pub(super) const POP3: TlsOptions = TlsOptions { certificate: "MP_POP3_TLS_CERT", key: "MP_POP3_TLS_KEY" };

/// A file with a certificate, and its key if that is in a file of its own.
pub(super) type CertificateFiles = (PathBuf, Option<PathBuf>);

impl TlsOptions {
    /// The given files; `None` without a certificate.
    ///
    /// # Errors
    /// There is a key without a certificate.
    pub(super) fn files(self, options: &OptionReader<'_>) -> Result<Option<CertificateFiles>, MailpitError> {
        match (options.file(self.certificate), options.file(self.key)) {
            (Some(certificate), key) => Ok(Some((certificate, key))),
            (None, None) => Ok(None),
            (None, Some(_)) => {
                let what = format!("needs a certificate too; give {}", both_names(self.certificate));
                Err(error(options.origin(self.key), what))
            }
        }
    }

    /// [`TlsOptions::files`], read as a start reads them.
    ///
    /// # Errors
    /// A file cannot be read, or they are not a certificate and its key.
    pub(super) fn checked_files(self, options: &OptionReader<'_>) -> Result<Option<CertificateFiles>, MailpitError> {
        let Some((certificate, key)) = self.files(options)? else { return Ok(None) };
        let text = read(self.certificate, &certificate)?;
        if let Some(key) = &key {
            read(self.key, key)?;
        } else if !text.contains("PRIVATE KEY-----") {
            let what = format!("{} holds no private key; give {}", certificate.display(), both_names(self.key));
            return Err(error(both_names(self.certificate), what));
        }
        if let Err(fault) = tls_acceptor(&certificate, key.as_deref()) {
            let origin = if key.is_some() {
                format!("{} and {}", both_names(self.certificate), both_names(self.key))
            } else {
                both_names(self.certificate)
            };
            return Err(error(origin, fault.reason()));
        }
        Ok(Some((certificate, key)))
    }
}

fn read(variable: &'static str, path: &Path) -> Result<String, MailpitError> {
    let bytes = fs::read(path);
    let what = |fault| format!("cannot read {}: {fault}; name a PEM file", path.display());
    bytes
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .map_err(|fault| error(both_names(variable), what(fault)))
}
