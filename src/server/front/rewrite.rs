//! Rewrites a request that Rocket would judge wrongly or refuse without a page: a target in absolute form, a method that
//! Rocket does not know, and bytes in a target that are no part of a URI but that clients send. All others pass as they
//! are.

use super::body_framing::Malformed;
use super::limits::MAX_FIELDS;

/// The methods that Rocket knows. Another one becomes the last of them, which no route serves, so that the answer is 405
/// with `Allow`, or 404.
const KNOWN_METHODS: [&str; 9] = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE"];

/// True if the request must be rewritten.
pub fn is_needed(method: &str, target: &str) -> bool {
    !KNOWN_METHODS.contains(&method) || is_absolute(target) || !target.bytes().all(is_uri_byte)
}

/// True for `http://host/path` (RFC 9112 §3.2.2).
fn is_absolute(target: &str) -> bool {
    !target.starts_with('/') && target.contains("://")
}

/// The characters of URIs (RFC 3986 §2), and `#`, which readers cut off.
const fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'/' | b':' | b';' | b'=' | b'?' | b'@' | b'[' | b']' | b'_' | b'~')
}

/// True if a Host or the authority of a target is a host with an optional port: it may be empty, and has no user
/// (RFC 9110 §4.2.4, §7.2).
pub fn is_host(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(byte) || *byte >= 0x80)
}

/// Rewrites the complete head at the start of `bytes`; what follows it stays. The Host of a target in absolute form
/// replaces the field.
///
/// # Errors
/// When the head is malformed.
pub fn rewritten(bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let Ok(httparse::Status::Complete(length)) = request.parse(bytes) else { return Err(Malformed) };
    let (method, target) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
    let method = if KNOWN_METHODS.contains(&method) { method } else { "TRACE" };
    let (host, target) = split_target(method, target)?;
    let mut out = Vec::with_capacity(bytes.len() + 64);
    out.extend(format!("{method} {target} HTTP/1.{}\r\n", request.version.unwrap_or(1)).bytes());
    if let Some(host) = host {
        out.extend(format!("Host: {host}\r\n").bytes());
    }
    for field in request.headers.iter().filter(|field| host.is_none() || !field.name.eq_ignore_ascii_case("host")) {
        out.extend_from_slice(field.name.as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(field.value);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(bytes.get(length..).unwrap_or_default());
    Ok(out)
}

/// The host of a target in absolute form, and the target in origin form with URI characters only.
fn split_target<'t>(method: &str, target: &'t str) -> Result<(Option<&'t str>, String), Malformed> {
    if !is_absolute(target) {
        return Ok((None, encoded(target)));
    }
    let (scheme, rest) = target.split_once("://").ok_or(Malformed)?;
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let is_http = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    if !is_http || host.is_empty() || !is_host(host.as_bytes()) || !host.is_ascii() {
        return Err(Malformed);
    }
    let path = match path {
        "" if method == "OPTIONS" => "*".to_owned(),
        path if path.starts_with('/') => encoded(path),
        path => format!("/{}", encoded(path)),
    };
    Ok((Some(host), path))
}

fn encoded(target: &str) -> String {
    let mut out = String::with_capacity(target.len() + 16);
    for byte in target.bytes() {
        match is_uri_byte(byte) {
            true => out.push(char::from(byte)),
            false => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(bytes: &str) -> Result<String, Malformed> {
        rewritten(bytes.as_bytes()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    #[test]
    fn a_target_in_absolute_form_becomes_the_host_and_a_path() {
        for (target, host, path) in [
            ("http://a.test/x?y=1", "a.test", "/x?y=1"),
            ("HTTPS://A.test:8443", "A.test:8443", "/"),
            ("http://[::1]:80?x", "[::1]:80", "/?x"),
            ("http://a.test/x>y", "a.test", "/x%3Ey"),
        ] {
            assert!(is_needed("GET", target));
            let wanted = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nA: b\r\n\r\nbody");
            assert_eq!(head(&format!("GET {target} HTTP/1.1\r\nhost: z\r\nA:  b\r\n\r\nbody")).unwrap(), wanted);
        }
        assert!(head("OPTIONS http://a.test HTTP/1.1\r\nHost: a\r\n\r\n").unwrap().starts_with("OPTIONS * "));
        for bad in ["ftp://a.test/", "http://", "http:///x", "http://u@a.test/", "http://a\\b/"] {
            assert_eq!(head(&format!("GET {bad} HTTP/1.1\r\nHost: a\r\n\r\n")), Err(Malformed), "{bad}");
        }
    }

    #[test]
    fn bytes_that_are_no_part_of_a_uri_are_encoded_and_others_stay() {
        let target = "/a-._~!$&'()*+,;=:@%20/[x]?q=1/2?#";
        assert!(!is_needed("GET", target));
        for (raw, encoded) in [("/>", "/%3E"), ("/\"{x}|\\^`", "/%22%7Bx%7D%7C%5C%5E%60"), ("/é", "/%C3%A9")] {
            assert!(is_needed("GET", raw));
            assert_eq!(
                head(&format!("GET {raw} HTTP/1.1\r\n\r\n")).unwrap(),
                format!("GET {encoded} HTTP/1.1\r\n\r\n")
            );
        }
    }

    #[test]
    fn a_method_that_rocket_does_not_know_becomes_one_without_a_route() {
        assert!(!is_needed("PATCH", "/") && is_needed("PROPFIND", "/") && is_needed("get", "/"));
        assert_eq!(head("PROPFIND /x HTTP/1.0\r\nA: b\r\n\r\n").unwrap(), "TRACE /x HTTP/1.0\r\nA: b\r\n\r\n");
    }

    #[test]
    fn a_host_has_no_user_and_no_path() {
        for good in ["", "a.test", "a.test:80", "[::1]:8000", "a_b", "xn--3e0b707e"] {
            assert!(is_host(good.as_bytes()), "{good}");
        }
        for bad in ["u@a.test", "u:p@a", "a/b", "a?b", "a#b", "a b", "a\\b", "\"a\""] {
            assert!(!is_host(bad.as_bytes()), "{bad}");
        }
    }
}
