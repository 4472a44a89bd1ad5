//! Documents as tokens, and their positions.

use super::*;
use crate::tests::fuzz::rounds;

/// The tokens as text, and true if the last one is text.
#[derive(Default)]
struct TokenList(Vec<String>, bool);

impl HtmlVisitor for TokenList {
    fn text(&mut self, text: &str) {
        match self.0.last_mut().filter(|_| self.1) {
            Some(last) => last.push_str(text),
            None => self.add(text.to_owned()),
        }
        self.1 = true;
    }

    fn start_tag(&mut self, tag: &Tag) {
        self.add(format!("<{}{}>", tag.name(), tag.attribute_names().count()));
    }

    fn end_tag(&mut self, name: &str) {
        self.add(format!("</{name}>"));
    }

    fn style(&mut self, css: &str, at: usize) {
        self.add(format!("<style at {at}: {css}"));
    }
}

impl TokenList {
    fn add(&mut self, token: String) {
        self.0.push(token);
        self.1 = false;
    }
}

fn names(html: &str) -> Vec<String> {
    let mut list = TokenList::default();
    visit(html, &mut list);
    list.0
}

#[test]
fn a_document_is_split_into_tags_and_text() {
    assert_eq!(names("<P class=a id='b c'>x < y<br/></p>"), ["<p2>", "x < y", "<br0>", "</p>"]);
    assert_eq!(
        names("<!doctype html><!-- <a> --><style>a>b{}</style>z"),
        ["<style0>", "<style at 34: a>b{}", "</style>", "z"]
    );
    assert_eq!(names("<script>if (a<b) '<p>'</script>"), ["<script0>", "</script>"]);
    assert_eq!(names("a<!-- <b> --><p class='>'>b</P><![if !mso]>c<!-->d"), ["a", "<p1>", "b", "</p>", "cd"]);
    assert_eq!(
        names("<noscript><p>a</noscript><textarea><b></textarea>"),
        ["<noscript0>", "<p0>", "a", "</noscript>", "<textarea0>", "<b>", "</textarea>"]
    );
    assert_eq!(
        names("<title>a</title><iframe><p></iframe><style>x"),
        ["<title0>", "</title>", "<iframe0>", "</iframe>", "<style0>", "<style at 43: x"]
    );
}

#[test]
fn a_tag_of_any_number_of_attributes_needs_no_more_stack_than_one() {
    for attribute in ["a=\"b\" ", "a = \"b\"", "a=\"b\"\t", "a='b' ", "a=b ", "a ", "a=\"&amp;\"/", "=\"x\" ", "a=\"\""]
    {
        let html = format!("<p {}>x", attribute.repeat(200_000));
        let small = std::thread::Builder::new().stack_size(256 * 1024);
        let tokens = small.spawn(move || names(&html)).expect("a thread").join().expect("tokens");
        assert_eq!(tokens.last().map(String::as_str), Some("x"), "{attribute}");
    }
}

#[test]
fn every_character_reference_of_html_is_decoded() {
    for (html, text) in [
        ("a &amp; b &#65;&#x42; &eacute; R&D &nope &;", "a & b AB é R&D &nope &;"),
        ("&copy 2026 &hellip;&ndash;&rsquo;&zwnj;", "© 2026 …–’\u{200c}"),
        ("&CounterClockwiseContourIntegral;&NotEqualTilde;", "∳≂\u{338}"),
        ("&#xFFFFFFFF;&#128;&#0;", "\u{fffd}€\u{fffd}"),
        ("&lt;b&gt;", "<b>"),
    ] {
        assert_eq!(names(html), [text]);
    }
}

struct Located<'h>(&'h str, Vec<(String, String, String)>);

impl HtmlVisitor for Located<'_> {
    fn start_tag(&mut self, tag: &Tag) {
        let written = &self.0[tag.span.clone()];
        assert!(written.starts_with('<') && written.ends_with('>'), "{written}");
        for attribute in tag.located(self.0) {
            let (span, value) = (&self.0[attribute.span.clone()], &self.0[attribute.value_span.clone()]);
            self.1.push((attribute.value, span.to_owned(), value.to_owned()));
        }
    }
}

#[test]
fn attributes_are_located_with_every_kind_of_quotes() {
    let html = "\r\né<!--\r\n é> <a b=c>\r--!><a HREF=\"/x?a=1&amp;b=2\" title = 'é>'\r\n id=b/c\tdisabled x= \ny=\"\">&copy;<img src=cid:x>";
    let mut located = Located(html, Vec::new());
    visit(html, &mut located);
    let read: Vec<(&str, &str, &str)> = located.1.iter().map(|(a, b, c)| (&**a, &**b, &**c)).collect();
    assert_eq!(
        read,
        [
            ("/x?a=1&b=2", "HREF=\"/x?a=1&amp;b=2\"", "/x?a=1&amp;b=2"),
            ("é>", "title = 'é>'", "é>"),
            ("b/c", "id=b/c", "b/c"),
            ("", "disabled", ""),
            ("y=\"\"", "x= \ny=\"\"", "y=\"\""),
            ("cid:x", "src=cid:x", "cid:x"),
        ]
    );
}

#[test]
fn the_first_value_of_an_attribute_counts() {
    struct Href(Vec<Option<String>>);
    impl HtmlVisitor for Href {
        fn start_tag(&mut self, tag: &Tag) {
            self.0.push(tag.attribute("href"));
        }
    }
    let mut found = Href(Vec::new());
    visit("<a HREF='/x?a=1&b=2&#x41;&bogus;' href=second><a id=x>", &mut found);
    assert_eq!(found.0, [Some("/x?a=1&b=2A&bogus;".to_owned()), None]);
}

#[test]
fn malformed_markup_is_read_to_its_end() {
    for html in ["<", "<a", "<a b", "<a b=", "<a b='", "</", "<!--", "<!", "<style>", "<a =>", "<é>", "&", "<a é='ü'"]
    {
        let _ = names(html);
        let _ = names(&html.repeat(1000));
    }
    assert_eq!(names("a<a href=x"), ["a"]);
    assert_eq!(names("<é>"), ["<é>"]);
}

#[test]
fn attributes_past_the_limits_are_ignored() {
    let html = format!("<a {}>after", "x=1 ".repeat(MAX_ATTRIBUTES + 1));
    assert_eq!(names(&html), [format!("<a{MAX_ATTRIBUTES}>"), "after".to_owned()]);
    struct Values(usize);
    impl HtmlVisitor for Values {
        fn start_tag(&mut self, tag: &Tag) {
            self.0 += tag.attribute("a").map_or(0, |value| value.len());
        }
    }
    let mut values = Values(0);
    visit(&format!("<p a='{}' b=x>", "y".repeat(2 * MAX_TAG)), &mut values);
    assert!(values.0 <= MAX_TAG);
}

#[test]
fn fuzz_html_positions_hold_in_random_documents() {
    const PIECES: &[&[u8]] = &[
        b"<a href=",
        b"<",
        b">",
        b"/",
        b"\"",
        b"'",
        b"=",
        b" ",
        b"\r\n",
        b"\r",
        b"\0",
        b"&amp;",
        b"&am",
        b"&#65;",
        b"<!--",
        b"-->",
        b"<style>",
        b"</style>",
        b"<script>",
        b"</script>",
        b"\xc3\xa9",
        b"cid:x",
        b"x=1 ",
        b"<![CDATA[",
        b"<textarea>",
        b"</textarea>",
        b"<!doctype html>",
        b"</p x=y>",
        b"\xed\x95\x9c",
    ];
    let seed = b"<p class=\"a b\" id=c>text &eacute; <img src='cid:x' alt=y></p>\r\n<style>p{}</style>".to_vec();
    rounds(|dice| {
        let html = String::from_utf8_lossy(&dice.mutate(std::slice::from_ref(&seed), PIECES)).into_owned();
        let mut located = Located(&html, Vec::new());
        visit(&html, &mut located);
        for (value, span, written) in located.1 {
            assert!(span.contains(&written), "{html:?}");
            if !written.contains(['&', '\r', '\0']) {
                assert_eq!(value, written, "{html:?}");
            }
        }
    });
}
