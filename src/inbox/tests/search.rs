//! Searches: the same before and after indexing, whatever is asked.

use super::*;

#[tokio::test]
async fn searches_find_substrings_in_their_fields() {
    let f = fixture().await;
    f.inbox
        .store(arrival(
            "Kim <ba@example.org>",
            "Order 100% done",
            "Your code is 482910\r\nhttps://shop.example/v?t=AbC",
        ))
        .await
        .unwrap();
    f.inbox.store(arrival("\"R&D <x>\" <rd@example.org>", "인증 메일", "가입을 환영합니다_")).await.unwrap();
    f.inbox.store(arrival("c@example.net", "Other", "nothing to see")).await.unwrap();
    both_ways(&f.inbox, async || {
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
async fn a_phrase_is_found_with_its_punctuation_as_it_is_copied_from_the_mail() {
    let f = fixture().await;
    let body = "Dear Bob, welcome; we meet (now). He said \"yes indeed\", ok.\r\n";
    let bytes = format!("From: \"Kim, Minsu\" <kim@x.test>\r\nSubject: Hello, World (draft); x\r\n\r\n{body}");
    f.inbox.store(IncomingMessage { bytes: bytes.into_bytes(), ..IncomingMessage::default() }).await.unwrap();
    both_ways(&f.inbox, async || {
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
async fn a_header_is_found_as_it_stands_and_as_it_reads_and_an_id_that_we_gave_like_any() {
    let f = fixture().await;
    let head = "Subject: one\r\nX-Tags: foo bar\r\nX-Note: =?utf-8?b?7ISc7Jq4?=";
    let bytes = format!("{head}\r\n\r\nx\r\n").into_bytes();
    let id = f.inbox.store(IncomingMessage { bytes, ..IncomingMessage::default() }).await.unwrap();
    let given = f.inbox.summary(id).await.unwrap().unwrap().message_id;
    assert!(given.ends_with("@gatepost"), "{given}");
    let trace = f.inbox.message(id).await.unwrap().unwrap().trace;
    assert!(trace.contains(&format!("Message-ID: <{given}>\r\n")));
    both_ways(&f.inbox, async || {
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
async fn segments_are_joined_without_what_was_deleted_and_searches_stay_exact() {
    let f = fixture().await;
    let segments = async || {
        let mut conn = f.inbox.reader().await.unwrap();
        let all = super::store::segments::between(&mut conn, 0, i64::MAX).await.unwrap();
        all.iter().rev().map(|segment| segment.docs).collect::<Vec<_>>()
    };
    let found = async |text: &str| {
        let found = f.inbox.search(&query(text), &PageRequest { limit: None, ..PageRequest::default() }).await.unwrap();
        assert_eq!(found.total, found.messages.len() as u64);
        (found.total, found.unread)
    };
    let mut ids = Vec::new();
    for round in 0..4 {
        let store = async |n| f.inbox.store(arrival("a@b.c", &format!("n{n}e"), "odd even big world")).await.unwrap();
        ids.extend(futures::future::join_all((round * 300..round * 300 + 300).map(store)).await);
        assert_eq!(f.inbox.index().await.unwrap(), 300);
        let (read, gone) = (ids[round * 300..][..20].to_vec(), ids[round * 300..][10..30].to_vec());
        f.inbox.set_read(&Selection::Ids(read), true).await.unwrap();
        f.inbox.delete(&Selection::Ids(gone)).await.unwrap();
        let kept = round as u64 * 280 + 280;
        assert_eq!(found("even").await, (kept, kept - (round as u64 + 1) * 10), "{round}");
        assert_eq!(found("\"even big w\"").await.0, kept);
    }
    // 1,140 are left, the last 20 were deleted after the joining.
    assert_eq!(segments().await, [1_140]);
    assert_eq!((found("n5e").await.0, found("n15e").await.0, found("n1199e").await.0), (1, 0, 1));
    assert_eq!(found("is:read even").await, (40, 0));
    assert_eq!(f.inbox.set_read(&Selection::Matching(query("\"big world\" -n1199e")), true).await.unwrap(), 1_079);
    assert_eq!(found("world").await, (1_120, 1));
    f.inbox.store(arrival("a@b.c", "later", "world")).await.unwrap();
    assert_eq!(f.inbox.set_read(&Selection::All, true).await.unwrap(), 2);
    f.inbox.store(arrival("a@b.c", "unread", "world")).await.unwrap();
    assert_eq!((found("world").await, found("unread").await), ((1_122, 1), (1, 1)));
    assert_eq!(f.inbox.delete(&Selection::All).await.unwrap(), 1_122);
    assert_eq!((found("world").await, segments().await), ((0, 0), vec![]));
    f.inbox.tidy().await.unwrap();
    let mut conn = f.inbox.reader().await.unwrap();
    for table in ["contents", "segment_parts", "marks"] {
        let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        assert_eq!(sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut *conn).await.unwrap(), 0, "{table}");
    }
}

#[tokio::test]
async fn what_is_deleted_while_it_is_being_indexed_is_not_found_ever_after() {
    use super::super::store::segments::{EncodedSegment, append};
    use super::super::unindexed::Unindexed;
    let f = fixture().await;
    let found = async || f.inbox.search(&query("word"), &PageRequest::default()).await.unwrap().total;
    // At the border of a block of marks, so that the marks of those before it can be trimmed.
    let mut tx = f.inbox.0.turns.begin().await.unwrap();
    sqlx::query("update counters set last = 4090").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let mut ids = Vec::new();
    for n in 0..10 {
        ids.push(f.inbox.store(arrival("a@b.c", &n.to_string(), "word")).await.unwrap());
    }
    let read = f.inbox.0.recall.waiting.oldest(&mut f.inbox.reader().await.unwrap()).await.unwrap();
    let ready = EncodedSegment::new(&read.iter().map(Unindexed::doc).collect::<Vec<_>>());
    f.inbox.delete(&Selection::Ids(ids.drain(..5).collect())).await.unwrap();
    f.inbox.tidy().await.unwrap();
    let mut tx = f.inbox.0.turns.begin().await.unwrap();
    assert_eq!(append(&mut tx, &ready).await.unwrap(), 5);
    tx.commit().await.unwrap();
    assert_eq!(found().await, 5);
    f.inbox.delete(&Selection::Ids(ids)).await.unwrap();
    assert_eq!(found().await, 0);
}

#[tokio::test]
async fn a_segment_that_cannot_be_read_whole_is_not_joined_and_costs_no_other_message_its_words() {
    let f = fixture().await;
    for round in 0..4 {
        let store = async |n| f.inbox.store(arrival("a@b.c", &format!("n{n}e"), "even")).await.unwrap();
        futures::future::join_all((round * 300..round * 300 + 300).map(store)).await;
        assert_eq!(f.inbox.index().await.unwrap(), 300);
        if round == 0 {
            // The first chunk of sequences of the first segment's first part.
            let mut tx = f.inbox.0.turns.begin().await.unwrap();
            let damage = "update segment_parts set data = x'00' where id = (select min(id) + 1 from segment_parts)";
            assert_eq!(sqlx::query(damage).execute(&mut *tx).await.unwrap().rows_affected(), 1);
            tx.commit().await.unwrap();
        }
    }
    let segments = super::store::segments::between(&mut f.inbox.reader().await.unwrap(), 0, i64::MAX).await.unwrap();
    assert_eq!(segments.len(), 4);
    assert_eq!(f.inbox.search(&query("even"), &PageRequest::default()).await.unwrap().total, 1_200);
    for n in [0, 299, 300, 1_199] {
        assert_eq!(subjects(&f.inbox, &format!("n{n}e")).await, [format!("n{n}e")]);
    }
}

#[tokio::test]
async fn dates_bound_a_search_inclusively() {
    let f = fixture().await;
    for n in 0..3 {
        f.inbox.store(arrival("a@b.c", &n.to_string(), "body")).await.unwrap();
        f.clock.advance(Duration::from_secs(24 * 3_600));
    }
    assert_eq!(subjects(&f.inbox, "after:2026-11-22T03:34:00Z").await, ["2", "1"]);
    assert_eq!(subjects(&f.inbox, "before:2026-11-22T03:34:00Z").await, ["1", "0"]);
    assert_eq!(subjects(&f.inbox, "after:2026/11/22 before:2026/11/23").await, ["1"]);
}

/// Ordinarily a moment; `GATEPOST_FUZZ_SECONDS=600 cargo test --lib capture::tests::any` goes on with a fresh seed.
#[tokio::test]
async fn any_query_finds_the_same_before_and_after_indexing() {
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
    let words = |most: usize| (0..=roll(most)).map(|_| pieces[roll(pieces.len())]).collect::<String>();
    let (fresh, indexed) = (fixture().await, fixture().await);
    for n in 0..60 {
        let subject: String = words(6).chars().filter(|c| *c != '\n' && *c != '\0').collect();
        let mail = arrival("kim@example.org", &subject, &format!("{n} {}", words(30)));
        fresh.inbox.store(mail.clone()).await.unwrap();
        indexed.inbox.store(mail).await.unwrap();
    }
    while indexed.inbox.index().await.unwrap() > 0 {}
    let (start, mut rounds) = (std::time::Instant::now(), 0);
    while seconds.map_or(rounds < 300, |seconds| start.elapsed() < Duration::from_secs(seconds)) {
        rounds += 1;
        let text = words(5);
        let Some(query) = Query::parse(&text, &TimeZone::UTC) else { continue };
        let window = PageRequest { limit: None, ..PageRequest::default() };
        let both = (fresh.inbox.search(&query, &window).await, indexed.inbox.search(&query, &window).await);
        let (Ok(a), Ok(b)) = both else { panic!("seed {seed}: {text:?} failed: {both:?}") };
        assert_eq!(a.total, a.messages.len() as u64, "seed {seed}: {text:?}");
        let ids = |found: SearchResult| found.messages.into_iter().map(|m| m.id.row()).collect::<Vec<_>>();
        assert_eq!(ids(a), ids(b), "seed {seed}: {text:?} {query:?}");
    }
    println!("seed {seed}: {rounds} queries in {:?}", start.elapsed());
}

#[tokio::test]
async fn a_message_whose_bytes_are_damaged_hides_no_other_from_searches() {
    let f = fixture().await;
    let mut ids = Vec::new();
    for subject in ["first", "broken", "last"] {
        ids.push(f.inbox.store(arrival("a@b.c", subject, "body")).await.unwrap());
    }
    let file = rusqlite::Connection::open(settings(&f.folder).path).unwrap();
    file.execute("update contents set raw = x'00', session = '{' where message_id = ?", [ids[1].row()]).unwrap();
    both_ways(&f.inbox, async || {
        assert_eq!(subjects(&f.inbox, "body").await, ["last", "first"]);
        assert_eq!(f.inbox.search(&query("-body"), &PageRequest::default()).await.unwrap().total, 1);
    })
    .await;
    assert!(matches!(f.inbox.message(ids[1]).await, Err(StoreError::Damaged(_) | StoreError::Database(_))));
}
