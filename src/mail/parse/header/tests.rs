//! Headers: split, repaired and cut.

use super::*;

fn read(text: &str) -> (Vec<(String, String)>, String, Vec<&'static str>) {
    let mut warnings = WarningList::default();
    let block = HeaderBlock::split(text.as_bytes(), None, &mut warnings);
    let fields = block.fields.into_iter().map(|field| (field.name, field.value)).collect();
    (fields, text[block.body..].to_owned(), warnings.codes())
}

fn fields(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn names_get_one_spelling_and_values_are_unfolded() {
    assert_eq!(
        read("MESSAGE-ID : <a@b>\r\nx-a:  one\r\n\ttwo\r\nSubject:\r\n folded \r\n \r\n text\r\n\r\nbody"),
        (fields(&[("Message-Id", "<a@b>"), ("X-A", "one two"), ("Subject", "folded text")]), "body".into(), vec![])
    );
    let (headers, body, warnings) = read("From x@y Mon\nA: b\r\r\n\r\r\nbody");
    assert_eq!((headers, body.as_str(), warnings), (fields(&[("A", "b")]), "body", vec!["line_before_header"]));
}

#[test]
fn odd_lines_do_not_end_the_header() {
    let rest = "Subject: s\nDate: d\n\nbody";
    for (lines, first, warnings) in [
        ("   \n", None, vec!["line_before_header"]),
        ("\n\r\n", None, vec!["line_before_header"]),
        ("\u{feff}", None, vec!["line_before_header"]),
        ("some line\nother\n", None, vec!["line_before_header"]),
        (" To: x\n", Some(("To", "x")), vec!["indented_field"]),
        ("To: x,\ny@z\n", Some(("To", "x, y@z")), vec!["line_not_indented"]),
        ("To: x\nhttp://y.test/z\n", Some(("To", "x http://y.test/z")), vec!["line_not_indented"]),
        ("To: x\n: y\n z\n", Some(("To", "x")), vec!["line_without_field"]),
        ("To: x\n>From y\n", Some(("To", "x")), vec!["line_without_field"]),
    ] {
        let expected: Vec<(&str, &str)> = first.into_iter().chain([("Subject", "s"), ("Date", "d")]).collect();
        assert_eq!(read(&[lines, rest].concat()), (fields(&expected), "body".into(), warnings), "{lines:?}");
    }
    let (headers, _, warnings) = read("A: b\nX Broken Name: c\nSubject: s\n\n");
    assert_eq!(headers[1], ("X broken name".to_owned(), "c".to_owned()));
    assert_eq!(warnings, ["line_without_field"]);
    assert_eq!(read("Subject: long\nand longer\n\nbody").0, fields(&[("Subject", "long and longer")]));
}

#[test]
fn a_body_without_a_blank_line_before_it_is_kept() {
    for (header, body) in [
        ("Subject: x\n", "hello there\n"),
        ("Subject: x\n", "Hello Kim,\nyour code is 123456.\n\nBye"),
        ("Subject: x\n \n", "hello\n\nthere"),
        ("Content-Type: multipart/mixed; boundary=b\n", "--b\nSubject: y\n\ntext\n--b--\n"),
        ("", "just\nsome words: x\n\nmore"),
    ] {
        let (headers, rest, warnings) = read(&[header, body].concat());
        assert_eq!((headers.len(), rest.as_str()), (usize::from(!header.is_empty()), body));
        assert_eq!(warnings, ["no_blank_line"], "{body}");
    }
    assert_eq!(read(""), (vec![], String::new(), vec![]));
    assert_eq!(read("\r\nFrom here on"), (vec![], "From here on".into(), vec![]));
}

#[test]
fn what_exceeds_a_limit_is_cut() {
    let (headers, _, warnings) = read(&"a: b\r\n".repeat(100_000));
    assert_eq!((headers.len(), warnings), (MAX_HEADERS, vec!["header_cut"]));
    let (headers, body, warnings) = read(&format!("a: {}\r\nSubject: s\r\n\r\nbody", "한".repeat(1_000_000)));
    assert_eq!((headers[0].1.len(), body.as_str(), warnings), (MAX_FIELD - 1, "body", vec!["field_cut"]));
    assert_eq!(headers[1].1, "s");
    let folded = format!("a: b\n{}Subject: s\n\n", " c\n".repeat(300_000));
    let (headers, _, warnings) = read(&folded);
    assert_eq!((headers.len(), warnings), (2, vec!["field_cut"]));
    let (headers, _, warnings) = read(&format!("a: {}\n", "x".repeat(200_000)).repeat(20));
    assert_eq!((headers.len(), warnings), (MAX_HEADER_BYTES / 200_000 + 1, vec!["header_cut"]));
}

#[test]
fn bytes_that_are_not_utf_8_are_decoded() {
    let raw = |bytes: &[u8], charset: &str| {
        let mut warnings = WarningList::default();
        let mut block = HeaderBlock::split(bytes, None, &mut warnings);
        block.decode_raw(charset, None, &mut warnings);
        (block.fields[0].value.clone(), warnings.codes())
    };
    let korean = b"Subject: \xbe\xc8\xb3\xe7\r\n \xc7\xcf\xbc\xbc\xbf\xe4 =?euc-kr?Q?\xbe=C8?=\r\n\r\n";
    for charset in ["euc-kr", ""] {
        assert_eq!(raw(korean, charset), ("안녕 하세요 =?euc-kr?Q?=BE=C8?=".into(), vec!["header_not_encoded"]));
    }
    assert_eq!(raw(b"Subject: caf\xe9\r\n", ""), ("café".into(), vec!["header_not_encoded"]));
    assert_eq!(raw(b"Subject: \x1b$BF|K\\8l\x1b(B\r\n", "").0, "日本語");
    assert_eq!(raw("Subject: 안녕\r\n".as_bytes(), "euc-kr"), ("안녕".into(), vec![]));
}
