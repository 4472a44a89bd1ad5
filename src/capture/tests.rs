//! The inbox as a whole, on a real file.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::*;
use crate::clock::{Clock, Time};
use crate::secret::Entropy;

mod fuzz;

struct Fixture {
    inbox: Inbox,
    clock: Clock,
    folder: tempfile::TempDir,
}

fn settings(folder: &tempfile::TempDir) -> Settings {
    let path = folder.path().join("made/inbox.db");
    Settings { path, max_message_size: 1 << 20, keep_messages: 0, keep_days: 0, keep_bytes: 0 }
}

async fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Time::from_millis(1_795_232_040_000));
    let inbox = Inbox::open(settings(&folder), clock.clone(), Entropy::seeded(1)).await.unwrap();
    Fixture { inbox, clock, folder }
}

fn arrival(to: &str, subject: &str, body: &str) -> Arrival {
    let bytes =
        format!("From: Shop <shop@example.com>\r\nTo: {to}\r\nSubject: {subject}\r\n\r\n{body}\r\n").into_bytes();
    Arrival { envelope_from: "bounce@example.com".into(), envelope_to: vec![to.into()], bytes, ..Arrival::default() }
}

fn query(text: &str) -> Query {
    Query::parse(text, &TimeZone::UTC).unwrap()
}

async fn subjects(inbox: &Inbox, text: &str) -> Vec<String> {
    let found = inbox.search(&query(text), &Window::default()).await.unwrap();
    assert_eq!(found.total, found.messages.len() as u64, "{text}");
    found.messages.into_iter().map(|m| m.subject).collect()
}

/// Runs `check` with everything pending and again with everything indexed.
async fn both_ways(inbox: &Inbox, check: impl AsyncFn()) {
    check().await;
    while inbox.index().await.unwrap() > 0 {}
    check().await;
}

#[tokio::test]
async fn a_stored_message_comes_back_byte_for_byte() {
    let f = fixture().await;
    let sent = Arrival {
        transcript: "C: DATA".into(),
        helo: "client".into(),
        ..arrival("kim+order@example.com", "Hello", "one\r\n.two\0\u{fe}")
    };
    let id = f.inbox.store(sent.clone()).await.unwrap();
    let message = f.inbox.message(id).await.unwrap().unwrap();
    assert_eq!(message.bytes, sent.bytes);
    assert_eq!(message.session.envelope_from, "bounce@example.com");
    assert_eq!(message.session.transcript, "C: DATA");
    assert_eq!(message.summary.subject, "Hello");
    assert_eq!(message.summary.tags, ["order"]);
    assert_eq!(message.summary.size, message.shown().len() as u64);
    assert_eq!(f.inbox.latest(None).await.unwrap(), Some(id));
    assert_eq!(
        f.inbox.counts().await.unwrap(),
        Counts { messages: 1, unread: 1, bytes: message.summary.size, ..Counts::default() }
    );
}

#[tokio::test]
async fn a_key_stores_once_and_answers_the_same_id_again() {
    let f = fixture().await;
    let letter =
        Arrival { repeat_key: Some("row-1".into()), purpose: Some("verify".into()), ..arrival("a@b.c", "x", "y") };
    let (a, b) = tokio::join!(f.inbox.store(letter.clone()), f.inbox.store(letter.clone()));
    assert_eq!(a.unwrap(), b.unwrap());
    let again = f.inbox.store(letter.clone()).await.unwrap();
    assert_eq!(f.inbox.counts().await.unwrap().messages, 1);
    f.inbox.delete(&Selection::Ids(vec![again])).await.unwrap();
    assert_ne!(f.inbox.store(letter).await.unwrap(), again);
}

#[tokio::test]
async fn too_large_a_message_is_refused_and_nothing_of_it_kept() {
    let f = fixture().await;
    let huge = Arrival { bytes: vec![b'x'; (1 << 20) + 1], ..Arrival::default() };
    assert!(matches!(f.inbox.store(huge).await, Err(StoreError::TooLarge { limit: 1_048_576 })));
    let fits = Arrival { bytes: vec![b'x'; 1 << 20], ..Arrival::default() };
    f.inbox.store(fits).await.unwrap();
    assert_eq!(f.inbox.counts().await.unwrap().messages, 1);
}

#[tokio::test]
async fn many_senders_at_once_all_find_their_message() {
    let f = fixture().await;
    let store = async |n: usize| f.inbox.store(arrival("a@b.c", &format!("number {n}"), "body")).await.unwrap();
    let ids = futures::future::join_all((0..700).map(store)).await;
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(f.inbox.summary(*id).await.unwrap().unwrap().subject, format!("number {n}"));
    }
    assert_eq!(f.inbox.counts().await.unwrap().messages, 700);
}

#[tokio::test]
async fn the_list_is_newest_first_by_offset_and_by_key() {
    let f = fixture().await;
    for n in 0..5 {
        f.inbox.store(arrival("a@b.c", &n.to_string(), "body")).await.unwrap();
        f.clock.advance(Duration::from_secs(1));
    }
    let list = async |window| f.inbox.list(&window).await.unwrap().into_iter().map(|m| m.subject).collect::<Vec<_>>();
    assert_eq!(list(Window::default()).await, ["4", "3", "2", "1", "0"]);
    assert_eq!(list(Window { start: 1, limit: Some(2), ..Window::default() }).await, ["3", "2"]);
    let third = f.inbox.list(&Window::default()).await.unwrap()[2].clone();
    assert_eq!(list(Window { older_than: Some(third.id), ..Window::default() }).await, ["1", "0"]);
    assert_eq!(list(Window { before: Some(third.created), limit: None, ..Window::default() }).await, ["1", "0"]);
    assert_eq!(list(Window { limit: Some(0), ..Window::default() }).await, [""; 0]);
}

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
async fn segments_are_joined_without_what_was_deleted_and_searches_stay_exact() {
    let f = fixture().await;
    let segments = async || {
        let mut conn = f.inbox.reader().await.unwrap();
        let all = super::store::segments::between(&mut conn, 0, i64::MAX).await.unwrap();
        all.iter().rev().map(|segment| segment.docs).collect::<Vec<_>>()
    };
    let found = async |text: &str| {
        let found = f.inbox.search(&query(text), &Window { limit: None, ..Window::default() }).await.unwrap();
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
    assert_eq!(f.inbox.search(&query("even"), &Window::default()).await.unwrap().total, 1_200);
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

#[tokio::test]
async fn read_state_and_counts_move_together() {
    let f = fixture().await;
    let a = f.inbox.store(arrival("a@b.c", "a", "x")).await.unwrap();
    let b = f.inbox.store(arrival("a@b.c", "b", "x")).await.unwrap();
    assert_eq!(f.inbox.set_read(&Selection::Ids(vec![a, a]), true).await.unwrap(), 1);
    assert_eq!(f.inbox.set_read(&Selection::Ids(vec![a]), true).await.unwrap(), 0);
    assert_eq!(f.inbox.counts().await.unwrap().unread, 1);
    assert_eq!(subjects(&f.inbox, "is:read").await, ["a"]);
    assert_eq!(f.inbox.set_read(&Selection::Matching(query("subject:b")), true).await.unwrap(), 1);
    assert_eq!(f.inbox.set_read(&Selection::All, false).await.unwrap(), 2);
    assert_eq!(f.inbox.delete(&Selection::Ids(vec![b])).await.unwrap(), 1);
    let counts = f.inbox.counts().await.unwrap();
    assert_eq!((counts.messages, counts.unread, counts.deleted), (1, 1, 1));
}

#[tokio::test]
async fn deletion_leaves_nothing_to_find() {
    let f = fixture().await;
    let a = f.inbox.store(arrival("a+t@b.c", "alpha", "x")).await.unwrap();
    while f.inbox.index().await.unwrap() > 0 {}
    let b = f.inbox.store(arrival("a@b.c", "alphabet", "x")).await.unwrap();
    f.inbox.delete(&Selection::Ids(vec![a, b])).await.unwrap();
    assert_eq!(subjects(&f.inbox, "alpha").await, [""; 0]);
    assert_eq!(f.inbox.tags().await.unwrap(), [""; 0]);
    assert!(f.inbox.message(a).await.unwrap().is_none());
    f.inbox.store(arrival("a@b.c", "alpha", "x")).await.unwrap();
    while f.inbox.index().await.unwrap() > 0 {}
    assert_eq!(f.inbox.delete(&Selection::All).await.unwrap(), 1);
    assert_eq!(subjects(&f.inbox, "alpha").await, [""; 0]);
    assert_eq!(f.inbox.counts().await.unwrap(), Counts { deleted: 3, ..Counts::default() });
}

#[tokio::test]
async fn tags_are_replaced_renamed_and_gone_when_unused() {
    let f = fixture().await;
    let a = f.inbox.store(arrival("a@b.c", "a", "x")).await.unwrap();
    f.inbox.set_tags(&[a], &["Big deal".into(), "big  DEAL".into(), "2nd!".into()]).await.unwrap();
    assert_eq!(f.inbox.tag_counts().await.unwrap(), [("2nd".to_owned(), 1), ("Big deal".to_owned(), 1)]);
    assert_eq!(subjects(&f.inbox, "tag:\"big deal\"").await, ["a"]);
    f.inbox.rename_tag("big deal", "Small").await.unwrap();
    assert!(matches!(f.inbox.rename_tag("Small", "2ND").await, Err(TagError::Exists(_))));
    assert!(matches!(f.inbox.rename_tag("gone", "x").await, Err(TagError::NotFound(_))));
    assert!(matches!(f.inbox.rename_tag("Small", "!").await, Err(TagError::Invalid(_))));
    f.inbox.delete_tag("small").await.unwrap();
    assert_eq!(f.inbox.tags().await.unwrap(), ["2nd"]);
    f.inbox.set_tags(&[a], &[]).await.unwrap();
    assert_eq!(f.inbox.tags().await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn followers_hear_of_this_process_and_of_others() {
    let f = fixture().await;
    let other = Inbox::open(settings(&f.folder), f.clock.clone(), Entropy::seeded(2)).await.unwrap();
    let mut feed = f.inbox.feed(None).await.unwrap();
    let a = f.inbox.store(arrival("a@b.c", "ours", "x")).await.unwrap();
    let stored = next(&mut feed).await;
    assert!(matches!(&stored.change, Change::Stored(s) if s.id == a && s.subject == "ours"));
    assert!(matches!(next(&mut feed).await.change, Change::Counted(Counts { messages: 1, .. })));
    let b = other.store(arrival("a@b.c", "theirs", "x")).await.unwrap();
    assert!(matches!(next(&mut feed).await.change, Change::Stored(s) if s.id == b));
    next(&mut feed).await;
    other.set_read(&Selection::Ids(vec![a]), true).await.unwrap();
    assert_eq!(next(&mut feed).await.change, Change::Read { id: a, read: true });
    next(&mut feed).await;
    other.delete(&Selection::Ids(vec![a])).await.unwrap();
    assert_eq!(next(&mut feed).await.change, Change::Deleted { id: a });

    let mut resumed = f.inbox.feed(Some(stored.seq)).await.unwrap();
    let mut changes = Vec::new();
    for _ in 0..3 {
        changes.push(next(&mut resumed).await.change);
    }
    // The read state of a message that is gone is not told again.
    assert!(
        matches!(&changes[..], [Change::Stored(s), Change::Deleted { id }, Change::Counted(_)] if s.id == b && *id == a)
    );
}

async fn next(feed: &mut Feed) -> Event {
    tokio::time::timeout(Duration::from_secs(10), feed.next()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_slow_follower_is_told_to_reload() {
    let f = fixture().await;
    let mut feed = f.inbox.feed(None).await.unwrap();
    for _ in 0..3 {
        let store = async |_| f.inbox.store(arrival("a@b.c", "x", "y")).await.unwrap();
        futures::future::join_all((0..500).map(store)).await;
        // Each burst is read before the next, so that it is the follower's queue that overflows.
        let mut watch = f.inbox.feed(None).await.unwrap();
        f.inbox.set_read(&Selection::All, true).await.unwrap();
        next(&mut watch).await;
    }
    let mut pruned = false;
    while !pruned {
        pruned = next(&mut feed).await.change == Change::Pruned;
    }
}

#[tokio::test]
async fn retention_keeps_the_newest_by_number_age_and_bytes() {
    let f = fixture().await;
    for n in 0..10 {
        f.inbox.store(arrival("a@b.c", &n.to_string(), "body")).await.unwrap();
        f.clock.advance(Duration::from_secs(24 * 3_600));
    }
    let size = f.inbox.list(&Window::default()).await.unwrap()[0].size;
    let kept = async |change: &dyn Fn(&mut Settings)| {
        let mut settings = settings(&f.folder);
        change(&mut settings);
        let inbox = Inbox::open(settings, f.clock.clone(), Entropy::seeded(3)).await.unwrap();
        inbox.tidy().await.unwrap();
        inbox.list(&Window::default()).await.unwrap().into_iter().map(|m| m.subject).collect::<Vec<_>>()
    };
    assert_eq!(kept(&|_| ()).await.len(), 10);
    assert_eq!(kept(&|s| s.keep_messages = 8).await, ["9", "8", "7", "6", "5", "4", "3", "2"]);
    assert_eq!(kept(&|s| s.keep_days = 6).await, ["9", "8", "7", "6", "5", "4"]);
    assert_eq!(kept(&|s| s.keep_bytes = size * 3).await, ["9", "8", "7"]);
    assert_eq!(f.inbox.counts().await.unwrap().messages, 3);
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let f = fixture().await;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&settings(&f.folder).path), 0o600);
    assert_eq!(mode(settings(&f.folder).path.parent().unwrap()), 0o700);
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
        let window = Window { limit: None, ..Window::default() };
        let both = (fresh.inbox.search(&query, &window).await, indexed.inbox.search(&query, &window).await);
        let (Ok(a), Ok(b)) = both else { panic!("seed {seed}: {text:?} failed: {both:?}") };
        assert_eq!(a.total, a.messages.len() as u64, "seed {seed}: {text:?}");
        let ids = |found: Found| found.messages.into_iter().map(|m| m.id.row()).collect::<Vec<_>>();
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
        assert_eq!(f.inbox.search(&query("-body"), &Window::default()).await.unwrap().total, 1);
    })
    .await;
    assert!(matches!(f.inbox.message(ids[1]).await, Err(StoreError::Damaged(_) | StoreError::Database(_))));
}

/// What a power cut may leave: the write-ahead log ends anywhere, even inside a page.
#[tokio::test]
async fn a_torn_log_costs_whole_messages_from_the_end_and_nothing_else() {
    let f = fixture().await;
    for n in 0..40 {
        f.inbox.store(arrival("a@b.c", &n.to_string(), "body")).await.unwrap();
    }
    let path = settings(&f.folder).path;
    let log = std::fs::read(path.with_extension("db-wal")).unwrap();
    let mut survivors = Vec::new();
    for part in [0, 1, 3, 50, 77, 99, 100] {
        let folder = tempfile::tempdir().unwrap();
        let torn = settings(&folder);
        std::fs::create_dir_all(torn.path.parent().unwrap()).unwrap();
        std::fs::copy(&path, &torn.path).unwrap();
        std::fs::write(torn.path.with_extension("db-wal"), &log[..log.len() * part / 100]).unwrap();
        let inbox = Inbox::open(torn, f.clock.clone(), Entropy::seeded(9)).await.unwrap();
        let subjects: Vec<String> = inbox
            .list(&Window { limit: None, ..Window::default() })
            .await
            .unwrap()
            .into_iter()
            .map(|m| m.subject)
            .rev()
            .collect();
        assert_eq!(subjects, (0..subjects.len()).map(|n| n.to_string()).collect::<Vec<_>>());
        assert_eq!(inbox.counts().await.unwrap().messages, subjects.len() as u64);
        inbox.store(arrival("a@b.c", "after", "the cut")).await.unwrap();
        while inbox.index().await.unwrap() > 0 {}
        assert_eq!(self::subjects(&inbox, "after").await, ["after"]);
        survivors.push(subjects.len());
    }
    assert!(survivors.is_sorted() && survivors.last() == Some(&40), "{survivors:?}");
}

#[tokio::test]
async fn exported_files_are_named_by_us_alone() {
    let f = fixture().await;
    let evil = "../../../evil";
    let head = format!("Subject: {evil}\r\nMessage-ID: <{evil}>\r\nContent-ID: <{evil}>\r\nDate: {evil}\r\n\r\n");
    let letter = Arrival { envelope_from: evil.into(), bytes: head.into_bytes(), ..arrival("a@b.c", evil, "x") };
    let id = f.inbox.store(letter).await.unwrap().to_string();
    let outer = f.folder.path().join("outer");
    for (format, file) in [
        (files::Format::Eml, format!("{id}.eml")),
        (files::Format::Mbox, "inbox.mbox".to_owned()),
        (files::Format::Maildir, format!("new/{id}")),
    ] {
        let folder = outer.join("made").join(file.replace('/', "-"));
        files::export(&f.inbox, &folder, format, None).await.unwrap();
        assert!(folder.join(&file).is_file(), "{file}");
        // Not over what is there, and not through a link.
        assert!(files::export(&f.inbox, &folder, format, None).await.is_err(), "{file}");
    }
    let made: Vec<_> = std::fs::read_dir(&outer).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(made, ["made"]);
}
