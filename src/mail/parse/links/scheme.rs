//! Schemes of URLs: which of them a person can open outside the message.

/// Maximum length of a scheme.
pub(super) const MAX_SCHEME: usize = 40;
/// Schemes of addresses that only work inside the message or the browser, and of scripts.
const INTERNAL_SCHEMES: [&str; 16] = [
    "javascript",
    "vbscript",
    "livescript",
    "data",
    "cid",
    "mid",
    "file",
    "blob",
    "filesystem",
    "about",
    "chrome",
    "resource",
    "jar",
    "view-source",
    "ws",
    "wss",
];
/// Those of [`INTERNAL_SCHEMES`] behind which another URL may stand: `blob:https://…`.
const WRAPPERS: [&str; 8] =
    ["javascript", "vbscript", "livescript", "data", "blob", "filesystem", "jar", "view-source"];

/// True for `http://` and `https://`, in any case.
pub fn is_web_url(url: &str) -> bool {
    let starts = |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    starts("http://") || starts("https://")
}

/// True for a URL that a person can open outside the message: any scheme that apps register, but none of the internal
/// ones.
pub(super) fn is_link(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else { return false };
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    is_scheme(scheme) && if is_web { rest.len() > 2 && rest.starts_with("//") } else { !rest.is_empty() }
}

/// True for the syntax of RFC 3986 §3.1 with at least two characters (`C:` is a drive), unless it is internal.
pub(super) fn is_scheme(scheme: &str) -> bool {
    let is_name = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_scheme_character);
    let is_internal = || INTERNAL_SCHEMES.iter().any(|internal| scheme.eq_ignore_ascii_case(internal));
    (2..=MAX_SCHEME).contains(&scheme.len()) && is_name && !is_internal()
}

pub(super) fn is_scheme_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}

/// True if `before` ends in a scheme that makes the URL behind it a part of a script or of another URL.
pub(super) fn ends_with_wrapper(before: &str) -> bool {
    let Some(outer) = before.strip_suffix(':') else { return false };
    let length = outer.bytes().rev().take(MAX_SCHEME).take_while(|byte| is_scheme_character(char::from(*byte))).count();
    let scheme = outer.get(outer.len() - length..).unwrap_or_default();
    WRAPPERS.iter().any(|wrapper| scheme.eq_ignore_ascii_case(wrapper))
}
