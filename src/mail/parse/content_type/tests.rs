//! Fields with parameters: well-formed, repaired and hostile ones.

use super::*;

fn read(value: &str) -> (String, String, bool) {
    let field = ParameterField::read(value);
    let (kind, is_flawed) = media_type(field.head);
    (kind.unwrap_or_default(), field.token("charset"), is_flawed || field.is_flawed)
}

#[test]
fn imperfect_types_are_repaired() {
    for (value, kind, charset, is_flawed) in [
        ("text/html; charset=utf-8", "text/html", "utf-8", false),
        ("Text/HTML ; Charset = \"UTF-8\" ; format=flowed", "text/html", "UTF-8", false),
        ("text/plain; charset=us-ascii (Plain text)", "text/plain", "us-ascii", false),
        ("text/plain (a; b); charset=\"x\";", "text/plain", "x", false),
        ("text/html charset=utf-8", "text/html", "utf-8", true),
        ("text/html, charset=utf-8", "text/html", "utf-8", true),
        ("text/html; charset=utf-8 format=flowed", "text/html", "utf-8", true),
        ("text/html;; charset=utf-8", "text/html", "utf-8", false),
        ("\"text/html\"; charset='utf-8'", "text/html", "'utf-8'", true),
        ("text / html; charset=utf-8", "text/html", "utf-8", true),
        ("text/html; utf-8", "text/html", "", true),
        ("text", "text/plain", "", true),
        ("html", "text/html", "", true),
        ("multipart; boundary=b", "multipart/mixed", "", true),
        ("multipart/*; boundary=b", "", "", true),
        ("application/pdf name=x.pdf", "application/pdf", "", true),
        ("charset=utf-8", "", "utf-8", true),
        ("image/svg\u{1}+xml\"<b>", "image/svg+xml", "", true),
        ("foo", "", "", true),
    ] {
        let kind = if kind.is_empty() && value.starts_with("multipart/*") { "multipart/mixed" } else { kind };
        assert_eq!(read(value), (kind.to_owned(), charset.to_owned(), is_flawed), "{value}");
    }
}

#[test]
fn values_are_read_with_every_kind_of_quotes() {
    for (value, name) in [
        ("a/b; name=x.pdf", "x.pdf"),
        ("a/b; name=my report (1).pdf; x=y", "my report (1).pdf"),
        ("a/b; name=\"a;b, c.pdf\"", "a;b, c.pdf"),
        ("a/b; name=\"C:\\TEMP\\report.pdf\"", "C:\\TEMP\\report.pdf"),
        ("a/b; name=\"C:\\TEMP\\\"", "C:\\TEMP\\"),
        ("a/b; name=\"a \\\"b\\\" c\"; x=y", "a \"b\" c"),
        ("a/b; name=\"my \"best\" file.pdf\"; x=y", "my \"best\" file.pdf"),
        ("a/b; name=\"not closed.pdf; x=y", "not closed.pdf"),
        ("a/b; name=\"=?iso-8859-1?Q?N=B0_1467.?= =?iso-8859-1?Q?pdf?=\"", "N° 1467.pdf"),
        ("a/b; name=\"=?iso-8859-1?Q?N=B0_1467.?=\" \"=?iso-8859-1?Q?pdf?=\"", "N° 1467.pdf"),
        ("a/b; name==?utf-8?B?67O06rOg7ISc?= =?utf-8?B?LnBkZg==?=", "보고서.pdf"),
        ("a/b; name=first; name=second", "first"),
        ("a/b; name=(c)\"x.pdf\"(d)", "x.pdf"),
        ("a/b; name = (c) x.pdf", "x.pdf"),
        ("a/b; name (c) = \"x.pdf\"", "x.pdf"),
        ("a/b; name=(1).pdf", "(1).pdf"),
        ("a/b; name=(open", "(open"),
        ("a/b; name=; x=y", ""),
        ("a/b; name=Annual\treport.pdf", "Annual\treport.pdf"),
        ("a/b; name=x.pdf\tsize=3", "x.pdf"),
        ("a/b\tname=x.pdf", "x.pdf"),
    ] {
        assert_eq!(ParameterField::read(value).text("name", ""), name, "{value}");
    }
}

#[test]
fn pieces_are_joined_before_they_are_decoded() {
    for (value, name) in [
        ("a; name*0*=utf-8''%EB%B3; name*1*=%B4%EA%B3%A0; name*2=.pdf", "보고.pdf"),
        ("a; name*1=b.pdf; name*0=a", "ab.pdf"),
        ("a; name*=euc-kr'ko'%BA%B8%B0%ED.pdf; name=x", "보고.pdf"),
        ("a; name=x; NAME*=UTF-8''", "x"),
        ("a; name*=\"utf-8''%EB%B3%B4\"", "보"),
        ("a; name*=it's.pdf", "it's.pdf"),
        ("a; name*=%EB%B3%B4", "보"),
        ("a; name*0=\"=?utf-8?Q?a\"; name*1=\"b?=\"", "ab"),
        ("a; name*=x-nobody''caf%E9", "café"),
    ] {
        assert_eq!(ParameterField::read(value).text("name", ""), name, "{value}");
    }
}

#[test]
fn long_fields_take_linear_time() {
    for unit in ["\"", "\" ", "\\\"", "; a=", "(", " a", " ", "\t", " =", ",a", "; name*1=x", "\\"] {
        for start in ["a/b; name=\"", "a/b; name=", "a/b; name=x", ""] {
            let value = [start, &unit.repeat(256 * 1024 / unit.len()), "x"].concat();
            let began = std::time::Instant::now();
            let _ = ParameterField::read(&value).text("name", "");
            assert!(began.elapsed().as_secs() < 5, "{start}{unit}: {:?}", began.elapsed());
        }
    }
}

#[test]
fn what_stands_around_a_type_is_not_joined_to_it() {
    for (head, expected) in [
        ("Content-Type: text/html", "text/html"),
        ("content type text/html", "text/html"),
        ("=?utf-8?Q?text/html?=", "text/html"),
        ("Content-Type: multipart/mixed", "multipart/mixed"),
        ("text/html:charset=utf-8", "text/html"),
        ("text / plain", "text/plain"),
        ("application/pdf name=x.pdf", "application/pdf"),
        ("multipart/*", "multipart/mixed"),
    ] {
        let (found, is_flawed) = media_type(head);
        assert_eq!((found.as_deref(), is_flawed), (Some(expected), true), "{head}");
    }
    assert_eq!(media_type("Text/HTML"), (Some("text/html".to_owned()), false));
}
