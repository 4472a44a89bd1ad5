//! The links that a person can open: those of the HTML with their text, then the URLs in running text.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::html::{HtmlLink, HtmlText};

mod running_text;
mod scheme;
mod script;

pub use running_text::find_urls;
use running_text::{MAX_LINK, MAX_LINKS, urls};
use scheme::is_link;
pub use scheme::is_web_url;

/// A link, with field names in Mailpit's style for the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageLink {
    /// Starts with a scheme, which runs no script; the rest is untrusted.
    #[serde(rename = "URL")]
    pub url: String,
    /// The text of the link; empty for a URL in running text.
    #[serde(rename = "Text")]
    pub text: String,
    /// Not in the API.
    #[serde(skip)]
    pub look: LinkLook,
}

/// What a link looks like in the HTML.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkLook {
    /// A text, or a URL in running text.
    #[default]
    Text,
    /// A picture without text.
    Picture,
    Button,
}

impl LinkLook {
    fn of(html: &HtmlText, link: &HtmlLink) -> Self {
        if html.shows_picture(link) {
            LinkLook::Picture
        } else if link.is_button {
            LinkLook::Button
        } else {
            LinkLook::Text
        }
    }
}

/// The links, each URL once: those of `<a>` and `<area>`, then the URLs in the text of the HTML and in `text`, in order.
pub(super) fn read(html: &HtmlText, text: &str) -> Vec<MessageLink> {
    let mut list = LinkList::default();
    let mut shown = HashSet::new();
    let base = html.base.as_deref().and_then(|base| url::Url::parse(&absolute(base, None)?).ok());
    let base = base.filter(|base| matches!(base.scheme(), "http" | "https"));
    // Each target is resolved once, since one page may have 100,000 links.
    let mut resolved: HashMap<&str, Option<String>> = HashMap::new();
    for link in &html.links {
        if list.links.len() >= MAX_LINKS {
            break;
        }
        let url = resolved.entry(&link.target).or_insert_with(|| absolute(&link.target, base.as_ref()));
        let Some(url) = url else { continue };
        let text = html.label(link);
        shown.extend(urls(&text));
        list.add(url.clone(), text, LinkLook::of(html, link));
    }
    for between in texts_outside_links(html) {
        urls(between).into_iter().filter(|url| !shown.contains(url)).for_each(|url| list.add_shown(url));
    }
    urls(text).into_iter().for_each(|url| list.add_shown(url));
    list.links
}

fn texts_outside_links(html: &HtmlText) -> impl Iterator<Item = &str> {
    let ends = std::iter::once(0).chain(html.links.iter().map(|link| link.range.end));
    let starts = html.links.iter().map(|link| link.range.start).chain([html.text.len()]);
    ends.zip(starts).filter_map(|(end, start)| html.text.get(end..start))
}

#[derive(Default)]
struct LinkList {
    links: Vec<MessageLink>,
    /// The positions of the URLs.
    seen: HashMap<String, usize>,
}

impl LinkList {
    fn add(&mut self, url: String, text: String, look: LinkLook) {
        if let Some(known) = self.seen.get(&url).and_then(|at| self.links.get_mut(*at)) {
            // A picture above the button often has the same target.
            known.look = if look == LinkLook::Button { look } else { known.look };
        } else if url.len() <= MAX_LINK && self.links.len() < MAX_LINKS {
            self.seen.insert(url.clone(), self.links.len());
            self.links.push(MessageLink { url, text, look });
        }
    }

    /// Adds a URL in running text.
    fn add_shown(&mut self, url: String) {
        self.add(url, String::new(), LinkLook::Text);
    }
}

/// The URL that a browser opens for `target`; `None` if it opens nothing outside the message. A relative target needs
/// the `<base>` of the document, and one that only lacks its scheme (`//host/path`) is of HTTPS without it.
fn absolute(target: &str, base: Option<&url::Url>) -> Option<String> {
    let url = match target.strip_prefix("//") {
        Some(rest) => format!("{}://{rest}", base.map_or("https", |base| base.scheme())),
        // A target with a scheme is absolute; `#top` stays in the message.
        None if is_link(target) => target.to_owned(),
        // `https:/host`, `https:\\host`: browsers read any number of either slash (WHATWG URL §4.4).
        None if has_web_scheme(target) => url::Url::parse(target).ok()?.into(),
        None if target.starts_with('#') || has_scheme(target) => return None,
        None => base?.join(target).ok()?.into(),
    };
    // Browsers escape blanks, such as those of a line break within the attribute.
    let url = if url.contains(' ') { url.replace(' ', "%20") } else { url };
    Some(url).filter(|url| is_link(url) && url.len() <= MAX_LINK)
}

fn has_web_scheme(target: &str) -> bool {
    let scheme = target.split_once(':').map_or("", |(scheme, _)| scheme);
    scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
}

fn has_scheme(target: &str) -> bool {
    let scheme = target.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| !scheme.contains(['/', '?', '#']))
}

#[cfg(test)]
mod tests;
