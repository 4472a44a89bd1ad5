//! /dev/inbox/letters: every letter from sample data, in every language. Nothing is sent.

use askama::Template;

use crate::accounts::letters::{Letter, Paper, Rendered};
use crate::i18n::Locale;

use super::page::Frame;

/// What a letter's HTML is answered with: inline styles and nothing else, whatever frames it.
pub const LETTER_CSP: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; \
     frame-ancestors 'self'";

/// GET /dev/inbox/letters.
#[derive(Debug, Template)]
#[template(path = "inbox/letters.html")]
pub struct Letters {
    pub frame: Frame,
    /// Path of the inbox, without a slash at the end.
    pub base: String,
    pub samples: Vec<Sample>,
}

/// A letter in every language.
#[derive(Debug)]
pub struct Sample {
    /// The letter's name, as in the outbox.
    pub name: &'static str,
    pub versions: Vec<Version>,
}

/// A letter in one language.
#[derive(Debug)]
pub struct Version {
    pub locale: Locale,
    pub rendered: Rendered,
}

impl Letters {
    /// # Errors
    /// When a letter's template fails.
    pub fn new(frame: Frame, base: String, public_url: &str) -> Result<Self, askama::Error> {
        let mut samples: Vec<Sample> = Vec::new();
        for locale in Locale::ALL {
            let paper = Paper { locale, site_name: frame.site_name.clone(), public_url: public_url.to_owned() };
            for letter in Letter::samples(&paper) {
                let version = Version { locale, rendered: letter.render(&paper)? };
                match samples.iter_mut().find(|sample| sample.name == letter.name()) {
                    Some(sample) => sample.versions.push(version),
                    None => samples.push(Sample { name: letter.name(), versions: vec![version] }),
                }
            }
        }
        Ok(Letters { frame, base, samples })
    }

    /// The HTML of one letter, for its frame; `file` is `<name>.<locale>.html`.
    pub fn html(&self, file: &str) -> Option<&str> {
        let (name, tag) = file.strip_suffix(".html")?.split_once('.')?;
        let sample = self.samples.iter().find(|sample| sample.name == name)?;
        let version = sample.versions.iter().find(|version| version.locale.tag() == tag)?;
        Some(&version.rendered.html)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_is_shown_in_every_language_and_its_html_is_found_by_name() {
        let page = Letters::new(Frame::sample(Locale::En), "/dev/inbox".into(), "http://127.0.0.1:8000").unwrap();
        assert_eq!(page.samples.len(), 11);
        let shown = page.render().unwrap();
        for sample in &page.samples {
            for version in &sample.versions {
                let file = format!("{}.{}.html", sample.name, version.locale.tag());
                assert!(shown.contains(&format!("src=\"/dev/inbox/letters/{file}\"")), "{file}");
                assert!(shown.contains(&version.rendered.subject), "{file}");
                assert_eq!(page.html(&file), Some(version.rendered.html.as_str()));
            }
        }
        for file in ["", "verify", "verify.en", "verify.fr.html", "../verify.en.html", "nothing.en.html"] {
            assert_eq!(page.html(file), None, "{file}");
        }
        if let Some(folder) = std::env::var_os("GATEPOST_PAGES") {
            std::fs::write(std::path::Path::new(&folder).join("letters.en.html"), shown).unwrap();
        }
    }
}
