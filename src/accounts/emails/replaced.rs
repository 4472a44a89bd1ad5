//! The operator's templates in place of the built-in ones. The subject and the body are replaced on their own.

use std::path::Path;
use std::sync::Arc;

use crate::i18n::Locale;
use crate::site_folder::{
    BuiltInEmails, EmailVariables, SiteBody, SiteContent, SiteError, SiteFolder, SiteProblem, shows_link,
};

use super::context::EmailContext;
use super::kind::{Email, EmailKind};
use super::render::RenderedEmail;

impl Email {
    /// Renders subject, text and HTML in the language of `context`: the operator's templates where there are any, else
    /// the built-in ones. A template of the operator that fails with the values of this email is logged, and the
    /// built-in email is sent: a user waits for its link.
    ///
    /// # Errors
    /// When a built-in template fails, which no data can cause.
    pub fn render(&self, context: &EmailContext) -> Result<RenderedEmail, askama::Error> {
        let name = self.kind().name();
        let mut rendered = self.built_in(context)?;
        if !context.content.replaces(name, context.locale) {
            return Ok(rendered);
        }
        let (subject, body) = replacement(name, context, &self.variables(context)).unwrap_or_else(|problem| {
            tracing::error!("{problem}; the built-in email {name} is sent instead");
            (None, None)
        });
        if let Some(subject) = subject {
            rendered.subject = subject;
        }
        if let Some(body) = body {
            (rendered.text, rendered.html) = (body.text, body.html);
        }
        Ok(rendered)
    }
}

type Replacement = (Option<String>, Option<SiteBody>);

fn replacement(name: &str, context: &EmailContext, values: &EmailVariables) -> Result<Replacement, SiteProblem> {
    let subject = context.content.subject(name, context.locale, values)?;
    let body = context.content.body(name, context.locale, values)?;
    if let Some((body, link)) = body.as_ref().zip(values.get("link")) {
        shows_link(&format!("emails/{name}"), body, link)?;
    }
    Ok((subject, body))
}

/// The names and the sample values of all emails of this module.
#[derive(Debug)]
pub struct AccountEmails;

impl AccountEmails {
    fn context(locale: Locale) -> EmailContext {
        let (site_name, public_url) = ("Gatepost".to_owned(), "https://id.example.com".to_owned());
        EmailContext { locale, site_name, public_url, content: Default::default() }
    }
}

impl BuiltInEmails for AccountEmails {
    fn samples(&self, name: &str, locale: Locale) -> Vec<EmailVariables> {
        let context = AccountEmails::context(locale);
        let Some(kind) = EmailKind::from_name(name) else { return Vec::new() };
        let samples = [None, Some("")].map(|recipient| kind.sample_to(&context, recipient));
        samples.into_iter().flatten().map(|email| email.variables(&context)).collect()
    }

    fn common(&self, locale: Locale) -> EmailVariables {
        AccountEmails::context(locale).variables()
    }
}

/// Reads the folder `site/` of a server for a program that sends its emails. `site_name` is the value of `$site` in its
/// texts. The program gives a value to each variable, also to `site_name`.
///
/// # Errors
/// Every fault that was found in the folder, with file and line.
pub fn open_site_folder(path: &Path, site_name: &str) -> Result<Arc<SiteContent>, SiteError> {
    SiteFolder::new(path.to_owned(), false, site_name, &AccountEmails).open()
}
