//! What the HTML of a message would load, look up or connect to by itself beyond pictures and style sheets. The policy of
//! the view blocks the loads, but not that browsers look names up and connect in advance, or follow a refresh.

use std::ops::Range;

use crate::mail::html_tokenizer::Tag;

/// The byte ranges to remove from a start tag: all of a `<link>` that is no style sheet, and the attributes of other
/// elements that load a document. An element itself stays, since its end tag would else close another one.
pub fn removed(tag: &Tag, html: &str) -> Vec<Range<usize>> {
    let loading: &[&str] = match tag.name() {
        "link" if !is_stylesheet(tag) => return vec![tag.span.clone()],
        "meta" if tag.attribute("http-equiv").is_some_and(|name| is_active(&name)) => &["http-equiv", "content"],
        "iframe" | "frame" | "embed" | "portal" | "fencedframe" => &["src", "srcdoc"],
        "object" => &["data", "codebase"],
        "applet" => &["code", "codebase", "archive"],
        "html" => &["manifest"],
        "a" | "area" => &["ping", "attributionsrc"],
        _ => return Vec::new(),
    };
    let located = tag.located(html).filter(|attribute| loading.contains(&attribute.name.as_str()));
    located.map(|attribute| attribute.span).collect()
}

/// True if the style sheet is the only relation: `rel="stylesheet preload"` would also load in advance.
fn is_stylesheet(tag: &Tag) -> bool {
    let rel = tag.attribute("rel").unwrap_or_default();
    let mut relations = rel.split_ascii_whitespace();
    relations.clone().next().is_some()
        && relations
            .all(|relation| ["stylesheet", "alternate"].iter().any(|known| relation.eq_ignore_ascii_case(known)))
}

fn is_active(name: &str) -> bool {
    ["refresh", "x-dns-prefetch-control", "set-cookie"].iter().any(|active| name.trim().eq_ignore_ascii_case(active))
}

#[cfg(test)]
mod tests {
    use super::super::message_html::{MAX_EDITS, RenderOptions, message_html};
    use crate::mail::parse::ParsedMessage;

    fn rendered(html: &str, windows: bool) -> String {
        let mail = format!("Content-Type: text/html\r\n\r\n{html}");
        let options = RenderOptions { windows, ..RenderOptions::default() };
        message_html(&ParsedMessage::read(mail.as_bytes()), mail.as_bytes(), "/part/", options).unwrap_or_default()
    }

    #[test]
    fn what_would_reach_out_is_removed() {
        for (html, shown) in [
            ("a<link rel=dns-prefetch href=//x.test>b", "ab"),
            ("<LINK HREF='//x.test' REL='Preconnect'/>", ""),
            ("<link rel=\"stylesheet preload\" as=style href=//x.test><link href=//x.test>", ""),
            ("<link rel=stylesheet href=//x.test>", "<link rel=stylesheet href=//x.test>"),
            ("<iframe width=1 src=//x.test>a</iframe>", "<iframe width=1 >a</iframe>"),
            ("<iframe srcdoc='<p>'></iframe><object data=//x.test></object>", "<iframe ></iframe><object ></object>"),
            ("<meta http-equiv=Refresh content='0;url=//x.test'><meta charset=utf-8>", "<meta  ><meta charset=utf-8>"),
            ("<a href=x ping=//x.test>a</a>", "<a href=x >a</a>"),
        ] {
            assert_eq!(rendered(html, false), shown, "{html}");
        }
        assert!(!rendered("<a ping=//x.test href=y>a</a>", true).contains("x.test"));
    }

    #[test]
    fn the_limit_of_edits_hides_nothing() {
        let many = format!("{}<link rel=preconnect href=//x.test>", "<a href=x>".repeat(MAX_EDITS + 1));
        assert!(!rendered(&many, true).contains("x.test"));
        assert_eq!(rendered(&format!("{}b", "<link rel=preload>".repeat(MAX_EDITS + 1)), false), "b");
        let pings = format!("{}<a ping=//x.test>", "<a href=x>".repeat(MAX_EDITS + 1));
        assert!(!rendered(&pings, true).contains("x.test"));
    }
}
