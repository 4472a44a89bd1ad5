//! The page of email previews: every email in every language, rendered from sample data. Nothing is sent.

use askama::Template;
use rocket::get;
use rocket::http::Header;
use rocket::request::Request;
use rocket::response::content::RawHtml;
use rocket::response::{Responder, Response, Result as Responded};

use crate::accounts::Site;
use crate::accounts::emails::{EmailContext, EmailKind, RenderedEmail};
use crate::i18n::Locale;
use crate::site_folder::SiteBody;

use super::super::api::reply::ApiError;
use super::layout::{InboxLayout, PageContext};
use super::list::rendered;

/// The policy of an email's HTML: inline styles and the operator's logo only, in any frame of this origin.
const EMAIL_CSP: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; \
     img-src 'self' data:; frame-ancestors 'self'";

#[derive(Template)]
#[template(path = "inbox/previews.html")]
struct PreviewsPage {
    layout: InboxLayout,
    lead: String,
    samples: Vec<Sample>,
}

/// An email in every language that it has.
struct Sample {
    /// The email's kind, as in the outbox, or its name in the operator's folder.
    name: String,
    versions: Vec<Version>,
}

/// An email in one language.
struct Version {
    locale: Locale,
    rendered: RenderedEmail,
}

/// The HTML of a sample email, as its recipient sees it.
pub struct SampleEmail(String);

impl<'r> Responder<'r, 'static> for SampleEmail {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        let mut response = Response::build_from(RawHtml(self.0).respond_to(request)?);
        response.header(Header::new("Content-Security-Policy", EMAIL_CSP));
        response.raw_header("X-Frame-Options", "SAMEORIGIN");
        response.ok()
    }
}

#[get("/previews")]
pub async fn previews(context: PageContext<'_>) -> Result<RawHtml<String>, ApiError> {
    let samples = samples(&context.state.site)?;
    let layout = context.layout("", context.state.inbox.counts().await?.unread);
    let lead = layout.locale.text_with("emails-lead", &[("site", (&context.state.site.name).into())]);
    rendered(&PreviewsPage { layout, lead, samples })
}

#[get("/previews/<file>")]
pub fn preview(context: PageContext<'_>, file: &str) -> Result<SampleEmail, ApiError> {
    let samples = samples(&context.state.site)?;
    html(&samples, file).map(|html| SampleEmail(html.to_owned())).ok_or(ApiError::Unknown)
}

/// Gatepost's emails, then those of the operator's own.
fn samples(site: &Site) -> Result<Vec<Sample>, ApiError> {
    let contexts = Locale::ALL.map(|locale| EmailContext::new(site, locale));
    let mut samples: Vec<Sample> = Vec::new();
    for kind in EmailKind::ALL {
        let version = |context: &EmailContext| {
            let email = kind.sample(context).map_err(unrenderable)?;
            Ok(Version { locale: context.locale, rendered: email.render(context).map_err(unrenderable)? })
        };
        let versions = contexts.iter().map(version).collect::<Result<_, ApiError>>()?;
        samples.push(Sample { name: kind.name().to_owned(), versions });
    }
    let content = site.folder.current();
    let own = content.email_names().filter(|name| EmailKind::from_name(name).is_none());
    samples.extend(own.map(|name| Sample { name: name.to_owned(), versions: own_versions(name, &contexts) }));
    Ok(samples)
}

/// An email of the operator's own with sample values. Every email of the folder has been checked with them.
fn own_versions(name: &str, contexts: &[EmailContext]) -> Vec<Version> {
    let version = |context: &EmailContext| {
        let email = context.content.render_sample(name, context.locale, &context.variables()).ok()?;
        let SiteBody { text, html } = email.body;
        Some(Version { locale: context.locale, rendered: RenderedEmail { subject: email.subject, text, html } })
    };
    contexts.iter().filter_map(version).collect()
}

fn unrenderable<E>(_: E) -> ApiError {
    ApiError::bad("cannot render the email previews")
}

/// The HTML of one email; `file` is `<name>.<locale>.html`.
fn html<'a>(samples: &'a [Sample], file: &str) -> Option<&'a str> {
    let (name, tag) = file.strip_suffix(".html")?.split_once('.')?;
    let sample = samples.iter().find(|sample| sample.name == name)?;
    let version = sample.versions.iter().find(|version| version.locale.tag() == tag)?;
    version.rendered.html.as_deref()
}
