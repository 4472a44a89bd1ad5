//! Embedded static files and their addresses. An address carries a hash of the content, so that a browser may keep
//! the file for ever and still never shows an old one.

use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

/// For an address with the right hash.
pub const KEPT: &str = "public, max-age=31536000, immutable";
/// For an address without it: asked again each time.
pub const CHECKED: &str = "no-cache";

/// A file as it is answered.
#[derive(Debug)]
pub struct StaticFile {
    pub bytes: std::borrow::Cow<'static, [u8]>,
    /// With charset.
    pub content_type: &'static str,
    /// For `ETag`, with its quotes.
    pub etag: String,
    /// For `Cache-Control`.
    pub cache_control: &'static str,
}

/// The file called `name` (no folders), asked for with `version` (the `v` of the query).
pub fn find(name: &str, version: Option<&str>) -> Option<StaticFile> {
    let content_type = match name.rsplit_once('.')?.1 {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    };
    let file = Files::get(name)?;
    let hash = hash(&file);
    let cache_control = if version == Some(hash.as_str()) { KEPT } else { CHECKED };
    Some(StaticFile { etag: format!("\"{hash}\""), bytes: file.data, content_type, cache_control })
}

/// Path and query of the file called `name`; without a hash when there is no such file.
pub fn href(name: &str) -> String {
    match Files::get(name) {
        Some(file) => format!("/static/{name}?v={}", hash(&file)),
        None => format!("/static/{name}"),
    }
}

/// The first 64 bits of the content's SHA-256, in hexadecimal: enough to tell versions apart.
fn hash(file: &EmbeddedFile) -> String {
    file.metadata.sha256_hash().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_be_kept_only_under_the_address_of_its_content() {
        let href = href("app.css");
        let version = href.strip_prefix("/static/app.css?v=").unwrap();
        assert_eq!(find("app.css", Some(version)).unwrap().cache_control, KEPT);
        assert_eq!(find("app.css", Some("0123456789abcdef")).unwrap().cache_control, CHECKED);
        assert_eq!(find("app.css", None).unwrap().cache_control, CHECKED);
    }

    #[test]
    fn nothing_but_the_embedded_files_is_found() {
        for name in ["", "app", "../Cargo.toml", "nothing.css", "/etc/passwd", "app.css/"] {
            assert!(find(name, None).is_none(), "{name}");
        }
    }
}
