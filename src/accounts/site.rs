//! The site's name and public URL. Every link in an email begins with [`PublicUrl`], never with a request header.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::i18n::Locale;
use crate::site_folder::SiteFolder;

/// The site as emails and pages name it.
#[derive(Clone, Debug)]
pub struct Site {
    pub name: String,
    pub public_url: PublicUrl,
    pub default_locale: Locale,
    /// The operator's emails, texts, logo and colours.
    pub folder: SiteFolder,
}

/// Scheme, host and port of the site (an origin, RFC 6454 §4), without a trailing slash. In the debug profile it may be
/// the listening address, which is known only once the port is bound.
#[derive(Clone, Debug)]
pub struct PublicUrl(Arc<OnceLock<String>>);

/// Why a text is not a public URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicUrlError {
    #[error("expected http:// or https://, a host name and at most a port, such as https://id.example.com")]
    Shape,
    #[error("expected https:// in the release profile; set allow_http = true to allow http://")]
    Http,
}

impl PublicUrl {
    /// Parses and normalises an origin.
    ///
    /// # Errors
    /// When `text` has anything besides scheme, host and port.
    pub fn parse(text: &str) -> Result<Self, PublicUrlError> {
        let (scheme, rest) = text.split_once("://").ok_or(PublicUrlError::Shape)?;
        let authority = rest.strip_suffix('/').unwrap_or(rest).to_ascii_lowercase();
        let (host, port) = split_port(&authority);
        let default_port = match scheme {
            "http" => "80",
            "https" => "443",
            _ => return Err(PublicUrlError::Shape),
        };
        let name = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        if host.is_empty() || !host.chars().all(name) || port.is_some_and(|p| p.parse::<u16>().is_err()) {
            return Err(PublicUrlError::Shape);
        }
        let authority = if port == Some(default_port) { host } else { &authority };
        Ok(PublicUrl(Arc::new(OnceLock::from(format!("{scheme}://{authority}")))))
    }

    /// A URL that [`PublicUrl::settle`] sets later.
    pub fn pending() -> Self {
        PublicUrl(Arc::default())
    }

    /// Sets a pending URL. A URL that is already set stays.
    pub fn settle(&self, origin: String) {
        let _ = self.0.set(origin);
    }

    /// True if the URL is set, by the operator or by [`PublicUrl::settle`].
    pub fn is_settled(&self) -> bool {
        self.0.get().is_some()
    }

    /// For example `https://id.example.com`; empty while pending, before the server listens.
    pub fn as_str(&self) -> &str {
        self.0.get().map_or("", String::as_str)
    }

    pub fn is_https(&self) -> bool {
        self.as_str().starts_with("https://")
    }

    /// Host and port as in a Host header.
    pub fn authority(&self) -> &str {
        self.as_str().split_once("://").map_or("", |(_, authority)| authority)
    }
}

/// True for a path of this site: one slash at the start, not two, no backslash and only visible ASCII, so that no browser
/// takes it for another host.
pub fn is_local_path(text: &str) -> bool {
    const MAX_PATH: usize = 2_000;
    text.starts_with('/')
        && !text.starts_with("//")
        && text.len() <= MAX_PATH
        && !text.contains('\\')
        && text.chars().all(|c| c.is_ascii_graphic())
}

/// Splits `host:port`, `host`, `[v6]:port` or `[v6]` into host and port.
pub fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') && (!host.contains(':') || host.ends_with(']')) => (host, Some(port)),
        _ => (authority, None),
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_stored_in_canonical_form() {
        for (given, canonical) in [
            ("https://ID.example.com", "https://id.example.com"),
            ("https://id.example.com:443/", "https://id.example.com"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("http://[::1]:8000", "http://[::1]:8000"),
        ] {
            assert_eq!(PublicUrl::parse(given).unwrap().as_str(), canonical);
        }
    }

    #[test]
    fn anything_besides_scheme_host_and_port_is_rejected() {
        for bad in [
            "",
            "id.example.com",
            "ftp://a.b",
            "https://",
            "https://a.b/path",
            "https://a@b.c",
            "https://a.b:99999",
            "https://a b",
        ] {
            assert_eq!(PublicUrl::parse(bad).unwrap_err(), PublicUrlError::Shape, "{bad}");
        }
    }

    #[test]
    fn only_paths_of_this_site_are_followed() {
        for fine in ["/", "/account", "/account?tab=1#x", "/%2F%2Fevil.example"] {
            assert!(is_local_path(fine), "{fine}");
        }
        for bad in [
            "",
            "account",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nSet-Cookie: x",
            "/\t/evil",
            "/가",
        ] {
            assert!(!is_local_path(bad), "{bad}");
        }
    }
}
