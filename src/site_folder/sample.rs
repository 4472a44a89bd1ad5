//! Sample values for previews and checks.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr, Serde};
use serde::Serialize;

use crate::i18n::Locale;

use super::content::SiteContent;
use super::emails::{SiteEmail, folders};
use super::problem::{SiteError, SiteProblem};

impl SiteContent {
    /// Renders an email of the operator's own for a preview: with the values of its `sample.json` and those of
    /// `common`. Without a `sample.json` each variable has its name as its value.
    ///
    /// # Errors
    /// As for [`Self::render`].
    pub fn render_sample(&self, name: &str, locale: Locale, common: &impl Serialize) -> Result<SiteEmail, SiteError> {
        let values = values(self, name, locale, &Value::from(Serde(common)));
        let rendered = values.and_then(|values| self.render_value(name, locale, &values));
        rendered.map_err(|problem| SiteError { folder: self.folder.clone(), problems: vec![problem] })
    }
}

/// The values of the email's `sample.json` and those of `common`; without a `sample.json`, every other name is a
/// [`Placeholder`].
///
/// # Errors
/// When `sample.json` is not a JSON object.
pub(super) fn values(content: &SiteContent, name: &str, locale: Locale, common: &Value) -> Result<Value, SiteProblem> {
    let mut known: BTreeMap<String, Value> = BTreeMap::new();
    for key in common.try_iter().into_iter().flatten() {
        known.insert(key.to_string(), common.get_item(&key).unwrap_or_default());
    }
    let file = folders(name, locale).map(|folder| format!("{folder}/sample.json"));
    let Some((file, source)) = file.iter().find_map(|file| content.files.get_key_value(file)) else {
        let globals = content.engine.globals().map(str::to_owned).collect();
        return Ok(Value::from_object(SampleValues { known, globals }));
    };
    let sample: BTreeMap<String, serde_json::Value> = serde_json::from_str(source)
        .map_err(|error| SiteProblem::new(file, Some(error.line()), format!("expected a JSON object: {error}")))?;
    known.extend(sample.into_iter().map(|(name, value)| (name, Value::from(Serde(value)))));
    Ok(Value::from(Serde(known)))
}

/// The known values, and a placeholder for any other name.
#[derive(Debug)]
struct SampleValues {
    known: BTreeMap<String, Value>,
    /// Functions such as `range`, which are no variables.
    globals: Vec<String>,
}

impl Object for SampleValues {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        match self.known.get(name) {
            Some(value) => Some(value.clone()),
            None if self.globals.iter().any(|global| global == name) => None,
            None => Some(Value::from_object(Placeholder(name.to_owned()))),
        }
    }
}

/// A value that prints its name. It has any attribute, and as a list it has one item.
#[derive(Debug)]
struct Placeholder(String);

impl Object for Placeholder {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(Value::from_object(Placeholder(key.to_string())))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(vec![Value::from_object(Placeholder(self.0.clone()))])
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
