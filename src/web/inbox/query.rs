//! A parameter that is given twice counts once, the first time, as for Go's `Query().Get`; Rocket would take neither.

use std::collections::HashSet;

use rocket::Request;
use rocket::http::RawStr;
use rocket::http::uri::Origin;

/// Drops the repetitions from a request's query string.
pub fn first_of_each(request: &mut Request<'_>) {
    let uri = request.uri();
    let Some(query) = uri.query().and_then(|query| once(query.as_str())) else { return };
    if let Ok(uri) = Origin::parse_owned(format!("{}?{query}", uri.path())) {
        request.set_uri(uri);
    }
}

/// `None` when nothing is repeated.
fn once(query: &str) -> Option<String> {
    let name = |field: &str| RawStr::new(field.split('=').next().unwrap_or_default()).url_decode_lossy().into_owned();
    let mut names = HashSet::new();
    let fields: Vec<&str> = query.split('&').collect();
    let kept: Vec<&str> = fields.iter().copied().filter(|field| names.insert(name(field))).collect();
    (kept.len() < fields.len()).then(|| kept.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_each_parameter_counts() {
        assert_eq!(once("a=1&b=%26&a=2&b=3&a").as_deref(), Some("a=1&b=%26"));
        assert_eq!(once("que%72y=1&query=2").as_deref(), Some("que%72y=1"));
        assert_eq!(once("a=1&b=1"), None);
    }
}
