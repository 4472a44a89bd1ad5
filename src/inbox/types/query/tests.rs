//! Tests of the parser of queries.

use super::*;

fn tests(text: &str) -> Vec<(bool, Criterion)> {
    Query::parse(text, &TimeZone::UTC).unwrap().terms.into_iter().map(|t| (t.negated, t.test)).collect()
}

fn anywhere(needle: &str) -> Criterion {
    Criterion::Words { fields: ANYWHERE, needle: needle.into() }
}

#[test]
fn a_blank_text_is_not_a_query() {
    for blank in ["", "  "] {
        assert_eq!(Query::parse(blank, &TimeZone::UTC), None, "{blank:?}");
    }
    for empty in ["\"\"", " \" \" ", "\"\" \"\"", "\""] {
        let query = Query::parse(empty, &TimeZone::UTC).unwrap();
        assert!(query.terms.is_empty() && query.invalid_terms().len() == 1, "{query:?}");
    }
}

#[test]
fn words_phrases_and_negations_are_terms() {
    assert_eq!(
        tests("Hello \"Big  World\" -no !Not - \"a\"b"),
        [
            (false, anywhere("hello")),
            (false, anywhere("big world")),
            (true, anywhere("no")),
            (true, anywhere("not")),
            (false, anywhere("-")),
            (false, anywhere("ab")),
        ]
    );
}

#[test]
fn arrived_excludes_refused_messages_unless_the_query_asks_for_them() {
    let arrived = |text: &str| Query::parse(text, &TimeZone::UTC).unwrap().arrived().terms;
    assert_eq!(arrived("a").pop(), Some(QueryTerm { negated: true, test: Criterion::Refused }));
    assert_eq!(arrived("is:refused"), [QueryTerm { negated: false, test: Criterion::Refused }]);
    assert_eq!(arrived("IS:REFUSED a").len(), 2);
}

#[test]
fn prefixes_select_fields_in_any_case() {
    assert_eq!(
        tests("TO:<A@b.C> -subject:\"Re: (x)\" tag:Big is:UNREAD has:attachments odd:x to:"),
        [
            (false, Criterion::Words { fields: &[Recipients], needle: "a@b.c".into() }),
            (true, Criterion::Words { fields: &[Subject], needle: "re: (x)".into() }),
            (false, Criterion::Tag("big".into())),
            (false, Criterion::Read(false)),
            (false, Criterion::Attachment),
            (false, anywhere("odd:x")),
        ]
    );
}

#[test]
fn a_header_term_with_a_name_and_a_text_matches_one_field() {
    let named = |needle: &str| [(false, Criterion::HeaderField { name: "x-name:".into(), needle: needle.into() })];
    for same in ["header:x-name:Value", "HEADER:X-Name:value", "\"header:X-NAME: value \""] {
        assert_eq!(tests(same), named("value"), "{same}");
    }
    assert_eq!(tests("\"header:x-name:(A; b)  c:\""), named("(a; b)  c:"));
    assert_eq!(tests("header:x-name:e\u{301}"), named("é"));
    let any = |needle: &str| [(false, Criterion::Words { fields: &[Headers], needle: needle.into() })];
    for (text, needle) in [
        ("header:X-Name", "x-name"),
        ("header:X-Name:", "x-name:"),
        ("\"header:X-Name: \0 \"", "x-name:"),
        ("header:12:34:00", "12:34:00"),
        ("header:https://a.example/B", "https://a.example/b"),
    ] {
        assert_eq!(tests(text), any(needle), "{text}");
    }
    assert_eq!(Query::parse("header:", &TimeZone::UTC).unwrap().ignored_terms(), ["header:"]);
}

#[test]
fn sizes_and_dates_have_many_forms() {
    assert_eq!(
        tests("larger:1.5k smaller:2MB"),
        [(false, Criterion::Larger(1536)), (false, Criterion::Smaller(2 << 20))]
    );
    let seoul = TimeZone::get("Asia/Seoul").unwrap_or(TimeZone::fixed(jiff::tz::offset(9)));
    let at = |text: &str| Query::parse(text, &seoul).unwrap().terms.into_iter().map(|t| t.test).collect::<Vec<_>>();
    let nine_before = Criterion::After(Time::parse_rfc3339("2026-11-20T15:00:00Z").unwrap());
    for same in [
        "after:2026/11/21",
        "after:2026-11-21",
        "after:11/21/2026",
        "after:\"21 Nov 2026\"",
        "after:2026-11-21T00:00:00+09:00",
    ] {
        assert_eq!(at(same), std::slice::from_ref(&nine_before), "{same}");
    }
    assert_eq!(
        at("before:\"2026/11/21 00:00\""),
        [Criterion::Before(Time::parse_rfc3339("2026-11-20T15:00:00Z").unwrap())]
    );
}

#[test]
fn terms_that_are_not_understood_are_never_searched_as_text() {
    let query = |text: &str| Query::parse(text, &TimeZone::UTC).unwrap();
    for invalid in ["is:bogus", "!is:bogus", "has:bogus", "larger:huge", "smaller:-1", "before:someday", "AFTER:x"] {
        let query = query(&format!("a {invalid} from: b"));
        assert_eq!(query.terms.len(), 2, "{invalid}");
        assert_eq!(query.ignored_terms(), [invalid, "from:"]);
        assert_eq!(query.invalid_terms(), [invalid]);
    }
    assert_eq!(query("is: has: larger: tag:").ignored_terms().len(), 4);
    assert!(query("\"a:b\" x:y http://a.test tag:!").ignored_terms().is_empty());
}

#[test]
fn text_beyond_the_limits_is_reported() {
    let many = Query::parse(&"word ".repeat(MAX_TERMS + 2), &TimeZone::UTC).unwrap();
    assert_eq!((many.terms.len(), many.invalid_terms()), (MAX_TERMS, vec!["word", "word"]));
    let long = Query::parse(&"한".repeat(MAX_QUERY), &TimeZone::UTC).unwrap();
    assert_eq!(long.invalid_terms(), [format!("{}…", "한".repeat(MAX_REPORTED))]);
}
