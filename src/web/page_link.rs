//! Links to pages of this server, with a parameter more or less.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::i18n::Locale;

/// The path with the page that follows as `next`.
pub fn with_next(path: &str, next: Option<&str>) -> String {
    match next {
        Some(next) => format!("{path}?next={}", utf8_percent_encode(next, NON_ALPHANUMERIC)),
        None => path.to_owned(),
    }
}

/// The page at `path` in another language.
pub fn in_language(path: &str, locale: Locale) -> String {
    let join = if path.contains('?') { '&' } else { '?' };
    format!("{path}{join}lang={}", locale.tag())
}

/// `path` with its query string, without the parameters in `without`.
pub fn path_without(path: &str, query: Option<&str>, without: &[&str]) -> String {
    let pairs = query.unwrap_or_default().split('&');
    let kept = pairs.filter(|pair| !pair.is_empty() && !without.contains(&pair.split('=').next().unwrap_or_default()));
    let kept = kept.collect::<Vec<_>>().join("&");
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{kept}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_loses_the_named_parameters() {
        assert_eq!(path_without("/a", Some("q=x&done=y&lang=ko"), &["done", "lang"]), "/a?q=x");
        assert_eq!(path_without("/a", Some("done=y"), &["done"]), "/a");
        assert_eq!(path_without("/a", None, &["done"]), "/a");
    }
}
