//! The checked content of the folder.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::i18n::{Locale, LocaleTexts};
use crate::secret;

use super::engine::Engine;
use super::files::SiteFiles;
use super::problem::SiteProblem;
use super::theme;

/// Emails, texts, logo and colours that are free of faults.
#[derive(Debug, Default)]
pub struct SiteContent {
    /// The folder, as the settings name it.
    pub(super) folder: String,
    pub(super) files: SiteFiles,
    pub(super) engine: Engine,
    pub(super) texts: Vec<(Locale, Arc<LocaleTexts>)>,
    logo: Option<SiteAsset>,
    theme: Option<SiteAsset>,
    /// Colours of the light scheme by token, without `--`.
    colours: BTreeMap<String, String>,
}

/// A file for browsers.
#[derive(Clone, Debug)]
pub struct SiteAsset {
    pub text: String,
    /// Changes with the text.
    pub version: String,
}

impl SiteContent {
    /// Reads templates, texts and colours from `files`.
    ///
    /// # Errors
    /// Every fault that was found.
    pub(super) fn read(folder: &str, files: SiteFiles, site_name: &str) -> Result<Self, Vec<SiteProblem>> {
        let mut problems = Vec::new();
        let texts = read_texts(&files, site_name, &mut problems);
        let colours = files.get("theme.css").map(|css| theme::read(css)).transpose();
        let colours = colours.unwrap_or_else(|problem| {
            problems.push(problem);
            None
        });
        if files.get("logo.svg").is_some_and(|svg| !svg.contains("<svg")) {
            problems.push(SiteProblem::new("logo.svg", Some(1), "expected an SVG picture"));
        }
        let engine = Engine::new(&files).unwrap_or_else(|found| {
            problems.extend(found);
            Engine::default()
        });
        let asset = |name: &str| files.get(name).map(|text| SiteAsset::new(text));
        let (logo, theme) = (asset("logo.svg"), asset("theme.css"));
        let colours = colours.unwrap_or_default();
        let content = SiteContent { folder: folder.to_owned(), files, engine, texts, logo, theme, colours };
        if problems.is_empty() { Ok(content) } else { Err(problems) }
    }

    pub fn logo(&self) -> Option<&SiteAsset> {
        self.logo.as_ref()
    }

    /// The stylesheet with the colours.
    pub fn theme(&self) -> Option<&SiteAsset> {
        self.theme.as_ref()
    }

    /// The colour of a token in the light scheme, if the operator wrote it as `#rrggbb` or `#rgb`: mail programs know
    /// no other form.
    pub fn colour(&self, token: &str) -> Option<&str> {
        let hex = |colour: &&str| colour.strip_prefix('#').is_some_and(|digits| digits.len() == 3 || digits.len() == 6);
        self.colours.get(token).map(String::as_str).filter(hex)
    }

    /// What the folder holds, in a few words; empty if it holds nothing.
    pub fn summary(&self) -> String {
        let languages: Vec<_> = self.texts.iter().map(|(locale, _)| locale.tag()).collect();
        let emails: Vec<_> = self.email_names().collect();
        let parts = [
            Some(format!("emails {}", emails.join(", "))).filter(|_| !emails.is_empty()),
            Some(format!("texts {}", languages.join(", "))).filter(|_| !languages.is_empty()),
            self.logo.as_ref().map(|_| "logo".to_owned()),
            self.theme.as_ref().map(|_| "colours".to_owned()),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

impl SiteAsset {
    fn new(text: &str) -> Self {
        let version = secret::digest(text).chars().take(16).collect();
        SiteAsset { text: text.to_owned(), version }
    }
}

fn read_texts(files: &SiteFiles, site_name: &str, problems: &mut Vec<SiteProblem>) -> Vec<(Locale, Arc<LocaleTexts>)> {
    let mut texts = Vec::new();
    for (name, source) in files.iter().filter(|(name, _)| name.starts_with("locales/")) {
        let tag = name.trim_start_matches("locales/").trim_end_matches(".ftl");
        let Some(locale) = Locale::ALL.into_iter().find(|locale| locale.tag() == tag) else {
            let known = Locale::ALL.map(Locale::tag).join(", ");
            problems.push(SiteProblem::new(name, None, format!("unknown language {tag}; there are {known}")));
            continue;
        };
        match locale.replace_texts(source, site_name) {
            Ok(found) => texts.push((locale, Arc::new(found))),
            Err(found) => {
                problems.extend(found.into_iter().map(|text| SiteProblem::new(name, Some(text.line), text.reason)));
            }
        }
    }
    texts
}
