//! Links in HTML and in running text.

use super::*;

fn seen(html: &str, text: &str) -> Vec<(String, String)> {
    read(&HtmlText::read(html), text).into_iter().map(|link| (link.url, link.text)).collect()
}

fn listed(html: &str, text: &str) -> Vec<String> {
    seen(html, text).into_iter().map(|(url, _)| url).collect()
}

#[test]
fn each_link_is_listed_once_with_its_text() {
    let html = "<a href='https://a.example/v?t=1&amp;u=2'><b>Verify</b>\n me</a> <a href=\"#top\">up</a>\
                <a href='javascript:alert(1)'>x</a><a href=https://b.example><img alt=Logo></a>";
    let text = "Verify: https://a.example/v?t=1&u=2. Or (see http://c.example/a_(b)) <https://d.example>, http://";
    let pair = |url: &str, text: &str| (url.to_owned(), text.to_owned());
    assert_eq!(
        seen(html, text),
        [
            pair("https://a.example/v?t=1&u=2", "Verify me"),
            pair("https://b.example", "Logo"),
            pair("http://c.example/a_(b)", ""),
            pair("https://d.example", ""),
        ]
    );
}

#[test]
fn urls_in_the_text_of_html_are_listed_once() {
    assert_eq!(
        listed("<p>Visit https://bare.test/verify?t=a&amp;u=b now</p>", ""),
        ["https://bare.test/verify?t=a&u=b"]
    );
    assert_eq!(
        listed(
            "<a href='https://a.test/1'>https://shown.test/x</a>https://a.test/1<br>https://b.te<b>st/</b><p>x\
             https://shown.test/x</p><td>https://c.test</td><td>x</td><style>https://no.test/</style>",
            "https://c.test"
        ),
        ["https://a.test/1", "https://b.test/", "https://c.test"]
    );
}

#[test]
fn any_scheme_but_an_internal_one_is_a_link() {
    for url in [
        "myapp://verify?t=1",
        "com.example.app:/callback",
        "mailto:a@b.test",
        "tel:+82212345678",
        "sms:+1?body=x",
        "intent://x/#Intent;scheme=a;end",
        "HTTPS://A.TEST/",
        "http://my_service:8000/verify",
        "ftp://a.test/x",
    ] {
        assert_eq!(listed(&format!("<a href=\"{url}\">x</a>"), ""), [url]);
    }
    for url in [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "java\nscript:alert(1)",
        "java&#10;script:alert(1)",
        "&#106;avascript:alert(1)",
        "\u{1}javascript:alert(1)",
        "vbscript:x",
        "data:text/html,x",
        "cid:x",
        "mid:x",
        "file:///etc/passwd",
        "blob:https://a.test/x",
        "about:blank",
        "C:\\x",
        "/relative",
        "#top",
        "www.a.test",
        "https://",
        "x y://z",
    ] {
        assert_eq!(listed(&format!("<a href=\"{url}\">x</a>"), ""), Vec::<String>::new(), "{url:?}");
    }
    assert_eq!(
        listed("", "Open myapp://verify?t=1, or javascript://x%0aalert(1) or file:///x or cid://x"),
        ["myapp://verify?t=1"]
    );
}

#[test]
fn a_url_ends_where_a_sentence_of_another_script_goes_on() {
    for (text, url) in [
        ("여기 https://ex.test/v?t=abc를 누르세요", "https://ex.test/v?t=abc"),
        ("여기https://ex.test/v/abc에서 확인", "https://ex.test/v/abc"),
        ("https://ex.test를 여세요", "https://ex.test"),
        ("http://localhost:8000에서", "http://localhost:8000"),
        ("https://ex.test/에서", "https://ex.test/"),
        ("https://ex.test/a#b로", "https://ex.test/a#b"),
        ("こちら「https://ex.test/w?t=def」。", "https://ex.test/w?t=def"),
        ("次 https://ex.test/x?t=ghi、", "https://ex.test/x?t=ghi"),
        ("https://ex.test/xをクリック", "https://ex.test/x"),
        ("https://ex.test/xｸﾘｯｸ", "https://ex.test/x"),
        ("请点击https://ex.test/y?a=1完成验证。", "https://ex.test/y?a=1"),
        ("（https://ex.test/z）", "https://ex.test/z"),
        ("【https://ex.test/z】", "https://ex.test/z"),
        ("https://ex.test/z，谢谢", "https://ex.test/z"),
        ("“https://ex.test/z”", "https://ex.test/z"),
        ("https://ex.test/z…", "https://ex.test/z"),
        ("คลิก https://ex.test/zเพื่อยืนยัน", "https://ex.test/z"),
        ("https://ex.test/z\u{200b}x", "https://ex.test/z"),
        ("https://한글.kr/verify?t=1 ", "https://한글.kr/verify?t=1"),
        ("https://www.한국인터넷.한국/a", "https://www.한국인터넷.한국/a"),
        ("https://例え.jp。", "https://例え.jp"),
        ("https://münchen.example/straße?x=ü", "https://münchen.example/straße?x=ü"),
        ("https://пример.рф/путь.", "https://пример.рф/путь"),
    ] {
        assert_eq!(urls(text), [url], "{text}");
    }
}

#[test]
fn punctuation_and_symbols_of_any_script_end_a_url() {
    for (text, url) in [
        ("اضغط https://ex.test/v?t=a؟", "https://ex.test/v?t=a"),
        ("https://ex.test/v/a، ثم", "https://ex.test/v/a"),
        ("https://ex.test/v/a۔", "https://ex.test/v/a"),
        ("https://ex.test/v/a؛ ثم", "https://ex.test/v/a"),
        ("लिंक https://ex.test/v/a।", "https://ex.test/v/a"),
        ("https://ex.test/v/a॥", "https://ex.test/v/a"),
        ("https://ex.test/v/a→", "https://ex.test/v/a"),
        ("https://ex.test/v/a ➜ x", "https://ex.test/v/a"),
        ("https://ex.test/v/a👈", "https://ex.test/v/a"),
        ("https://ex.test/v/a·", "https://ex.test/v/a"),
        ("https://ex.test/v/a•", "https://ex.test/v/a"),
        ("https://ex.test/v/a។", "https://ex.test/v/a"),
        ("https://ex.test/v/a։", "https://ex.test/v/a"),
        ("https://ex.test/v/a።", "https://ex.test/v/a"),
        ("https://ex.test/v/a၊", "https://ex.test/v/a"),
        ("https://ex.test/v/a™", "https://ex.test/v/a"),
        ("https://ex.test/v/a』と", "https://ex.test/v/a"),
        ("https://ex.test/كتاب/a؟", "https://ex.test/كتاب/a"),
        ("https://ex.test/किताब/a।", "https://ex.test/किताब/a"),
    ] {
        assert_eq!(urls(text), [url], "{text}");
    }
    assert_eq!(urls("https://a.test/x→https://b.test/y"), ["https://a.test/x", "https://b.test/y"]);
}

#[test]
fn a_segment_in_a_script_without_blanks_belongs_to_the_url_and_a_particle_does_not() {
    for (text, url) in [
        ("https://ex.test/verify/토큰/abc", "https://ex.test/verify/토큰/abc"),
        ("https://ex.test/verify/토큰/abc를 누르세요", "https://ex.test/verify/토큰/abc"),
        ("https://ex.test/토큰/abc?코드=값&t=1 ", "https://ex.test/토큰/abc?코드=값&t=1"),
        ("https://ex.test/verify/토큰 누르세요", "https://ex.test/verify/토큰"),
        ("https://ex.test/로그인/확인", "https://ex.test/로그인/확인"),
        ("https://ex.test/이벤트.html에서", "https://ex.test/이벤트.html"),
        ("https://ex.test/보고서2026/x", "https://ex.test/보고서2026/x"),
        ("https://ex.test/verify/를 누르세요", "https://ex.test/verify/"),
        ("https://ex.test/에서 확인", "https://ex.test/"),
        ("https://ex.test/에서확인하세요", "https://ex.test/"),
        ("https://ex.test/을/를 누르세요", "https://ex.test/"),
        ("https://ex.test/v?t=abc_를", "https://ex.test/v?t=abc_"),
        ("https://ex.test/v?t=abc을/를", "https://ex.test/v?t=abc"),
        ("https://ja.test/wiki/日本", "https://ja.test/wiki/日本"),
        ("https://ja.test/wiki/ひらがな。", "https://ja.test/wiki/ひらがな"),
        ("https://ja.test/日本/abc", "https://ja.test/日本/abc"),
        ("https://ja.test/をクリック", "https://ja.test/"),
        ("https://ja.test/verify/から", "https://ja.test/verify/"),
        ("https://zh.test/完成验证", "https://zh.test/"),
        ("https://zh.test/wiki/中国", "https://zh.test/wiki/中国"),
        ("https://th.test/เพื่อ", "https://th.test/"),
    ] {
        assert_eq!(urls(text), [url], "{text}");
    }
}

#[test]
fn a_url_within_a_script_or_another_url_is_no_link() {
    for text in [
        "blob:https://a.test/1b9d",
        "view-source:https://a.test/",
        "javascript:https://a.test/%0aalert(1)",
        "JAVASCRIPT:https://a.test",
        "data:https://a.test",
        "filesystem:https://a.test/temporary/x",
    ] {
        assert_eq!(listed("", text), Vec::<String>::new(), "{text}");
        assert_eq!(listed(&format!("<a href='{text}'>x</a>"), ""), Vec::<String>::new(), "{text}");
    }
    assert_eq!(urls("URL:https://a.test link:https://b.test"), ["https://a.test", "https://b.test"]);
}

#[test]
fn links_of_html_are_those_that_a_browser_opens() {
    for (html, links) in [
        ("<map><area href='https://a.test/1' alt='North'><area href=/x></map>", vec![("https://a.test/1", "North")]),
        ("<a href='//a.test/v?t=1'>x</a>", vec![("https://a.test/v?t=1", "x")]),
        ("<base href='http://b.test/d/'><a href='//a.test/v'>x</a>", vec![("http://a.test/v", "x")]),
        (
            "<head><base href=' https://b.test/d/e '></head><a href='v?t=1'>x</a><a href='/r'>y</a><a href='#top'>z</a>",
            vec![("https://b.test/d/v?t=1", "x"), ("https://b.test/r", "y")],
        ),
        (
            "<base target=_blank><base href=https://b.test/><base href=https://c.test/><a href=v>x</a>",
            vec![("https://b.test/v", "x")],
        ),
        (
            r"<a href='https:\\a.test\v'>x</a><a href='HTTP:/b.test/v'>y</a><a href='https:c.test'>z</a><a href='http:'>-</a>",
            vec![("https://a.test/v", "x"), ("http://b.test/v", "y"), ("https://c.test/", "z")],
        ),
        ("<base href='javascript:x'><a href='v'>x</a>", vec![]),
        ("<base href='data:text/html,x'><a href='v'>x</a>", vec![]),
        ("<base href='https://b.test/'><a href='javascript:alert(1)'>x</a><a href='data:,x'>y</a>", vec![]),
        ("<a href='https://a.test/v?\r\n  t=1'>x</a>", vec![("https://a.test/v?%20%20t=1", "x")]),
        ("<a href='https://a.test/ver\nify?t=&#10;1'>x</a>", vec![("https://a.test/verify?t=1", "x")]),
        ("<svg><a xlink:href='https://a.test/s'>x</a></svg>", vec![("https://a.test/s", "x")]),
        ("<template><area href='https://a.test/1'></template>", vec![]),
    ] {
        let expected: Vec<_> = links.into_iter().map(|(url, text)| (url.to_owned(), text.to_owned())).collect();
        assert_eq!(seen(html, ""), expected, "{html}");
    }
}

#[test]
fn punctuation_of_the_sentence_is_dropped_and_that_of_the_url_kept() {
    for (text, url) in [
        ("See (https://b.test/a(b)c) ok", "https://b.test/a(b)c"),
        ("[https://b.test/a[1].]", "https://b.test/a[1]"),
        ("(https://b.test/a_(b)).", "https://b.test/a_(b)"),
        ("https://b.test/a_(b)", "https://b.test/a_(b)"),
        ("https://b.test/a)))...", "https://b.test/a"),
        ("'https://b.test/a','x'", "https://b.test/a"),
        ("\"https://b.test/a\"", "https://b.test/a"),
        ("'see https://b.test/a'", "https://b.test/a"),
        ("https://b.test/Users('x')/a", "https://b.test/Users('x')/a"),
        ("**https://b.test/a**", "https://b.test/a"),
        ("https://b.test/a-_~=", "https://b.test/a-_~="),
        ("https://b.test/#/a?b=c&d[]=e;", "https://b.test/#/a?b=c&d[]=e"),
        ("https://user:p@b.test:8443?x", "https://user:p@b.test:8443?x"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x"),
        ("http://my_service:8000/verify", "http://my_service:8000/verify"),
        ("Here.https://b.test", "https://b.test"),
        ("1https://b.test", "https://b.test"),
        ("URL:https://b.test", "https://b.test"),
        ("git+https://b.test/x", "git+https://b.test/x"),
    ] {
        assert_eq!(urls(text), [url], "{text}");
    }
}

#[test]
fn a_url_in_brackets_is_joined_over_lines() {
    for (text, found) in [
        ("<https://a.test/verify?t=abc\ndef>", vec!["https://a.test/verify?t=abcdef"]),
        ("<https://a.test/verify\r\n  ?t=abc\r\n  def\r\n>.", vec!["https://a.test/verify?t=abcdef"]),
        ("<URL:https://a.test/x\ny>", vec!["https://a.test/xy"]),
        ("<myapp://a\n/b>", vec!["myapp://a/b"]),
        ("<https://a.test/x\nclick here>", vec!["https://a.test/x"]),
        ("<https://a.test/x\n\ny>", vec!["https://a.test/x"]),
        ("<https://a.test/x\nhttps://b.test/y", vec!["https://a.test/x", "https://b.test/y"]),
        ("https://a.test/x\ny>", vec!["https://a.test/x"]),
        ("<https://a.test/x\n<https://b.test/y\nz>", vec!["https://a.test/x", "https://b.test/yz"]),
    ] {
        assert_eq!(urls(text), found, "{text}");
    }
    assert_eq!(listed("<pre>&lt;https://a.test/x\ny&gt;</pre>", ""), ["https://a.test/xy"]);
}

#[test]
fn links_past_the_limits_are_ignored() {
    assert_eq!(seen("", &(0..5_000).map(|n| format!("http://a.example/{n} ")).collect::<String>()).len(), MAX_LINKS);
    let long = format!("https://a.test/{}", "x".repeat(MAX_LINK));
    assert_eq!(listed(&format!("<a href={long}>x</a>"), &long), Vec::<String>::new());
}

#[test]
fn a_link_that_is_a_picture_and_a_button_counts_as_a_button() {
    let html = "<a href=https://a.test/><img alt=Logo></a><a href=https://a.test/pay><img alt='A picture'></a>\
                <a href=https://a.test/help>Help</a><a class=button href=https://a.test/pay>Pay</a> https://b.test";
    let links = read(&HtmlText::read(html), "");
    let looks: Vec<(&str, LinkLook)> = links.iter().map(|link| (link.text.as_str(), link.look)).collect();
    assert_eq!(
        looks,
        [("Logo", LinkLook::Picture), ("A picture", LinkLook::Button), ("Help", LinkLook::Text), ("", LinkLook::Text)]
    );
}
