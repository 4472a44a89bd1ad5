//! The page of email previews: every email in every language, rendered from sample data, one at a time.

use askama::Template;
use rocket::form::{Form, FromForm};
use rocket::response::Redirect;
use rocket::response::content::RawHtml;
use rocket::{get, post};

use crate::clock::Time;
use crate::inbox::{IncomingMessage, MessageSource};
use crate::mail::parse::ParsedMessage;

use super::super::api::message_html::{RenderOptions, message_html};
use super::super::error::WebError;
use super::format::encoded;
use super::layout::InboxLayout;
use super::page_context::{PageContext, rendered};
use super::preview::{PreviewOptions, SCHEMES, WIDTHS};
use super::preview_samples::{self, RECIPIENT, Sample, SampleVariant, SampleVersion, find, samples};
use super::sandboxed_html::SandboxedHtml;
use super::tabs::CheckBadge;

#[derive(Template)]
#[template(path = "inbox/previews.html")]
struct PreviewsPage {
    layout: InboxLayout,
    samples: Vec<Sample>,
    open: OpenSample,
    options: PreviewOptions,
    variant: SampleVariant,
}

/// The email that the page shows.
struct OpenSample {
    name: String,
    /// The tag of its language.
    tag: &'static str,
    subject: String,
    text: String,
    has_html: bool,
    /// The folder of its templates.
    folder: String,
    /// The folder that replaces built-in templates; `None` for files of the operator.
    replacing: Option<String>,
    badge: Option<CheckBadge>,
}

#[get("/previews?<email>&<locale>&<w>&<scheme>&<sample>")]
pub async fn previews(
    context: PageContext<'_>,
    email: Option<&str>,
    locale: Option<&str>,
    w: Option<&str>,
    scheme: Option<&str>,
    sample: Option<&str>,
) -> Result<RawHtml<String>, WebError> {
    let state = context.state;
    let variant = SampleVariant::from_name(sample);
    let samples = samples(&state.site, variant)?;
    let layout = context.plain_layout().await?;
    let first = || samples.first().map(|sample| sample.name.as_str()).unwrap_or_default();
    let name = email.filter(|name| !name.is_empty()).unwrap_or_else(first);
    let tag = locale.unwrap_or(layout.locale.tag());
    let (sample, version) =
        find(&samples, name, Some(tag)).or_else(|| find(&samples, name, None)).ok_or(WebError::Unknown)?;
    let now = state.clock.now();
    let bytes = preview_samples::message(version, &state.site.name, now, &state.entropy.id(now))?;
    let open = OpenSample::new(sample, version, check(&bytes, now));
    let options = PreviewOptions::new(w, scheme, false);
    rendered(&PreviewsPage { layout, samples, open, options, variant })
}

fn check(bytes: &[u8], now: Time) -> Option<CheckBadge> {
    CheckBadge::of(bytes, &ParsedMessage::read(bytes), now)
}

impl OpenSample {
    fn new(sample: &Sample, version: &SampleVersion, badge: Option<CheckBadge>) -> Self {
        let site = format!("site/emails/{}", sample.name);
        let (folder, replacing) = match sample.is_own || version.is_replaced {
            true => (site, None),
            false => (format!("templates/emails/{}", sample.name), Some(site)),
        };
        OpenSample {
            name: sample.name.clone(),
            tag: version.locale.tag(),
            subject: version.rendered.subject.clone(),
            text: version.rendered.text.clone(),
            has_html: version.rendered.html.is_some(),
            folder,
            replacing,
            badge,
        }
    }
}

impl PreviewsPage {
    /// The URL of this page with one parameter changed.
    fn with(&self, name: &str, value: &str) -> String {
        let all = [
            ("email", self.open.name.as_str()),
            ("locale", self.open.tag),
            ("w", self.options.width),
            ("scheme", self.options.scheme),
            ("sample", self.sample()),
        ];
        let changed = all.map(|(key, old)| (key, if key == name { value } else { old }));
        self.page(&changed)
    }

    /// The URL of this page for another email.
    fn of(&self, email: &str, tag: &str) -> String {
        let (width, scheme) = (self.options.width, self.options.scheme);
        self.page(&[("email", email), ("locale", tag), ("w", width), ("scheme", scheme), ("sample", self.sample())])
    }

    fn page(&self, parameters: &[(&str, &str)]) -> String {
        let given = parameters.iter().filter(|(_, value)| !value.is_empty());
        let query: Vec<String> = given.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        format!("{}/previews?{}", self.layout.base, query.join("&"))
    }

    /// The variant's name; empty for the usual one.
    fn sample(&self) -> &'static str {
        if self.variant == SampleVariant::Usual { "" } else { self.variant.name() }
    }

    fn frame(&self) -> String {
        let parameters = [("sample", self.sample()), ("scheme", self.options.scheme)];
        let given = parameters.iter().filter(|(_, value)| !value.is_empty());
        let query: Vec<String> = given.map(|(name, value)| format!("{name}={value}")).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        format!("{}/previews/{}.{}.html{query}", self.layout.base, self.open.name, self.open.tag)
    }

    /// Label, URL and whether it is chosen, for each width.
    fn widths(&self) -> Vec<(String, String, bool)> {
        let label = |width: &str| if width.is_empty() { self.layout.t("previews-fit") } else { width.to_owned() };
        WIDTHS.into_iter().map(|width| (label(width), self.with("w", width), width == self.options.width)).collect()
    }

    fn schemes(&self) -> Vec<(String, String, bool)> {
        let label = |scheme: &str| {
            self.layout.t(format!("previews-scheme-{}", if scheme.is_empty() { "light" } else { scheme }))
        };
        let all = SCHEMES.into_iter();
        all.map(|scheme| (label(scheme), self.with("scheme", scheme), scheme == self.options.scheme)).collect()
    }

    fn variants(&self) -> Vec<(String, String, bool)> {
        let value = |variant: SampleVariant| if variant == SampleVariant::Usual { "" } else { variant.name() };
        let label = |variant: SampleVariant| self.layout.t(format!("previews-sample-{}", variant.name()));
        let all = SampleVariant::ALL.into_iter();
        all.map(|variant| (label(variant), self.with("sample", value(variant)), variant == self.variant)).collect()
    }

    fn is_open(&self, email: &str, tag: &str) -> bool {
        self.open.name == email && self.open.tag == tag
    }
}

/// The HTML of one email for a frame; `file` is `<name>.<locale>.html`.
#[get("/previews/<file>?<sample>&<scheme>")]
pub fn preview(
    context: PageContext<'_>,
    file: &str,
    sample: Option<&str>,
    scheme: Option<&str>,
) -> Result<SandboxedHtml, WebError> {
    let state = context.state;
    let samples = samples(&state.site, SampleVariant::from_name(sample))?;
    let (name, tag) = file.strip_suffix(".html").and_then(|stem| stem.split_once('.')).ok_or(WebError::Unknown)?;
    let (_, version) = find(&samples, name, Some(tag)).ok_or(WebError::Unknown)?;
    let html = version.rendered.html.as_deref().ok_or(WebError::Unknown)?;
    if scheme != Some("forced") {
        return Ok(SandboxedHtml(html.to_owned()));
    }
    let now = state.clock.now();
    let bytes = preview_samples::message(version, &state.site.name, now, &state.entropy.id(now))?;
    let options = RenderOptions { forced_dark: true, ..RenderOptions::default() };
    message_html(&ParsedMessage::read(&bytes), &bytes, "", options).map(SandboxedHtml).ok_or(WebError::Unknown)
}

#[derive(FromForm)]
pub struct SendSample {
    email: String,
    locale: String,
    #[field(default = String::new())]
    sample: String,
}

/// Stores an email with its sample data in the inbox, and opens it there.
#[post("/previews", data = "<form>")]
pub async fn send(context: PageContext<'_>, form: Form<SendSample>) -> Result<Redirect, WebError> {
    let state = context.state;
    let samples = samples(&state.site, SampleVariant::from_name(Some(&form.sample)))?;
    let (_, version) = find(&samples, &form.email, Some(&form.locale)).ok_or(WebError::Unknown)?;
    let now = state.clock.now();
    let bytes = preview_samples::message(version, &state.site.name, now, &state.entropy.id(now))?;
    let message = IncomingMessage {
        envelope_from: "no-reply@example.com".to_owned(),
        envelope_to: vec![RECIPIENT.to_owned()],
        bytes,
        source: MessageSource::Api,
        tags: vec!["preview".to_owned()],
        ..IncomingMessage::default()
    };
    let id = state.inbox.store(message).await?;
    Ok(Redirect::to(format!("{}/view/{id}", context.mount.base)))
}
