//! Tests of the HTML as it is displayed.

use super::*;

const PLAIN: RenderOptions =
    RenderOptions { windows: false, pictures: false, hosts: PictureHosts::NoHost, forced_dark: false, fits: false };
const WINDOWS: RenderOptions = RenderOptions { windows: true, ..PLAIN };

fn rendered(html_part: &str, options: RenderOptions) -> String {
    let mail = format!(
        "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n{html_part}\r\n\
         --b\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\n\r\nx\r\n\
         --b\r\nContent-Type: image/gif\r\nContent-ID: <a b&c>\r\n\r\ny\r\n--b--\r\n"
    );
    message_html(&ParsedMessage::read(mail.as_bytes()), mail.as_bytes(), "/part/", options).unwrap()
}

#[test]
fn an_embedded_picture_is_found_in_every_form() {
    for (html, shown) in [
        ("<img src=\"cid:logo@x\">", "<img src=\"/part/2\">"),
        ("<img src='cid:logo%40x'>", "<img src='/part/2'>"),
        ("<img src='&#99;id:logo&#64;x'>", "<img src='/part/2'>"),
        ("<img src=cid:logo@x>", "<img src=/part/2>"),
        ("<img src=cid:logo@x border=0>", "<img src=/part/2 border=0>"),
        ("<IMG alt=\"a>b\" SRC = \"CID:LOGO@X\"/>", "<IMG alt=\"a>b\" SRC = \"/part/2\"/>"),
        ("<img src=\" cid:<logo@x> \">", "<img src=\"/part/2\">"),
        ("<img src=\"cid:a%20b%26c\">", "<img src=\"/part/3\">"),
        ("<img src=\"cid:a b&amp;c\">", "<img src=\"/part/3\">"),
        ("<td background=cid:logo@x>", "<td background=/part/2>"),
        ("<video poster='cid:logo@x'>", "<video poster='/part/2'>"),
        ("<a href=\"cid:logo@x\">", "<a href=\"/part/2\">"),
        ("<img srcset=\"cid:logo@x 1x, cid:logo%40x 2x\">", "<img srcset=\"/part/2 1x, /part/2 2x\">"),
        ("<p style=\"background:url(cid:logo@x)\">", "<p style=\"background:url(/part/2)\">"),
        ("<p style='a:url( \"cid:logo@x\" );b:c'>", "<p style='a:url( \"/part/2\" );b:c'>"),
        ("<p style=\"a:url(&quot;cid:logo@x&quot;)\">", "<p style=\"a:url(&quot;/part/2&quot;)\">"),
        ("<style>p{a:URL('CID:logo@x')}</style>", "<style>p{a:URL('/part/2')}</style>"),
        ("<style>p{a:url(cid:logo@x)", "<style>p{a:url(/part/2)"),
        ("<v:fill src=\"cid:logo@x\"/>", "<v:fill src=\"/part/2\"/>"),
    ] {
        assert_eq!(rendered(html, PLAIN), shown, "{html}");
    }
}

#[test]
fn what_names_no_part_stays() {
    for html in [
        "<img src=\"cid:else\"><img src=cid:><img src=cid>",
        "cid:logo@x <b>cid:logo@x</b>",
        "<img alt=\"acid:logo@x\" title=\"say xcid:logo@x\">",
        "<script>'cid:logo@x'</script><textarea><img src=cid:logo@x></textarea>",
        "<!-- <img src=cid:logo@x> -->",
        "<img src=\"cid:logo@x",
    ] {
        assert_eq!(rendered(html, PLAIN), html);
    }
}

#[test]
fn pictures_are_inlined_within_a_limit() {
    let options = RenderOptions { windows: true, pictures: true, ..PLAIN };
    let framed = rendered("<img src=\"cid:logo@x\"><img src='cid:else'>", options);
    assert!(framed.contains("<img src=\"data:image/png;base64,eA==\"><img src='cid:else'>"), "{framed}");
    let many = rendered(&"<img src=cid:logo@x>".repeat(MAX_EDITS + 1), PLAIN);
    assert_eq!(many.matches("cid:logo@x").count(), 1);
}

#[test]
fn links_open_a_new_window_without_opener_and_referrer() {
    assert_eq!(
        rendered("<p>a<A HREF='/x\"y' target=_self\r\nREL=\"x\">b</A></p>", WINDOWS),
        "<!doctype html><html><head></head><body><p>a<A target=\"_blank\" rel=\"noreferrer noopener\" HREF='/x\"y' \
         \r\n>b</A></p></body></html>"
    );
    let within = rendered("<p><a href=' #sec' target=_blank>b</a><a id=sec href=''>c</a>", WINDOWS);
    assert!(within.contains("<a href=' #sec' >b</a><a target=\"_blank\" "), "{within}");
    for whole in ["<HTML><p>a</html>", "<!DOCTYPE html><p>a", "<body>a</body>"] {
        assert_eq!(rendered(whole, WINDOWS), whole);
    }
}

#[test]
fn hostile_html_is_rewritten_in_linear_time() {
    const SIZE: usize = 2 * 1024 * 1024;
    let named: String = (0..900).map(|n| format!("--b\r\nContent-ID: <{n}@x>\r\n\r\n\r\n")).collect();
    for unit in
        ["<img src=cid:0@x>", "cid:x ", "<a href=x>", "<div>", "<", "<!--", "<a b='", "&amp;", "<p x=cid:", "a=\"b\" "]
    {
        let start = match unit {
            "cid:x " => "<style>",
            "a=\"b\" " => "<p ",
            _ => "",
        };
        let html = format!("{start}{}", unit.repeat(SIZE / unit.len()));
        let head = "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n";
        let mail = format!("{head}{html}\r\n{named}--b--\r\n");
        let parsed = ParsedMessage::read(mail.as_bytes());
        let began = std::time::Instant::now();
        let shown = message_html(&parsed, mail.as_bytes(), "/part/", WINDOWS).unwrap();
        assert!(shown.len() < 2 * SIZE, "{unit}");
        // Generous, for a busy machine without optimization. Quadratic behaviour takes minutes.
        assert!(began.elapsed().as_secs() < 20, "{unit}: {:?}", began.elapsed());
    }
}

#[test]
fn fuzz_view_random_messages_are_rendered() {
    let corpus = crate::tests::fuzz::corpus("corpus/mime");
    let pieces: &[&[u8]] = &[
        b"cid:",
        b"\"cid:x@y\"",
        b"<a ",
        b"<A href=x",
        b"'",
        b"\"",
        b">",
        b"<",
        b"%E",
        b"\xff",
        b"&",
        b"<style>",
        b"url(cid:x@y)",
        b"srcset=",
        b" target=x",
        b"\r\n",
    ];
    crate::tests::fuzz::rounds(|dice| {
        let mail = dice.mutate(&corpus, pieces);
        let parsed = ParsedMessage::read(&mail);
        let shown = |options| message_html(&parsed, &mail, "/part/", options);
        let (plain, framed) = (shown(PLAIN), shown(WINDOWS));
        // A picture is inlined at each reference to it, up to the limit.
        let inlined = shown(RenderOptions { windows: true, pictures: true, ..PLAIN });
        assert!(inlined.is_none_or(|html| html.len() <= 2 * MAX_INLINED));
        assert_eq!(plain.is_none(), parsed.html.is_empty());
        assert!(framed.is_none_or(|html| html.len() <= 20 * parsed.html.len() + 10_000));
    });
}
