//! Which files make an email, and its rendering.
//!
//! The subject and the body are looked up on their own: in the folder of the language, then in the email's folder. The
//! files of a body stay together: a folder with a `body.html` or a `body.txt` supplies the whole body. Without a
//! `body.txt` the text is made from the HTML; without a `body.html` the email is plain text.

use std::collections::BTreeSet;

use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use crate::i18n::Locale;
use crate::mail::parse::html_to_text;
use crate::mail::{MAX_SUBJECT, one_line};

use super::content::SiteContent;
use super::problem::{SiteError, SiteProblem};

pub(super) const SUBJECT: &str = "subject.txt";
pub(super) const TEXT: &str = "body.txt";
pub(super) const HTML: &str = "body.html";

/// An email, complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteEmail {
    /// One line.
    pub subject: String,
    pub body: SiteBody,
}

/// The body of an email.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteBody {
    pub text: String,
    pub html: Option<String>,
}

impl SiteContent {
    /// The names of all emails of the folder, the replaced ones among them.
    pub fn email_names(&self) -> impl Iterator<Item = &str> {
        let names: BTreeSet<&str> =
            self.files.keys().filter_map(|file| email_part(file)).map(|(name, _)| name).collect();
        names.into_iter()
    }

    /// True if the folder has a subject and a body for this email and language.
    pub fn has_email(&self, name: &str, locale: Locale) -> bool {
        self.subject_file(name, locale).is_some() && self.body_folder(name, locale).is_some()
    }

    /// True if the folder has a subject or a body for this email and language.
    pub fn replaces(&self, name: &str, locale: Locale) -> bool {
        self.subject_file(name, locale).is_some() || self.body_folder(name, locale).is_some()
    }

    /// Renders an email of the operator's own.
    ///
    /// # Errors
    /// When there is no such email in this language, or when its template fails, for example for lack of a variable.
    pub fn render(&self, name: &str, locale: Locale, values: &impl Serialize) -> Result<SiteEmail, SiteError> {
        let problem = |problem| SiteError { folder: self.folder.clone(), problems: vec![problem] };
        self.render_value(name, locale, &Value::from(Serde(values))).map_err(problem)
    }

    pub(super) fn render_value(&self, name: &str, locale: Locale, values: &Value) -> Result<SiteEmail, SiteProblem> {
        let missing = |part: &str| {
            let known: Vec<_> = self.email_names().collect();
            match known.contains(&name) {
                true => SiteProblem::new(&format!("emails/{name}"), None, format!("no {part} for {locale}")),
                false => {
                    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                    SiteProblem::new("emails", None, format!("no email {name:?}; there are: {known}"))
                }
            }
        };
        let subject = self.render_subject(name, locale, values)?.ok_or_else(|| missing(SUBJECT))?;
        let body = self.render_body(name, locale, values)?.ok_or_else(|| missing("body"))?;
        Ok(SiteEmail { subject, body })
    }

    /// The replaced subject of a built-in email; `None` if the folder has none.
    ///
    /// # Errors
    /// When the template fails.
    pub fn subject(&self, name: &str, locale: Locale, values: &impl Serialize) -> Result<Option<String>, SiteProblem> {
        self.render_subject(name, locale, &Value::from(Serde(values)))
    }

    /// The replaced body of a built-in email; `None` if the folder has none.
    ///
    /// # Errors
    /// When a template fails.
    pub fn body(&self, name: &str, locale: Locale, values: &impl Serialize) -> Result<Option<SiteBody>, SiteProblem> {
        self.render_body(name, locale, &Value::from(Serde(values)))
    }

    fn render_subject(&self, name: &str, locale: Locale, values: &Value) -> Result<Option<String>, SiteProblem> {
        let Some(file) = self.subject_file(name, locale) else { return Ok(None) };
        let subject = one_line(&self.engine.render(&file, values)?);
        match subject.chars().count() {
            0 => Err(SiteProblem::new(&file, None, "the subject is empty")),
            1..=MAX_SUBJECT => Ok(Some(subject)),
            _ => Err(SiteProblem::new(&file, None, format!("the subject has more than {MAX_SUBJECT} characters"))),
        }
    }

    fn render_body(&self, name: &str, locale: Locale, values: &Value) -> Result<Option<SiteBody>, SiteProblem> {
        let Some(folder) = self.body_folder(name, locale) else { return Ok(None) };
        let part = |part: &str| {
            let file = format!("{folder}/{part}");
            self.files.contains_key(&file).then(|| self.engine.render(&file, values)).transpose()
        };
        let html = part(HTML)?;
        let text = match (part(TEXT)?, &html) {
            (Some(text), _) => text,
            (None, html) => html_to_text(html.as_deref().unwrap_or_default()),
        };
        Ok(Some(SiteBody { text, html }))
    }

    pub(super) fn subject_file(&self, name: &str, locale: Locale) -> Option<String> {
        let files = folders(name, locale).map(|folder| format!("{folder}/{SUBJECT}"));
        files.into_iter().find(|file| self.files.contains_key(file))
    }

    /// The folder that supplies the body.
    pub(super) fn body_folder(&self, name: &str, locale: Locale) -> Option<String> {
        let has = |folder: &String, part: &str| self.files.contains_key(&format!("{folder}/{part}"));
        folders(name, locale).into_iter().find(|folder| has(folder, HTML) || has(folder, TEXT))
    }
}

/// The folders of an email in the order in which they are looked at.
pub(super) fn folders(name: &str, locale: Locale) -> [String; 2] {
    [format!("emails/{name}/{}", locale.tag()), format!("emails/{name}")]
}

/// The name of the email that a file is a part of, and the folder of its language if it is in one. Other files are
/// there to be included.
pub(super) fn email_part(file: &str) -> Option<(&str, Option<&str>)> {
    let pieces: Vec<&str> = file.strip_prefix("emails/")?.split('/').collect();
    let (name, folder, part) = match pieces.as_slice() {
        [name, part] => (name, None, part),
        [name, folder, part] => (name, Some(*folder), part),
        _ => return None,
    };
    [SUBJECT, TEXT, HTML].contains(part).then_some((*name, folder))
}
