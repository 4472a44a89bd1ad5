//! Removes duplicate query parameters. The first value counts, as with Go's `Query().Get`; Rocket would reject both.

use std::collections::HashSet;

use rocket::Request;
use rocket::http::RawStr;
use rocket::http::uri::Origin;

/// Removes the duplicates from a request's query string.
pub fn first_of_each(request: &mut Request<'_>) {
    let uri = request.uri();
    let Some(query) = uri.query().and_then(|query| without_duplicates(query.as_str())) else { return };
    if let Ok(uri) = Origin::parse_owned(format!("{}?{query}", uri.path())) {
        request.set_uri(uri);
    }
}

/// The query string without duplicates; `None` if it has none.
fn without_duplicates(query: &str) -> Option<String> {
    let name = |field: &str| RawStr::new(field.split('=').next().unwrap_or_default()).url_decode_lossy().into_owned();
    let mut names = HashSet::new();
    let fields: Vec<&str> = query.split('&').collect();
    let unique: Vec<&str> = fields.iter().copied().filter(|field| names.insert(name(field))).collect();
    (unique.len() < fields.len()).then(|| unique.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_each_parameter_counts() {
        assert_eq!(without_duplicates("a=1&b=%26&a=2&b=3&a").as_deref(), Some("a=1&b=%26"));
        assert_eq!(without_duplicates("que%72y=1&query=2").as_deref(), Some("que%72y=1"));
        assert_eq!(without_duplicates("a=1&b=1"), None);
    }
}
