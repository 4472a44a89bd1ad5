//! Searches, which return the same messages before and after indexing.

use super::*;

#[tokio::test]
async fn searches_find_substrings_in_their_fields() {
    let f = fixture().await;
    f.inbox
        .store(incoming(
            "Kim <ba@example.org>",
            "Order 100% done",
            "Your code is 482910\r\nhttps://shop.example/v?t=AbC",
        ))
        .await
        .unwrap();
    f.inbox.store(incoming("\"R&D <x>\" <rd@example.org>", "인증 메일", "가입을 환영합니다_")).await.unwrap();
    f.inbox.store(incoming("c@example.net", "Other", "nothing to see")).await.unwrap();
    before_and_after_indexing(&f.inbox, async || {
        for (text, expected) in [
            ("order", vec!["Order 100% done"]),
            ("ORDER done", vec!["Order 100% done"]),
            ("\"order 100%\"", vec!["Order 100% done"]),
            ("\"order done\"", vec![]),
            ("to:a@example", vec!["Order 100% done"]),
            ("to:name", vec![]),
            ("to:address", vec![]),
            ("to:R&D", vec!["인증 메일"]),
            ("인증", vec!["인증 메일"]),
            ("증", vec!["인증 메일"]),
            ("다_", vec!["인증 메일"]),
            ("환영합", vec!["인증 메일"]),
            ("-from:shop", vec![]),
            ("-order", vec!["Other", "인증 메일"]),
            ("from:bounce", vec![]),
            ("bounce", vec!["Other", "인증 메일", "Order 100% done"]),
            ("example.org", vec!["인증 메일", "Order 100% done"]),
            ("addressed:example.net", vec!["Other"]),
            ("subject:r", vec!["Other", "Order 100% done"]),
            ("link:t=abc", vec!["Order 100% done"]),
            ("code:482910", vec!["Order 100% done"]),
            ("code:482-910", vec!["Order 100% done"]),
            ("code:\"482 910\"", vec!["Order 100% done"]),
            ("header:\"subject: oth\"", vec!["Other"]),
            ("xyzzy", vec![]),
            ("_", vec!["인증 메일"]),
            ("%", vec!["Order 100% done"]),
            ("smaller:1k is:unread", vec!["Other", "인증 메일", "Order 100% done"]),
            ("larger:1k", vec![]),
            ("!is:read has:attachment", vec![]),
            ("a'b OR c\" NOT", vec![]),
        ] {
            assert_eq!(subjects(&f.inbox, text).await, expected, "{text}");
        }
    })
    .await;
    let newest = f.inbox.latest(Some(&query("example.org"))).await.unwrap().unwrap();
    assert_eq!(f.inbox.summary(newest).await.unwrap().unwrap().subject, "인증 메일");
}

#[tokio::test]
async fn invisible_characters_within_words_do_not_hide_them() {
    let f = fixture().await;
    let body = "Ihre Kunden\u{ad}bestellung zero\u{200b}width Fuß\u{200c}ball \u{200b}";
    f.inbox.store(incoming("a@b.c", "x", body)).await.unwrap();
    before_and_after_indexing(&f.inbox, async || {
        for text in ["kundenbestellung", "zerowidth", "Fußball", "Kunden\u{ad}bestellung", "\"zerowidth fußball\""] {
            assert_eq!(subjects(&f.inbox, text).await, ["x"], "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_phrase_matches_with_the_punctuation_of_the_message() {
    let f = fixture().await;
    let body = "Dear Bob, welcome; we meet (now). He said \"yes indeed\", ok.\r\n";
    let bytes = format!("From: \"Kim, Minsu\" <kim@x.test>\r\nSubject: Hello, World (draft); x\r\n\r\n{body}");
    f.inbox.store(IncomingMessage { bytes: bytes.into_bytes(), ..IncomingMessage::default() }).await.unwrap();
    before_and_after_indexing(&f.inbox, async || {
        for text in [
            "\"Hello, World\"",
            "\"World (draft)\"",
            "subject:\"World (draft); x\"",
            "\"Dear Bob, welcome\"",
            "\"dear bob welcome\"",
            "(now).",
            "\"said yes indeed\"",
            "hello,world",
            "from:\"Kim, Minsu\"",
            "from:\"Kim Minsu\"",
            "from:<kim@x.test>",
        ] {
            assert_eq!(subjects(&f.inbox, text).await.len(), 1, "{text}");
        }
        for text in ["subject:\"Hello World\"", "\"bob we meet\"", "\"world now\""] {
            assert_eq!(subjects(&f.inbox, text).await.len(), 0, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn headers_match_raw_and_decoded_and_a_generated_message_id_matches_too() {
    let f = fixture().await;
    let head = "Subject: one\r\nX-Tags: foo bar\r\nX-Note: =?utf-8?b?7ISc7Jq4?=";
    let bytes = format!("{head}\r\n\r\nx\r\n").into_bytes();
    let id = f.inbox.store(IncomingMessage { bytes, ..IncomingMessage::default() }).await.unwrap();
    let given = f.inbox.summary(id).await.unwrap().unwrap().message_id;
    assert!(given.ends_with("@gatepost"), "{given}");
    let trace = f.inbox.message(id).await.unwrap().unwrap().session.trace;
    assert!(trace.contains(&format!("Message-ID: <{given}>\r\n")));
    before_and_after_indexing(&f.inbox, async || {
        let by_id = format!("message-id:<{given}>");
        let terms = [
            "header:x-note:서울",
            "header:\"x-note: =?utf-8?b?7isc7jq4?=\"",
            "tag:\"foo  bar\"",
            "tag:foo,bar",
            &by_id,
        ];
        for text in terms {
            assert_eq!(subjects(&f.inbox, text).await, ["one"], "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_header_term_finds_text_anywhere_in_one_field_of_that_name() {
    let f = fixture().await;
    let store = async |head: &str| {
        let bytes = format!("{head}\r\n\r\nx\r\n").into_bytes();
        f.inbox.store(IncomingMessage { bytes, ..IncomingMessage::default() }).await.unwrap();
    };
    store("X-First: in front\r\nSubject: one\r\nX-Note: Alpha  Beta,\r\n gamma\r\nX-Last: delta").await;
    let encoded = "Subject: two\r\nX-Note:\r\nX-Next: omega =?utf-8?q?caf=C3=A9?= end";
    store(&format!("{encoded}\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click")).await;
    before_and_after_indexing(&f.inbox, async || {
        for (text, expected) in [
            ("header:x-note:gamma", vec!["one"]),
            ("header:X-NOTE:AMM", vec!["one"]),
            ("\"header:x-note:a beta, g\"", vec!["one"]),
            ("\"header:x-note: alpha beta\"", vec!["one"]),
            ("header:x-first:front", vec!["one"]),
            ("header:x-note:delta", vec![]),
            ("\"header:x-note:gamma x-last: delta\"", vec![]),
            ("header:note:gamma", vec![]),
            ("-header:x-note:gamma", vec!["two"]),
            ("-header:note:gamma", vec!["two", "one"]),
            ("\"header:x-next:café en\"", vec!["two"]),
            ("header:x-next:=C3=A9", vec!["two"]),
            ("header:x-note:omega", vec![]),
            ("header:list-unsubscribe-post:click", vec!["two"]),
            ("header:post:list", vec![]),
            ("header:unsubscribe-post:list", vec![]),
            ("header:unsubscribe-post", vec!["two"]),
            ("header:x-note:", vec!["two", "one"]),
            ("header:gamma", vec!["one"]),
        ] {
            assert_eq!(subjects(&f.inbox, text).await, expected, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn before_and_after_include_the_given_time() {
    let f = fixture().await;
    for n in 0..3 {
        f.inbox.store(incoming("a@b.c", &n.to_string(), "body")).await.unwrap();
        f.clock.advance(Duration::from_secs(24 * 3_600));
    }
    assert_eq!(subjects(&f.inbox, "after:2026-11-22T03:34:00Z").await, ["2", "1"]);
    assert_eq!(subjects(&f.inbox, "before:2026-11-22T03:34:00Z").await, ["1", "0"]);
    assert_eq!(subjects(&f.inbox, "after:2026/11/22 before:2026/11/23").await, ["1"]);
}

/// Runs 300 queries with a fixed seed. `GATEPOST_FUZZ_SECONDS=600 cargo test --lib random_queries` runs for ten minutes
/// with a random seed.
#[tokio::test]
async fn random_queries_match_the_same_before_and_after_indexing() {
    let seconds = std::env::var("GATEPOST_FUZZ_SECONDS").ok().map(|text| text.parse::<u64>().unwrap());
    let seed = if seconds.is_some() { u64::from_be_bytes(Entropy::system().bytes()) } else { 1 };
    let dice = Entropy::seeded(seed);
    let roll = |below: usize| usize::try_from(u32::from_be_bytes(dice.bytes())).unwrap() % below;
    let pieces = [
        "to:",
        "from:",
        "-",
        "!",
        "\"",
        "subject:",
        "a",
        "b",
        "or",
        "AND",
        "NOT",
        "*",
        "(",
        ")",
        "{",
        "}",
        "^",
        "인증",
        "증",
        " ",
        "  ",
        "%",
        "_",
        "'",
        "\\",
        "\0",
        ":",
        "is:read",
        "has:inline",
        "tag:",
        "before:",
        "2026/11/21",
        "larger:1",
        "é",
        "İ",
        "example",
        "hello",
        "code:",
        "link:",
        "header:",
        "\u{10ffff}",
        ";",
        "--",
        "+",
        "word",
        "\n",
        "ß",
    ];
    let text_of = |most: usize| (0..=roll(most)).map(|_| pieces[roll(pieces.len())]).collect::<String>();
    let (unindexed, indexed) = (fixture().await, fixture().await);
    for n in 0..60 {
        let subject: String = text_of(6).chars().filter(|c| *c != '\n' && *c != '\0').collect();
        let message = incoming("kim@example.org", &subject, &format!("{n} {}", text_of(30)));
        unindexed.inbox.store(message.clone()).await.unwrap();
        indexed.inbox.store(message).await.unwrap();
    }
    while indexed.inbox.index().await.unwrap() > 0 {}
    let (start, mut rounds) = (std::time::Instant::now(), 0);
    while seconds.map_or(rounds < 300, |seconds| start.elapsed() < Duration::from_secs(seconds)) {
        rounds += 1;
        let text = text_of(5);
        let Some(query) = Query::parse(&text, &TimeZone::UTC) else { continue };
        let all = PageRequest { limit: None, ..PageRequest::default() };
        let both = (unindexed.inbox.search(&query, &all).await, indexed.inbox.search(&query, &all).await);
        let (Ok(a), Ok(b)) = both else { panic!("seed {seed}: {text:?} failed: {both:?}") };
        assert_eq!(a.total, a.messages.len() as u64, "seed {seed}: {text:?}");
        let ids = |found: SearchResult| found.messages.into_iter().map(|m| m.id.row()).collect::<Vec<_>>();
        assert_eq!(ids(a), ids(b), "seed {seed}: {text:?} {query:?}");
    }
    println!("seed {seed}: {rounds} queries in {:?}", start.elapsed());
}

#[tokio::test]
async fn a_message_with_damaged_bytes_hides_no_other_from_searches() {
    let f = fixture().await;
    let mut ids = Vec::new();
    for subject in ["first", "broken", "last"] {
        ids.push(f.inbox.store(incoming("a@b.c", subject, "body")).await.unwrap());
    }
    let file = rusqlite::Connection::open(settings(&f.folder).path).unwrap();
    f.inbox.forget_texts();
    file.execute("update contents set raw = x'00', session = '{' where message_id = ?", [ids[1].row()]).unwrap();
    before_and_after_indexing(&f.inbox, async || {
        assert_eq!(subjects(&f.inbox, "body").await, ["last", "first"]);
        assert_eq!(f.inbox.search(&query("-body"), &PageRequest::default()).await.unwrap().total, 1);
    })
    .await;
    assert!(matches!(f.inbox.message(ids[1]).await, Err(StoreError::Damaged(_) | StoreError::Database(_))));
}
