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
    let start = file.metadata.sha256_hash().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    format!("{start:016x}")
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

    /// Relative luminance of a colour written `#rrggbb` (WCAG 2.2).
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

    /// The value of a token in the first and in the second block of the stylesheet: light and dark.
    fn token(css: &str, name: &str) -> [String; 2] {
        let values: Vec<_> = css.split(&format!("  --{name}: ")).skip(1).map(|rest| rest[..7].to_owned()).collect();
        values.try_into().unwrap_or_else(|found| panic!("{name}: {found:?}"))
    }

    fn sheet(name: &str) -> String {
        String::from_utf8(find(name, None).unwrap().bytes.into_owned()).unwrap()
    }

    /// Fails when `front` on one of `backs` is harder to see than `least` allows (WCAG 1.4.3 and 1.4.11).
    fn hold(front: &str, backs: &[&str], least: f64, token: impl Fn(&str) -> [String; 2]) {
        for back in backs {
            for (front_colour, back_colour) in token(front).iter().zip(&token(back)) {
                let ratio = contrast(front_colour, back_colour);
                assert!(ratio >= least, "{front} {front_colour} on {back} {back_colour}: {ratio:.2}");
            }
        }
    }

    #[test]
    fn colours_that_meet_have_enough_contrast_in_both_schemes() {
        let css = sheet("app.css");
        let words: [(&str, &[&str]); 9] = [
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
        words.into_iter().for_each(|(front, backs)| hold(front, backs, 4.5, |name| token(&css, name)));
        // The border of an input, and the ring of what has the focus.
        hold("edge", &["surface"], 3.0, |name| token(&css, name));
        hold("focus", &["ground", "surface"], 3.0, |name| token(&css, name));
    }

    #[test]
    fn the_inboxs_colours_have_enough_contrast_too() {
        let css = sheet("inbox.css");
        let token = |name: &str| {
            let pair = css.split_once(&format!("  --{name}: light-dark(")).unwrap().1.split_once(')').unwrap().0;
            let (light, dark) = pair.split_once(", ").unwrap();
            [light.to_owned(), dark.to_owned()]
        };
        for word in ["text", "quiet", "accent", "bad", "good"] {
            hold(word, &["ground", "raised"], 4.5, token);
        }
        hold("text", &["accent-ground", "bad-ground"], 4.5, token);
        hold("edge", &["ground"], 3.0, token);
    }

    #[test]
    fn every_colour_of_the_stylesheet_is_a_token() {
        let css = sheet("app.css");
        let loose: Vec<_> = css.lines().filter(|l| l.contains('#') && !l.trim().starts_with("--")).collect();
        assert!(loose.is_empty(), "{loose:?}");
    }
}
