//! The bundled compatibility data (src/mail/html_check/data/README.md), parsed once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::Deserialize;

use super::usage::FeatureKind;

/// The data set.
#[derive(Deserialize)]
pub struct Data {
    families: BTreeMap<String, String>,
    platforms: BTreeMap<String, String>,
    /// Family and platform of each client.
    clients: Vec<(String, String)>,
    pub features: Vec<Feature>,
}

/// A feature that some client lacks.
#[derive(Deserialize)]
pub struct Feature {
    pub slug: String,
    pub title: String,
    /// Markdown.
    pub description: String,
    pub category: String,
    pub tags: Vec<String>,
    pub keywords: String,
    /// How the use of the feature is recognized; one match is enough.
    pub test: BTreeMap<FeatureKind, Vec<String>>,
    results: String,
    /// Notes in Markdown, by number.
    pub notes: BTreeMap<String, String>,
}

/// How one client supports a feature.
pub struct SupportOutcome<'a> {
    pub family: &'a str,
    pub platform: &'a str,
    pub version: &'a str,
    pub support: Support,
    /// Numbers of notes, separated by spaces.
    pub notes: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    Yes,
    Partial,
    No,
}

impl Support {
    pub const fn as_str(self) -> &'static str {
        match self {
            Support::Yes => "yes",
            Support::Partial => "partial",
            Support::No => "no",
        }
    }
}

/// The data set.
///
/// # Panics
/// If the bundled file is malformed, which a test excludes.
pub fn data() -> &'static Data {
    static DATA: OnceLock<Data> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "the file is compiled in and read by the tests below")]
    DATA.get_or_init(|| {
        serde_json::from_str(include_str!("data/caniemail.json")).expect("the bundled compatibility data is valid")
    })
}

impl Data {
    pub fn outcomes<'a>(&'a self, feature: &'a Feature) -> impl Iterator<Item = SupportOutcome<'a>> {
        feature.results.split(';').filter_map(|result| {
            let mut fields = result.split(',');
            let (family, platform) = self.clients.get(fields.next()?.parse::<usize>().ok()?)?;
            let version = fields.next()?;
            let support = match fields.next()? {
                "y" => Support::Yes,
                "a" => Support::Partial,
                _ => Support::No,
            };
            Some(SupportOutcome { family, platform, version, support, notes: fields.next().unwrap_or_default() })
        })
    }

    /// The display name of a client: `Outlook Windows (2019)`.
    pub fn client(&self, outcome: &SupportOutcome<'_>) -> String {
        let name = |names: &BTreeMap<String, String>, key: &str| names.get(key).cloned().unwrap_or(key.to_owned());
        let (family, platform) = (name(&self.families, outcome.family), name(&self.platforms, outcome.platform));
        format!("{family} {platform} ({})", outcome.version)
    }

    /// Each platform with its client families.
    pub fn platforms(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut platforms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (family, platform) in &self.clients {
            let name = self.families.get(family).unwrap_or(family);
            platforms.entry(platform.clone()).or_default().insert(name.clone());
        }
        platforms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_feature_can_be_recognized_and_some_client_lacks_it() {
        let data = data();
        assert!(data.features.len() > 200);
        for feature in &data.features {
            assert!(feature.test.values().any(|names| !names.is_empty()), "{}", feature.slug);
            assert!(data.outcomes(feature).any(|outcome| outcome.support != Support::Yes), "{}", feature.slug);
        }
    }
}
