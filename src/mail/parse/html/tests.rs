//! Tests of the text of HTML and of its links.

use super::*;

fn rendered(html: &str) -> String {
    HtmlText::read(html).rendering()
}

#[test]
fn html_is_rendered_as_text_with_its_links() {
    let html = "<html><head><title>x</title></head><body><h1>Hello&nbsp;Kim</h1><p>Please <b>con</b>firm:\n \
                <a href=\"https://a.example/?x=1&amp;y=2\">Confirm</a></p><ul><li>one<li>two</ul>\
                <a href='https://b.example'>https://b.example</a></body></html>";
    assert_eq!(
        rendered(html),
        "Hello Kim\n\nPlease confirm: Confirm ( https://a.example/?x=1&y=2 )\n\n- one\n- two\nhttps://b.example"
    );
}

#[test]
fn only_elements_that_separate_words_do_so() {
    for (html, text) in [
        ("<p>a<b>b</b></p><p>c</p>", "ab\n\nc"),
        ("R&amp;D H<sub>2</sub>O&hellip;", "R&D H2O…"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c", "a b\nc"),
        ("a<img src=x>b<br>c", "a b\nc"),
        ("<button>a</button>b<style>x{}</style><script>y</script><template><p>z</p></template>", "a b"),
        ("a<!--[if mso]>x<![endif]-->b", "ab"),
        ("1 < 2 <3", "1 < 2 <3"),
    ] {
        assert_eq!(rendered(html), text, "{html}");
    }
}

#[test]
fn preformatted_text_keeps_its_lines_and_blanks() {
    for (html, text) in [
        ("<pre>line 1\n  line 2</pre>", "line 1\n  line 2"),
        ("<p>a\n b</p><pre>\r\n  c\r\n\r\n\td  e\r\n</pre><p>f\n g", "a b\n\n  c\n\n\td  e\n\nf g"),
        ("<PRE><code>let x = 1;\n    x &lt; 2</code></PRE>b\n c", "let x = 1;\n    x < 2\nb c"),
        ("<pre>a<pre>b\n c</pre>\n d</pre>e\n f", "a\n\nb\n c\n\n d\ne f"),
        ("<textarea>\na\n b</textarea>", "a\n b"),
        ("<xmp><b>\n c</xmp>", "<b>\n c"),
        ("<pre>a<br>  b</pre>", "a\n  b"),
    ] {
        assert_eq!(rendered(html), text, "{html}");
    }
}

#[test]
fn a_link_is_named_by_its_text_or_its_picture() {
    let html = "<a href=' https://a.test/\nx '>  go\n now </a><a href=https://b.test><img alt='The logo'></a>\
                <a href=#top>up</a><a name=x>y</a><a href=''>z</a>";
    let read = HtmlText::read(html);
    let links: Vec<_> = read.links.iter().map(|link| (link.target.clone(), read.label(link))).collect();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(links, [pair("https://a.test/x", "go now"), pair("https://b.test", "The logo"), pair("#top", "up")]);
    assert_eq!(read.rendering(), "go now ( https://a.test/x ) The logo ( https://b.test )upyz");
}

fn looks_like_a_button(html: &str) -> bool {
    HtmlText::read(html).links.iter().any(|link| link.is_button)
}

#[test]
fn a_link_with_a_surface_is_a_button() {
    for html in [
        "<a href=x class='Btn Btn-primary'>Pay</a>",
        "<a href=x style='display:inline-block;background:#175433'>Pay</a>",
        "<a href=x style='PADDING: 12px 24px; Background-Color: #175433'>Pay</a>",
        "<a href=x style='border:1px solid #175433;padding:0 8px'>Pay</a>",
        "<table><tr><td bgcolor=#175433> <a href=x style='color:#ffffff'><b>Pay</b></a>\n</td></tr></table>",
        "<table><tr><td style='border-radius:3px;background:#175433'><a href=x>Pay</a></td></tr></table>",
    ] {
        assert!(looks_like_a_button(html), "{html}");
    }
}

#[test]
fn a_link_in_a_line_of_text_is_no_button() {
    for html in [
        "<a href=x style='color:#175433;text-decoration:none'>Pay</a>",
        "<a href=x style='display:inline-block;color:#175433'>Pay</a>",
        "<a href=x style='background:none;border:0;padding:4px'>Pay</a>",
        "<a href=x style='background:#eeeeee;padding:0'>Pay</a>",
        "<table><tr><td bgcolor=#f4f4f4>Questions? <a href=x>Write to us</a></td></tr></table>",
        "<table><tr><td bgcolor=#f4f4f4><a href=x>Help</a> · <a href=y>Terms</a></td></tr></table>",
        "<table><tr><td bgcolor=#f4f4f4><table><tr><td><a href=x>Pay</a></td></tr></table></td></tr></table>",
        "<table><tr><td bgcolor=#FFFFFF><a href=x>Pay</a></td></tr></table>",
        "<table><tr><td style='background:transparent'><a href=x>Pay</a></td></tr></table>",
    ] {
        assert!(!looks_like_a_button(html), "{html}");
    }
}
