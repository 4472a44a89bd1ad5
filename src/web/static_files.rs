//! Embedded static files and their URLs. A URL contains a hash of the content, so that a browser may cache the file
//! forever and never shows an old version.

use rust_embed::{EmbeddedFile, RustEmbed};

use crate::site_folder::SiteContent;

#[derive(RustEmbed)]
#[folder = "static/"]
struct StaticFiles;

/// Cache-Control for a URL with the current hash.
pub const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Cache-Control for any other URL: the browser must revalidate.
pub const REVALIDATE: &str = "no-cache";

/// A file with the headers of its response.
#[derive(Debug)]
pub struct StaticFile {
    pub bytes: std::borrow::Cow<'static, [u8]>,
    /// With the charset.
    pub content_type: &'static str,
    /// The value of `ETag`, including the quotes.
    pub etag: String,
    /// The value of `Cache-Control`.
    pub cache_control: &'static str,
}

/// The names of the operator's files. No embedded file has one of them.
pub const LOGO: &str = "logo.svg";
pub const THEME: &str = "theme.css";

/// Finds a file by name (without folders). `version` is the `v` of the query.
pub fn find(name: &str, version: Option<&str>) -> Option<StaticFile> {
    let content_type = content_type(name)?;
    let file = StaticFiles::get(name)?;
    let hash = hash(&file);
    let cache_control = if version == Some(hash.as_str()) { IMMUTABLE } else { REVALIDATE };
    let bytes = if name.ends_with(".js") { shortened(&file.data) } else { file.data };
    Some(StaticFile { etag: format!("\"{hash}\""), bytes, content_type, cache_control })
}

/// A script without lines of comments, indentation, and the line ends that mean nothing: they are a tenth of its size. A
/// test checks that no text spans several lines, and that comments have lines of their own.
fn shortened(script: &[u8]) -> std::borrow::Cow<'static, [u8]> {
    let mut short = Vec::with_capacity(script.len());
    for line in script.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
        if line.is_empty() || line.starts_with(b"//") {
            continue;
        }
        short.extend_from_slice(line);
        if !line.ends_with(b";") && !line.ends_with(b"{") && !line.ends_with(b",") {
            short.push(b'\n');
        }
    }
    short.into()
}

/// Finds a file of the operator's folder: [`LOGO`] or [`THEME`].
pub fn find_site_file(content: &SiteContent, name: &str, version: Option<&str>) -> Option<StaticFile> {
    let asset = match name {
        LOGO => content.logo()?,
        THEME => content.theme()?,
        _ => return None,
    };
    let cache_control = if version == Some(asset.version.as_str()) { IMMUTABLE } else { REVALIDATE };
    let (etag, bytes) = (format!("\"{}\"", asset.version), asset.text.clone().into_bytes().into());
    Some(StaticFile { etag, bytes, content_type: content_type(name)?, cache_control })
}

fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

/// Path and query of a file; without a hash if there is no such file.
pub fn href(name: &str) -> String {
    match StaticFiles::get(name) {
        Some(file) => format!("/static/{name}?v={}", hash(&file)),
        None => format!("/static/{name}"),
    }
}

/// The first 64 bits of the content's SHA-256 in hexadecimal: enough to distinguish versions.
fn hash(file: &EmbeddedFile) -> String {
    let start = file.metadata.sha256_hash().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    format!("{start:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_served_shortened_and_none_has_a_form_that_this_would_break() {
        assert_eq!(*shortened(b"// a\nf(\n  1,\n  // b\n\n  2\n)\ng();\nh {\n}\n"), *b"f(\n1,2\n)\ng();h {}\n");
        for name in StaticFiles::iter().filter(|name| name.ends_with(".js")) {
            let file = StaticFiles::get(&name).unwrap();
            let text = std::str::from_utf8(&file.data).unwrap();
            assert!(text.lines().all(|line| line.matches('`').count() % 2 == 0), "{name}");
            assert!(text.lines().all(|line| line.trim().starts_with("//") || !line.contains(" // ")), "{name}");
        }
    }

    #[test]
    fn only_a_url_with_the_current_hash_is_cached_forever() {
        let href = href("app.css");
        let version = href.strip_prefix("/static/app.css?v=").unwrap();
        assert_eq!(find("app.css", Some(version)).unwrap().cache_control, IMMUTABLE);
        assert_eq!(find("app.css", Some("0123456789abcdef")).unwrap().cache_control, REVALIDATE);
        assert_eq!(find("app.css", None).unwrap().cache_control, REVALIDATE);
    }

    #[test]
    fn only_embedded_files_are_found() {
        for name in ["", "app", "../Cargo.toml", "nothing.css", "/etc/passwd", "app.css/"] {
            assert!(find(name, None).is_none(), "{name}");
        }
    }

    /// Relative luminance of a colour written as `#rrggbb` (WCAG 2.2).
    fn luminance(colour: &str) -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// The value of a token in the first and second block of the stylesheet: light and dark.
    fn token(css: &str, name: &str) -> [String; 2] {
        let values: Vec<_> = css.split(&format!("  --{name}: ")).skip(1).map(|rest| rest[..7].to_owned()).collect();
        values.try_into().unwrap_or_else(|found| panic!("{name}: {found:?}"))
    }

    fn stylesheet(name: &str) -> String {
        String::from_utf8(find(name, None).unwrap().bytes.into_owned()).unwrap()
    }

    /// Fails if the contrast of `front` on one of `backs` is below `least` (WCAG 1.4.3 and 1.4.11).
    fn assert_contrast(front: &str, backs: &[&str], least: f64, token: impl Fn(&str) -> [String; 2]) {
        for back in backs {
            for (front_colour, back_colour) in token(front).iter().zip(&token(back)) {
                let ratio = contrast(front_colour, back_colour);
                assert!(ratio >= least, "{front} {front_colour} on {back} {back_colour}: {ratio:.2}");
            }
        }
    }

    #[test]
    fn colours_of_the_account_pages_have_enough_contrast_in_both_schemes() {
        let css = stylesheet("app.css");
        let pairs: [(&str, &[&str]); 9] = [
            ("ink", &["ground", "surface", "accent-soft", "bad-soft"]),
            ("quiet", &["ground", "surface"]),
            ("link", &["ground", "surface", "accent-soft"]),
            ("on-accent", &["accent", "accent-strong"]),
            ("on-bad", &["bad", "bad-strong"]),
            ("bad", &["surface"]),
            ("bad-strong", &["surface", "bad-soft"]),
            ("accent", &["surface"]),
            ("accent-strong", &["surface"]),
        ];
        pairs.into_iter().for_each(|(front, backs)| assert_contrast(front, backs, 4.5, |name| token(&css, name)));
        // Input borders and the focus ring.
        assert_contrast("edge", &["surface"], 3.0, |name| token(&css, name));
        assert_contrast("focus", &["ground", "surface"], 3.0, |name| token(&css, name));
    }

    #[test]
    fn colours_of_the_inbox_have_enough_contrast() {
        let css = stylesheet("inbox.css");
        let token = |name: &str| {
            let pair = css.split_once(&format!("  --{name}: light-dark(")).unwrap().1.split_once(')').unwrap().0;
            let (light, dark) = pair.split_once(", ").unwrap();
            [light.to_owned(), dark.to_owned()]
        };
        for word in ["text", "quiet", "accent", "bad", "good"] {
            assert_contrast(word, &["ground", "raised"], 4.5, token);
        }
        assert_contrast("quiet", &["hover", "sunken", "tint"], 4.5, token);
        for (word, tint) in [("accent", "tint"), ("bad", "bad-tint"), ("warn", "warn-tint"), ("on-accent", "accent")] {
            assert_contrast(word, &[tint], 4.5, token);
        }
        assert_contrast("text", &["tint", "bad-tint", "warn-tint", "hover", "sunken"], 4.5, token);
        assert_contrast("edge", &["ground"], 3.0, token);
    }

    #[test]
    fn every_colour_of_the_account_stylesheet_is_a_token() {
        let css = stylesheet("app.css");
        let loose: Vec<_> = css.lines().filter(|l| l.contains('#') && !l.trim().starts_with("--")).collect();
        assert!(loose.is_empty(), "{loose:?}");
    }
}
