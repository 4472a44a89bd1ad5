//! Address fields: well-formed, repaired and hostile ones.

use crate::mail::parse::contact::MAX_CONTACTS;

use super::*;

fn read(value: &str) -> Vec<Contact> {
    let mut list = AddressList::default();
    super::read(value, &mut list);
    list.contacts
}

#[test]
fn names_are_decoded_and_groups_flattened() {
    assert_eq!(
        read("=?utf-8?B?6rmA7LKg7IiY?= <kim@example.com>, \"Doe, J\" <j@d.example>, b@c.d"),
        [Contact::new("김철수", "kim@example.com"), Contact::new("Doe, J", "j@d.example"), Contact::new("", "b@c.d")]
    );
    assert_eq!(
        read("team: a@b.c, \"B\" <b@b.c>;, d@e.f"),
        [Contact::new("", "a@b.c"), Contact::new("B", "b@b.c"), Contact::new("", "d@e.f")]
    );
    assert_eq!(read("undisclosed-recipients:;"), []);
    assert_eq!(read(""), []);
}

#[test]
fn a_quoted_local_part_is_kept_and_a_source_route_is_dropped() {
    for (value, name, address) in [
        ("\"john doe\"@x.test", "", "\"john doe\"@x.test"),
        ("\"a,b\"@x.test", "", "\"a,b\"@x.test"),
        ("Kim <\"a>b\"@x.test>", "Kim", "\"a>b\"@x.test"),
        ("\"Kim, C\" <\"a\\\"b(\"@x.test>", "Kim, C", "\"a\\\"b(\"@x.test"),
        ("\"a@b\"@x.test (Kim)", "Kim", "\"a@b\"@x.test"),
        ("\"=?utf-8?Q?a?=\"@x.test", "", "\"=?utf-8?Q?a?=\"@x.test"),
        ("<@r.test:d@x.test>", "", "d@x.test"),
        ("D <@r.test,@s.test:\"d:\"@x.test>", "D", "\"d:\"@x.test"),
        ("<@r.test:d>", "", "@r.test:d"),
    ] {
        assert_eq!(read(value), [Contact::new(name, address)], "{value}");
    }
    assert_eq!(
        read("team: \"a;b\"@x.test, c@x.test;, \"D\" <d@x.test>").iter().map(|c| &*c.address).collect::<Vec<_>>(),
        ["\"a;b\"@x.test", "c@x.test", "d@x.test"]
    );
}

fn flawed(value: &str) -> (Vec<Contact>, bool) {
    let mut list = AddressList::default();
    super::read(value, &mut list);
    (list.contacts, list.flaw.is_some())
}

#[test]
fn the_forms_of_rfc_5322_appendix_a_are_read() {
    for (value, expected) in [
        ("Pete(A nice \\) chap) <pete(an account)@silly.test(a host)>", vec![("Pete", "pete@silly.test")]),
        (
            "A Group(Some people) :Chris Jones <c@(Chris's host.)public.example>, joe@example.org, John <jdoe@one.test> \
             (my dear friend); (the end of the group)",
            vec![("Chris Jones", "c@public.example"), ("", "joe@example.org"), ("John", "jdoe@one.test")],
        ),
        ("(Empty list)(start)Hidden recipients  :(nested(that's how(deeply)))  ;", vec![]),
        (
            "Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
            vec![("Mary Smith", "mary@example.net"), ("", "jdoe@test.example")],
        ),
        ("Joe Q. Public <john.q.public@example.com>", vec![("Joe Q. Public", "john.q.public@example.com")]),
        ("John Doe <jdoe@machine(comment).  example>", vec![("John Doe", "jdoe@machine.example")]),
        ("joe @ z . test, <ann @ x . test>", vec![("", "joe@z.test"), ("", "ann@x.test")]),
        ("joe@x.test (Joe (the first))", vec![("Joe (the first)", "joe@x.test")]),
        ("ann(her box)@x.test", vec![("", "ann@x.test")]),
        ("joe@[127.0.0.1], ann@[IPv6:2001:db8::1]", vec![("", "joe@[127.0.0.1]"), ("", "ann@[IPv6:2001:db8::1]")]),
        ("[Team] Kim <kim@x.test>", vec![("[Team] Kim", "kim@x.test")]),
        ("=?utf-8?Q?Kim,_Lee?= =?utf-8?Q?_<x>?= <kim@x.test>", vec![("Kim, Lee <x>", "kim@x.test")]),
        ("kim@x.test <kim@x.test>", vec![("kim@x.test", "kim@x.test")]),
        ("MAILER-DAEMON <>", vec![("MAILER-DAEMON", "")]),
        ("root", vec![("", "root")]),
    ] {
        let expected: Vec<Contact> = expected.into_iter().map(|(name, address)| Contact::new(name, address)).collect();
        assert_eq!(flawed(value), (expected, false), "{value}");
    }
}

#[test]
fn blanks_around_dots_and_at_leave_an_address_and_stay_in_a_name() {
    for (value, name, address) in [
        ("a . b@x.test", "", "a.b@x.test"),
        ("Joe . Smith @ x . test", "", "Joe.Smith@x.test"),
        ("\"q r\" . s@x.test", "", "\"q r\".s@x.test"),
        ("Ann B. ann@x.test", "Ann B.", "ann@x.test"),
        ("Foo @ Bar Ltd. <fb@x.test>", "Foo @ Bar Ltd.", "fb@x.test"),
        ("A @B <a@x.test>", "A @B", "a@x.test"),
        ("Joe . Smith <joe@x.test>", "Joe . Smith", "joe@x.test"),
        ("Joe.Smith <joe@x.test>", "Joe.Smith", "joe@x.test"),
        ("Big Shop . shop@x.test", "Big Shop .", "shop@x.test"),
        ("\"Acme, Inc\". <a@x.test>", "Acme, Inc.", "a@x.test"),
        ("\"John Smith\".Jr <j@x.test>", "John Smith.Jr", "j@x.test"),
        ("Joe . Smith", "Joe . Smith", ""),
    ] {
        assert_eq!(read(value), [Contact::new(name, address)], "{value}");
    }
    assert_eq!(read("a@x.test . b@y.test").len(), 2);
}

#[test]
fn missing_commas_brackets_and_quotes_are_repaired() {
    for (value, expected) in [
        ("Big Shop shop@x.test", vec![("Big Shop", "shop@x.test")]),
        ("Dr. joe@x.test", vec![("Dr.", "joe@x.test")]),
        ("shop@x.test Big Shop", vec![("Big Shop", "shop@x.test")]),
        ("a@x.test b@y.test", vec![("", "a@x.test"), ("", "b@y.test")]),
        ("Ann <a@x.test> Bo <b@y.test> c@z.test", vec![("Ann", "a@x.test"), ("Bo", "b@y.test"), ("", "c@z.test")]),
        ("Ann <a@x.test> and friends, b@y.test", vec![("Ann", "a@x.test"), ("", "b@y.test")]),
        ("a@x.test via Docs <docs@y.test>", vec![("a@x.test via Docs", "docs@y.test")]),
        ("Kim <kim@x.test, Lee <lee@x.test>", vec![("Kim", "kim@x.test"), ("Lee", "lee@x.test")]),
        ("Kim <kim@x.test", vec![("Kim", "kim@x.test")]),
        ("\"Kim <kim@x.test>", vec![("Kim", "kim@x.test")]),
        ("Smile :( <kim@x.test>", vec![("(", "kim@x.test")]),
        ("Just A Name", vec![("Just A Name", "")]),
        ("not an address at all @@", vec![("not an address at all @@", "")]),
        ("Team: a@x.test, b@y.test", vec![("", "a@x.test"), ("", "b@y.test")]),
        ("kim@x.test>, Lee <lee@x.test>", vec![("", "kim@x.test"), ("Lee", "lee@x.test")]),
    ] {
        let expected: Vec<Contact> = expected.into_iter().map(|(name, address)| Contact::new(name, address)).collect();
        assert_eq!(flawed(value), (expected, true), "{value}");
    }
}

#[test]
fn a_comma_within_a_name_without_quotes_adds_no_mailbox() {
    for (value, expected) in [
        ("Doe, John <jdoe@x.test>", vec![("Doe, John", "jdoe@x.test")]),
        ("Anna, Bob & Co. <a@x.test>", vec![("Anna, Bob & Co.", "a@x.test")]),
        ("Doe, John, M.D. (home) <j@x.test>, b@y.test", vec![("Doe, John, M.D.", "j@x.test"), ("", "b@y.test")]),
        ("Doe, <j@x.test>", vec![("Doe", "j@x.test")]),
        ("\"Doe\", John <j@x.test>", vec![("Doe, John", "j@x.test")]),
        ("=?utf-8?Q?D=C3=B6?=, =?utf-8?Q?J=C3=B6?= <j@x.test>", vec![("Dö, Jö", "j@x.test")]),
        (
            "Kim <k@x.test>, Doe, John <j@x.test>; Roe, Ann <r@x.test>",
            vec![("Kim", "k@x.test"), ("Doe, John", "j@x.test"), ("Roe, Ann", "r@x.test")],
        ),
        ("team: Doe, John <j@x.test>;", vec![("Doe, John", "j@x.test")]),
        ("root, Doe, John <j@x.test>", vec![("", "root"), ("Doe, John", "j@x.test")]),
        ("Big Shop, Kim <k@x.test>", vec![("Big Shop, Kim", "k@x.test")]),
        ("Big Shop, k@x.test", vec![("Big Shop", ""), ("", "k@x.test")]),
    ] {
        let expected: Vec<Contact> = expected.into_iter().map(|(name, address)| Contact::new(name, address)).collect();
        assert_eq!(flawed(value), (expected, true), "{value}");
    }
    for (value, expected) in [
        ("root, admin", vec![("", "root"), ("", "admin")]),
        ("root (Admin), k@x.test", vec![("Admin", "root"), ("", "k@x.test")]),
        ("a@x.test, John <j@x.test>", vec![("", "a@x.test"), ("John", "j@x.test")]),
        ("root, a@x.test, John <j@x.test>", vec![("", "root"), ("", "a@x.test"), ("John", "j@x.test")]),
        ("root, Kim <k@x.test>", vec![("", "root"), ("Kim", "k@x.test")]),
        ("root, MAILER-DAEMON <>", vec![("", "root"), ("MAILER-DAEMON", "")]),
        ("root; John <j@x.test>", vec![("", "root"), ("John", "j@x.test")]),
        ("John <j@x.test>, root", vec![("John", "j@x.test"), ("", "root")]),
        ("root, team: John <j@x.test>;", vec![("", "root"), ("John", "j@x.test")]),
    ] {
        let expected: Vec<Contact> = expected.into_iter().map(|(name, address)| Contact::new(name, address)).collect();
        assert_eq!(flawed(value), (expected, false), "{value}");
    }
    let mut list = AddressList::default();
    super::read(&"root, ".repeat(3_000), &mut list);
    assert_eq!((list.contacts.len(), list.flaw), (MAX_CONTACTS, Some(WarningCode::AddressesCut)));
}

#[test]
fn a_mailbox_in_quotes_or_in_an_encoded_word_has_its_address() {
    for (value, expected) in [
        ("\"b@y.test\"", vec![("", "b@y.test")]),
        ("\"b@y.test\", \"c@z.test\"", vec![("", "b@y.test"), ("", "c@z.test")]),
        ("\"Anna <a@x.test>\"", vec![("Anna", "a@x.test")]),
        ("\"<a@x.test>\"", vec![("", "a@x.test")]),
        ("Anna \"a@x.test\"", vec![("Anna", "a@x.test")]),
        ("\"Doe, John <j@x.test>\"", vec![("Doe, John", "j@x.test")]),
        ("\"\\\"Doe, John\\\" <j@x.test>\"", vec![("Doe, John", "j@x.test")]),
        ("=?utf-8?B?6rmA7LKg7IiYIDxhQHgudGVzdD4=?=", vec![("김철수", "a@x.test")]),
        ("=?utf-8?B?6rmA?=@y.test", vec![("", "김@y.test")]),
        ("=?utf-8?Q?a=40x.test?=, Kim <k@x.test>", vec![("", "a@x.test"), ("Kim", "k@x.test")]),
        ("\"b@y.test\", Kim <k@x.test>", vec![("", "b@y.test"), ("Kim", "k@x.test")]),
        ("\"b@y.test\" (Bo)", vec![("", "b@y.test")]),
        ("team: \"b@y.test\";", vec![("", "b@y.test")]),
        // More than one address, a group, or none that is well-formed.
        ("\"a@x.test, b@y.test\"", vec![("a@x.test, b@y.test", "")]),
        ("\"a@x.test b@y.test\"", vec![("a@x.test b@y.test", "")]),
        ("\"a@x.test, Bcc: b@y.test\"", vec![("a@x.test, Bcc: b@y.test", "")]),
        ("=?utf-8?Q?a=40x.test=0D=0ABcc:_b=40y.test?=", vec![("a@x.test  Bcc: b@y.test", "")]),
        ("\"a..b@y.test\"", vec![("a..b@y.test", "")]),
        ("=?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D_<a=40x.test>?=", vec![("=?utf-8?Q?x?= <a@x.test>", "")]),
    ] {
        let expected: Vec<Contact> = expected.into_iter().map(|(name, address)| Contact::new(name, address)).collect();
        assert_eq!(flawed(value), (expected, true), "{value}");
    }
    // Another address of the item comes first, also the empty one of a bounce.
    for (value, name, address) in [
        ("\"ceo@bank.test\" <m@x.test>", "ceo@bank.test", "m@x.test"),
        ("\"ceo@bank.test\" m@x.test", "ceo@bank.test", "m@x.test"),
        ("\"ceo@bank.test\" <>", "ceo@bank.test", ""),
        ("=?utf-8?Q?ceo=40bank.test?= <m@x.test>", "ceo@bank.test", "m@x.test"),
        ("m@x.test (ceo@bank.test)", "ceo@bank.test", "m@x.test"),
    ] {
        assert_eq!(read(value), [Contact::new(name, address)], "{value}");
    }
}

#[test]
fn a_broken_address_is_kept_as_written_and_named() {
    for (value, expected) in [
        ("Foo at x.test", vec![("Foo at x.test", "")]),
        ("<Foo at x.test>", vec![("", "Foo at x.test")]),
        ("Kim <kim at x . test>", vec![("Kim", "kim at x.test")]),
        ("Kim <a b@x.test>", vec![("Kim", "a b@x.test")]),
        ("a..b@x.test", vec![("", "a..b@x.test")]),
        ("Kim <.a@x.test>", vec![("Kim", ".a@x.test")]),
        ("a@x.test.", vec![("", "a@x.test.")]),
        ("Kim <a@x..test>", vec![("Kim", "a@x..test")]),
        ("Kim <a@>", vec![("Kim", "a@")]),
        ("Kim <@x.test>", vec![("Kim", "@x.test")]),
        ("a@b@c.test", vec![("", "a@b@c.test")]),
        ("Kim <a@x!y.test>", vec![("Kim", "a@x!y.test")]),
        ("Kim <a@[127.0.0.1>", vec![("Kim", "a@[127.0.0.1")]),
        ("Kim <a\u{202e}b@x.test>", vec![("Kim", "a\u{202e}b@x.test")]),
        ("<>", vec![]),
    ] {
        let expected: Vec<Contact> = expected.into_iter().map(|(name, address)| Contact::new(name, address)).collect();
        assert_eq!(flawed(value), (expected, true), "{value}");
    }
}

#[test]
fn long_fields_take_linear_time() {
    for unit in [
        "a, ", "a, b <c>", "\"\\", "\\\"", "(", "\"a\" ", "\"a\"@", "(\"", ")(", "a@", "<", "<a>", "a@b ", "=?", "@[",
        ":", "a . ",
    ] {
        let value = unit.repeat(256 * 1024 / unit.len());
        let began = std::time::Instant::now();
        assert!(read(&value).len() <= MAX_CONTACTS);
        assert!(began.elapsed().as_secs() < 5, "{unit}: {:?}", began.elapsed());
    }
    assert_eq!(read_fields(&[], "To").flaw, None);
    let mut list = AddressList::default();
    super::read(&"a@b.c, ".repeat(3_000), &mut list);
    assert_eq!((list.contacts.len(), list.flaw), (MAX_CONTACTS, Some(WarningCode::AddressesCut)));
}
