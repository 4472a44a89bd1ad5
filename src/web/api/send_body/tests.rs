//! Tests of the decoder of POST /send.

use super::*;

#[test]
fn names_match_in_any_case_others_are_skipped_and_only_the_first_value_counts() {
    let json = br#"{"FROM":{"eMail":"a@b","Other":[1,{"x":2}]},"x":{"y":[[],{}]},"To":[{"Email":"c"}],"CC":null,
                    "Bcc":["d","e\n"],"ReplyTo":[{"Name":null}],"Headers":{"X-A":"1","x-a":"2"}} {"To":[]} junk"#;
    let fields = SendFields::read(json).unwrap();
    assert_eq!((&*fields.from.email, &*fields.from.name), ("a@b", ""));
    assert_eq!(fields.to.iter().map(|to| &*to.email).collect::<Vec<_>>(), ["c"]);
    assert!(fields.cc.is_empty() && fields.reply_to[0].name.is_empty());
    assert_eq!(fields.bcc.iter().map(|bcc| &**bcc).collect::<Vec<_>>(), ["d", "e\n"]);
    let headers: Vec<_> = fields.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(headers, [("X-A", "1"), ("x-a", "2")]);
    assert!(SendFields::read(b"null").unwrap().to.is_empty());
    assert_eq!(SendFields::read(b" \n").err(), Some(BadBody::Empty));
}

#[test]
fn an_error_names_the_property_and_what_it_must_be() {
    for (json, expected) in [
        ("[]", ["object", ""]),
        ("{", ["EOF", ""]),
        (r#"{"To":{}}"#, ["to: ", "a list"]),
        (r#"{"To":[1]}"#, ["to: ", "an object"]),
        (r#"{"Subject":5}"#, ["subject: ", "a string"]),
        (r#"{"From":{"Email":[]}}"#, ["from: email: ", "a string"]),
        (r#"{"Headers":{"a":1}}"#, ["headers: ", "a string"]),
        (r#"{"Headers":"a"}"#, ["headers: ", "an object of strings"]),
    ] {
        let error = SendFields::read(json.as_bytes()).err().unwrap().to_string();
        assert!(expected.iter().all(|text| error.contains(text)), "{json}: {error}");
    }
}

#[test]
fn every_list_has_a_limit() {
    let list = |name: &str, entry: &str, count: usize| {
        let entries = vec![entry; count].join(",");
        match entry.contains(':') && !entry.starts_with('{') {
            true => format!("{{\"{name}\":{{{entries}}}}}"),
            false => format!("{{\"{name}\":[{entries}]}}"),
        }
    };
    let known = [
        ("To", "{}"),
        ("Cc", "{}"),
        ("ReplyTo", "{}"),
        ("Bcc", "\"\""),
        ("Tags", "\"\""),
        ("Attachments", "{}"),
        ("Headers", "\"a\":\"b\""),
    ];
    for (name, entry) in known {
        assert!(SendFields::read(list(name, entry, MAX_ENTRIES).as_bytes()).is_ok(), "{name}");
        let error = SendFields::read(list(name, entry, MAX_ENTRIES + 1).as_bytes()).err().unwrap().to_string();
        assert!(error.contains(&name.to_lowercase()) && error.contains("1000"), "{error}");
    }
    // What is skipped is not stored and may be of any number and depth.
    assert!(SendFields::read(list("Other", "{}", 1_000_000).as_bytes()).is_ok());
    let deep = format!("{{\"Other\":{}{}}}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert!(SendFields::read(deep.as_bytes()).is_ok());
    assert!(SendFields::read(format!("{{\"To\":{deep}}}").as_bytes()).is_err());
}

#[test]
fn texts_without_escapes_are_borrowed_from_the_body() {
    let fields = SendFields::read(br#"{"Subject":"plain","Text":"a\nb"}"#).unwrap();
    assert!(matches!(fields.subject.0, Cow::Borrowed(_)) && matches!(fields.text.0, Cow::Owned(_)));
}
