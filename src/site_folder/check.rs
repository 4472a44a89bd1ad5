//! Checks every email with sample values: it is complete, it renders, it prints the link that its kind needs, and mail
//! programs show all of it.

use minijinja::Value;
use minijinja::value::Serde;

use crate::i18n::Locale;
use crate::mail::parse::html_to_text;

use super::built_in::{BuiltInEmails, EmailVariables};
use super::content::SiteContent;
use super::emails::{HTML, SiteBody, TEXT, email_part};
use super::files::SiteFiles;
use super::problem::SiteProblem;
use super::sample;

/// Gmail cuts an email off after 102 KB.
const MAX_PART: usize = 102_000;

impl SiteContent {
    /// Reads the content of `files` and checks its emails.
    ///
    /// # Errors
    /// Every fault that was found.
    pub(super) fn new(
        folder: &str,
        files: SiteFiles,
        site_name: &str,
        built_in: &dyn BuiltInEmails,
    ) -> Result<Self, Vec<SiteProblem>> {
        let content = SiteContent::read(folder, files, site_name)?;
        let problems = emails(&content, built_in);
        if problems.is_empty() { Ok(content) } else { Err(problems) }
    }
}

fn emails(content: &SiteContent, built_in: &dyn BuiltInEmails) -> Vec<SiteProblem> {
    let mut problems = folders(content, built_in);
    for name in content.email_names() {
        for locale in Locale::ALL {
            let samples = built_in.samples(name, locale);
            let found = match samples.is_empty() {
                false => samples.iter().try_for_each(|values| replaced(content, name, locale, values)),
                true => own(content, name, locale, built_in),
            };
            // A file that serves both languages has each fault once.
            problems.extend(found.err().filter(|found| !problems.contains(found)));
        }
        let is_usable =
            is_built_in(built_in, name) || Locale::ALL.into_iter().any(|locale| content.has_email(name, locale));
        if !is_usable && problems.is_empty() {
            problems.push(SiteProblem::new(&format!("emails/{name}"), None, "no subject.txt with a body"));
        }
    }
    problems
}

fn is_built_in(built_in: &dyn BuiltInEmails, name: &str) -> bool {
    !built_in.samples(name, Locale::En).is_empty()
}

/// Emails whose name or language is not usable, or whose name is that of a built-in email but for its spelling.
fn folders(content: &SiteContent, built_in: &dyn BuiltInEmails) -> Vec<SiteProblem> {
    let mut problems = Vec::new();
    for (name, language) in content.files.keys().filter_map(|file| email_part(file)) {
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let meant = name.to_ascii_lowercase().replace('-', "_");
        let problem = match language {
            _ if !is_name => {
                let reason = "expected a name of ASCII alphanumerics, - and _";
                SiteProblem::new(&format!("emails/{name}"), None, reason)
            }
            _ if !is_built_in(built_in, name) && is_built_in(built_in, &meant) => {
                let reason = format!("is not the name of a built-in email; did you mean {meant}?");
                SiteProblem::new(&format!("emails/{name}"), None, reason)
            }
            Some(tag) if !Locale::ALL.map(Locale::tag).contains(&tag) => {
                let known = Locale::ALL.map(Locale::tag).join(", ");
                let reason = format!("unknown language {tag}; there are {known}");
                SiteProblem::new(&format!("emails/{name}/{tag}"), None, reason)
            }
            _ => continue,
        };
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    problems
}

/// An email of the operator's own. In a language for which it has neither subject nor body it does not exist.
fn own(content: &SiteContent, name: &str, locale: Locale, built_in: &dyn BuiltInEmails) -> Result<(), SiteProblem> {
    match (content.subject_file(name, locale), content.body_folder(name, locale)) {
        (None, None) => return Ok(()),
        (Some(file), None) => return Err(SiteProblem::new(&file, None, format!("its email has no body for {locale}"))),
        (None, Some(folder)) => {
            return Err(SiteProblem::new(&folder, None, format!("its email has no subject.txt for {locale}")));
        }
        (Some(_), Some(_)) => {}
    }
    let common = Value::from(Serde(built_in.common(locale)));
    let values = sample::values(content, name, locale, &common)?;
    let has_sample =
        content.files.keys().any(|file| file.starts_with(&format!("emails/{name}/")) && file.ends_with("/sample.json"));
    let hint = |mut problem: SiteProblem| {
        if !has_sample && may_need_sample(&problem.reason) {
            problem.reason.push_str("; a sample.json beside it can hold sample values");
        }
        problem
    };
    let email = content.render_value(name, locale, &values).map_err(hint)?;
    size(content, name, locale, &email.body)
}

/// True if sample values may cure the fault. They cannot cure a limit of minijinja.
fn may_need_sample(reason: &str) -> bool {
    let limits = ["recursion limit", "too large", "too many"];
    reason.starts_with("invalid operation") && !limits.iter().any(|limit| reason.contains(limit))
}

/// An email that replaces a built-in one, in part or as a whole.
fn replaced(content: &SiteContent, name: &str, locale: Locale, known: &EmailVariables) -> Result<(), SiteProblem> {
    let named = |mut problem: SiteProblem| {
        if problem.reason.starts_with("unknown variable") {
            let names: Vec<_> = known.keys().copied().collect();
            problem.reason.push_str(&format!("; there are {}", names.join(", ")));
        }
        problem
    };
    content.subject(name, locale, known).map_err(named)?;
    let Some(body) = content.body(name, locale, known).map_err(named)? else { return Ok(()) };
    if let Some(link) = known.get("link") {
        shows_link(&content.body_folder(name, locale).unwrap_or_default(), &body, link)?;
    }
    size(content, name, locale, &body)
}

/// Checks that each part of a body, which is in `folder`, shows `link` to its reader.
///
/// # Errors
/// Names the part that does not.
pub fn shows_link(folder: &str, body: &SiteBody, link: &str) -> Result<(), SiteProblem> {
    let part = match &body.html {
        Some(html) if !html_to_text(html).contains(link) => HTML,
        _ if !body.text.contains(link) => TEXT,
        _ => return Ok(()),
    };
    let reason = "does not print {{ link }}, for which the email is sent";
    Err(SiteProblem::new(&format!("{folder}/{part}"), Some(1), reason))
}

fn size(content: &SiteContent, name: &str, locale: Locale, body: &SiteBody) -> Result<(), SiteProblem> {
    let folder = content.body_folder(name, locale).unwrap_or_default();
    let html = body.html.as_deref().unwrap_or_default();
    match [(HTML, html.len()), (TEXT, body.text.len())].into_iter().find(|(_, size)| *size > MAX_PART) {
        Some((part, size)) => {
            let reason = format!("prints {} KB; Gmail shows at most 102 KB of an email", size.div_ceil(1_000));
            Err(SiteProblem::new(&format!("{folder}/{part}"), Some(1), reason))
        }
        None => Ok(()),
    }
}
