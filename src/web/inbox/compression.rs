//! Gzip for the answers of pages and API to clients that ask for it: lists shrink to a tenth.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use rocket::http::{ContentType, Header};
use rocket::{Request, Response};

/// Shorter answers gain nothing.
const MIN: usize = 1024;
/// Longer ones are sent as they are: they would have to be held twice.
const MAX: usize = 8 * 1024 * 1024;

/// Compresses a text of known length below `base`. Streams are left alone, and so are parts of a mail: they come as
/// they are.
pub async fn compress(base: &str, request: &Request<'_>, response: &mut Response<'_>) {
    let wanted = request.headers().get("Accept-Encoding").any(accepts);
    let texts = [ContentType::JSON, ContentType::HTML];
    let text = response.content_type().is_some_and(|kind| texts.iter().any(|text| text.0 == kind.0));
    let size = response.body().preset_size().unwrap_or(0);
    if !wanted || !text || !(MIN..=MAX).contains(&size) || !request.uri().path().starts_with(base) {
        return;
    }
    let Ok(bytes) = response.body_mut().to_bytes().await else { return };
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    // Writing to memory does not fail; if it did, the answer goes out as it was.
    let packed = encoder.write_all(&bytes).and_then(|()| encoder.finish());
    match packed {
        Ok(packed) => {
            response.set_header(Header::new("Content-Encoding", "gzip"));
            response.adjoin_header(Header::new("Vary", "Accept-Encoding"));
            response.set_sized_body(packed.len(), std::io::Cursor::new(packed));
        }
        Err(_) => response.set_sized_body(bytes.len(), std::io::Cursor::new(bytes)),
    }
}

/// Whether an Accept-Encoding takes gzip; `gzip;q=0` does not.
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
    fn gzip_is_used_where_it_is_taken() {
        for (header, expected) in
            [("gzip", true), ("br, gzip;q=0.5", true), ("deflate", false), ("gzip;q=0", false), ("", false)]
        {
            assert_eq!(accepts(header), expected, "{header}");
        }
    }
}
