//! Gzip for the responses of the pages and the API, for clients that accept it. Lists shrink to a tenth.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use rocket::http::{ContentType, Header};
use rocket::{Request, Response};

/// Smallest body to compress, in bytes; compressing a shorter one gains nothing.
const MIN: usize = 1024;
/// Largest body to compress, in bytes. Compression holds the body in memory twice.
const MAX: usize = 8 * 1024 * 1024;

/// Compresses a JSON or HTML response of known length whose path is below `base`. Streams and message parts are not
/// compressed.
pub async fn compress(base: &str, request: &Request<'_>, response: &mut Response<'_>) {
    let accepted = request.headers().get("Accept-Encoding").any(accepts);
    let texts = [ContentType::JSON, ContentType::HTML];
    let text = response.content_type().is_some_and(|kind| texts.iter().any(|text| text.0 == kind.0));
    let size = response.body().preset_size().unwrap_or(0);
    if !accepted || !text || !(MIN..=MAX).contains(&size) || !request.uri().path().starts_with(base) {
        return;
    }
    let Ok(bytes) = response.body_mut().to_bytes().await else { return };
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    // Writing to memory does not fail. If it did, the response would be sent uncompressed.
    let compressed = encoder.write_all(&bytes).and_then(|()| encoder.finish());
    match compressed {
        Ok(compressed) => {
            response.set_header(Header::new("Content-Encoding", "gzip"));
            response.adjoin_header(Header::new("Vary", "Accept-Encoding"));
            response.set_sized_body(compressed.len(), std::io::Cursor::new(compressed));
        }
        Err(_) => response.set_sized_body(bytes.len(), std::io::Cursor::new(bytes)),
    }
}

/// True if an Accept-Encoding value accepts gzip; `gzip;q=0` does not.
fn accepts(header: &str) -> bool {
    header.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        gzip && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_used_if_the_client_accepts_it() {
        for (header, expected) in
            [("gzip", true), ("br, gzip;q=0.5", true), ("deflate", false), ("gzip;q=0", false), ("", false)]
        {
            assert_eq!(accepts(header), expected, "{header}");
        }
    }
}
