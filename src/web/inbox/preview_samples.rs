//! The emails of the previews, rendered from sample data, and the message that each would be.

use crate::accounts::Site;
use crate::accounts::emails::{EmailContext, EmailKind, RenderedEmail};
use crate::clock::Time;
use crate::i18n::Locale;
use crate::mail::{Address, Draft, Mailbox};
use crate::site_folder::SiteBody;

use super::super::error::WebError;

/// Which sample data an email gets. They differ in what breaks layouts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SampleVariant {
    #[default]
    Usual,
    NoName,
    LongName,
    Hangul,
    LongSite,
}

impl SampleVariant {
    pub const ALL: [SampleVariant; 5] = [
        SampleVariant::Usual,
        SampleVariant::NoName,
        SampleVariant::LongName,
        SampleVariant::Hangul,
        SampleVariant::LongSite,
    ];

    /// The `sample` of the query string, and the end of the key `previews-sample-…`.
    pub const fn name(self) -> &'static str {
        match self {
            SampleVariant::Usual => "usual",
            SampleVariant::NoName => "no-name",
            SampleVariant::LongName => "long-name",
            SampleVariant::Hangul => "hangul",
            SampleVariant::LongSite => "long-site",
        }
    }

    /// The variant of that name, otherwise the usual one.
    pub fn from_name(name: Option<&str>) -> Self {
        SampleVariant::ALL.into_iter().find(|variant| Some(variant.name()) == name).unwrap_or_default()
    }

    /// The recipient's name; `None` for that of the language.
    const fn recipient(self) -> Option<&'static str> {
        match self {
            SampleVariant::Usual | SampleVariant::LongSite => None,
            SampleVariant::NoName => Some(""),
            SampleVariant::LongName => Some("Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh the IV"),
            SampleVariant::Hangul => Some("황보제갈독고선우 남궁하늘빛나리"),
        }
    }
}

/// The name of a site that is as long as names get.
const LONG_SITE: &str = "The International Association of Very Long Site Names & Partners";

/// An email in every language that it has.
pub struct Sample {
    /// The email's kind, as in the outbox, or its name in the operator's folder.
    pub name: String,
    /// True for an email of the operator's own.
    pub is_own: bool,
    pub versions: Vec<SampleVersion>,
}

/// An email in one language.
pub struct SampleVersion {
    pub locale: Locale,
    pub rendered: RenderedEmail,
    /// True if a file of the operator replaces the subject or the body.
    pub is_replaced: bool,
}

/// Gatepost's emails, then those of the operator's own.
///
/// # Errors
/// If a compiled template fails, which no data can cause.
pub fn samples(site: &Site, variant: SampleVariant) -> Result<Vec<Sample>, WebError> {
    let contexts = Locale::ALL.map(|locale| context(site, locale, variant));
    let mut samples: Vec<Sample> = Vec::new();
    for kind in EmailKind::ALL {
        let version = |context: &EmailContext| {
            let email = kind.sample_to(context, variant.recipient()).map_err(unrenderable)?;
            Ok(SampleVersion {
                locale: context.locale,
                rendered: email.render(context).map_err(unrenderable)?,
                is_replaced: context.content.replaces(kind.name(), context.locale),
            })
        };
        let versions = contexts.iter().map(version).collect::<Result<_, WebError>>()?;
        samples.push(Sample { name: kind.name().to_owned(), is_own: false, versions });
    }
    let content = site.folder.current();
    let own = content.email_names().filter(|name| EmailKind::from_name(name).is_none());
    samples.extend(own.map(|name| Sample {
        name: name.to_owned(),
        is_own: true,
        versions: own_versions(name, &contexts),
    }));
    Ok(samples)
}

fn context(site: &Site, locale: Locale, variant: SampleVariant) -> EmailContext {
    let context = EmailContext::new(site, locale);
    match variant {
        SampleVariant::LongSite => EmailContext { site_name: LONG_SITE.to_owned(), ..context },
        _ => context,
    }
}

/// An email of the operator's own with sample values. Every email of the folder has been checked with them.
fn own_versions(name: &str, contexts: &[EmailContext]) -> Vec<SampleVersion> {
    let version = |context: &EmailContext| {
        let email = context.content.render_sample(name, context.locale, &context.variables()).ok()?;
        let SiteBody { text, html } = email.body;
        let rendered = RenderedEmail { subject: email.subject, text, html };
        Some(SampleVersion { locale: context.locale, rendered, is_replaced: true })
    };
    contexts.iter().filter_map(version).collect()
}

fn unrenderable<E>(_: E) -> WebError {
    WebError::bad("cannot render the email previews")
}

/// The version that `name` and the tag of a language select; the first language without a tag.
pub fn find<'a>(samples: &'a [Sample], name: &str, tag: Option<&str>) -> Option<(&'a Sample, &'a SampleVersion)> {
    let sample = samples.iter().find(|sample| sample.name == name)?;
    let is_chosen = |version: &&SampleVersion| tag.is_none_or(|tag| version.locale.tag() == tag);
    sample.versions.iter().find(is_chosen).map(|version| (sample, version))
}

/// The message that a version would be, from and to addresses of example.com.
///
/// # Errors
/// If the subject or the body is longer than a message may be.
pub fn message(version: &SampleVersion, site_name: &str, now: Time, id: &str) -> Result<Vec<u8>, WebError> {
    let address = |text: &str| Address::parse(text).map_err(|_| WebError::bad("cannot address the sample"));
    let from = Mailbox { name: site_name.to_owned(), address: address("no-reply@example.com")? };
    let to = Mailbox { name: String::new(), address: address(RECIPIENT)? };
    let RenderedEmail { subject, text, html } = &version.rendered;
    let mut draft = Draft::new(from, vec![to], subject, text, now, &format!("{id}@example.com"));
    draft.html.clone_from(html);
    draft.language = Some(version.locale.tag().to_owned());
    draft.auto_submitted = true;
    let built = draft.build().map_err(|error| WebError::bad(format!("cannot build the message: {error}")))?;
    Ok(built.bytes)
}

/// The recipient of a sample that is sent to the inbox.
pub const RECIPIENT: &str = "you@example.com";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_name_has_sixty_characters_and_variants_are_found_by_name() {
        assert_eq!(SampleVariant::LongName.recipient().unwrap().chars().count(), 60);
        for variant in SampleVariant::ALL {
            assert_eq!(SampleVariant::from_name(Some(variant.name())), variant);
            assert!(Locale::ALL.iter().all(|locale| locale.has(&format!("previews-sample-{}", variant.name()))));
        }
        assert_eq!(SampleVariant::from_name(Some("x")), SampleVariant::Usual);
    }
}
