//! Tests the counts of the sidebar and the grouping of messages that are alike.

use std::sync::Arc;

use crate::inbox::Facet;

use super::*;

fn facets(list: &[(&str, u64)]) -> Vec<Facet> {
    list.iter().map(|(name, count)| Facet { name: (*name).to_owned(), count: *count }).collect()
}

#[tokio::test]
async fn facets_count_what_their_queries_find() {
    let f = fixture().await;
    let code = "Your verification code is 482913.";
    f.inbox.store(incoming("Kim@b.c", "Code", code)).await.unwrap();
    f.clock.advance(Duration::from_secs(60));
    let mut many = incoming("lee+blue@b.c", "Two", "x");
    many.envelope_to.push("kim@b.c".into());
    many.source = MessageSource::Transport;
    many.refusal = Some("no".into());
    let second = f.inbox.store(many).await.unwrap();
    before_and_after_indexing(&f.inbox, async || {
        let all = f.inbox.facets().await.unwrap();
        assert_eq!((all.total, all.unread, all.with_code, all.attachments), (2, 2, 1, 0));
        assert_eq!((all.refused, all.from_this_site), (1, 1));
        assert_eq!(all.mailboxes, facets(&[("kim@b.c", 2), ("lee+blue@b.c", 1)]));
        assert_eq!(all.senders, facets(&[("shop@example.com", 2)]));
        assert_eq!(all.tags, facets(&[("blue", 1)]));
        assert_eq!((all.arrivals[58], all.arrivals[59], all.arrivals.iter().sum::<u32>()), (1, 1, 2));
        assert_eq!(subjects(&f.inbox, "mailbox:KIM@b.c").await, ["Two", "Code"]);
        assert_eq!(subjects(&f.inbox, "-mailbox:lee+blue@b.c").await, ["Code"]);
        assert_eq!(subjects(&f.inbox, "has:code").await, ["Code"]);
        assert_eq!(subjects(&f.inbox, "-has:code x").await, ["Two"]);
        assert_eq!(subjects(&f.inbox, "is:own").await, ["Two"]);
    })
    .await;
    let batch = f.inbox.delete_for_now(&Selection::Ids(vec![second])).await.unwrap();
    let fewer = f.inbox.facets().await.unwrap();
    assert_eq!((fewer.total, fewer.refused, fewer.from_this_site), (1, 0, 0));
    assert_eq!((&fewer.mailboxes, fewer.tags.len()), (&facets(&[("kim@b.c", 1)]), 0));
    f.inbox.undo(batch.id).await.unwrap();
    assert_eq!(f.inbox.facets().await.unwrap().mailboxes.len(), 2);
}

#[tokio::test]
async fn facets_are_counted_again_only_when_something_has_changed() {
    let f = fixture().await;
    let id = f.inbox.store(incoming("kim@b.c", "One", "x")).await.unwrap();
    while f.inbox.index().await.unwrap() > 0 {}
    let first = f.inbox.facets().await.unwrap();
    assert!(Arc::ptr_eq(&first, &f.inbox.facets().await.unwrap()), "nothing has changed");
    f.inbox.set_read(&Selection::Ids(vec![id]), true).await.unwrap();
    let read = f.inbox.facets().await.unwrap();
    assert_eq!((first.unread, read.unread), (1, 0), "a change is counted at once");
    f.clock.advance(Duration::from_secs(60));
    let later = f.inbox.facets().await.unwrap();
    assert_eq!((read.arrivals[59], later.arrivals[59], later.arrivals[58]), (1, 0, 1), "the minutes move");
}

#[tokio::test]
async fn every_recipient_of_a_message_is_counted_and_found() {
    let f = fixture().await;
    let address = |n: usize| format!("u{n}@b.c");
    for (subject, recipients) in [("Team", 90), ("All", 1_000)] {
        let mut sent = incoming("u0@b.c", subject, "x");
        sent.envelope_to = (0..recipients).map(address).collect();
        f.inbox.store(sent).await.unwrap();
        let listed = f.inbox.facets().await.unwrap().mailboxes.len();
        assert_eq!(listed, recipients.min(100), "the sidebar lists at most 100");
        let last = address(recipients - 1);
        assert_eq!(subjects(&f.inbox, &format!("mailbox:{last}")).await, [subject]);
    }
    assert_eq!(subjects(&f.inbox, "mailbox:u64@b.c").await, ["All", "Team"]);
}

#[tokio::test]
async fn an_empty_inbox_has_facets() {
    let f = fixture().await;
    let none = f.inbox.facets().await.unwrap();
    assert_eq!((none.total, none.mailboxes.len(), none.arrivals.iter().sum::<u32>()), (0, 0, 0));
}

#[tokio::test]
async fn alike_messages_are_counted_listed_as_one_and_found() {
    let f = fixture().await;
    for n in 0..14 {
        f.inbox.store(incoming("kim@b.c", &format!("Order {n} shipped"), "x")).await.unwrap();
    }
    f.inbox.store(incoming("kim@b.c", "Other", "x")).await.unwrap();
    let list = f.inbox.list(&PageRequest::default()).await.unwrap();
    let keys = vec![list[0].template, list[1].template, "000000000000".parse().unwrap()];
    assert_eq!(f.inbox.alike(keys.clone()).await.unwrap(), [1, 14, 0]);
    assert_eq!(subjects(&f.inbox, &format!("alike:{} subject:\"order 7\"", keys[1])).await, ["Order 7 shipped"]);
    assert_eq!(query("alike:xyz").ignored_terms(), ["alike:xyz"]);
    let (rows, total) = f.inbox.newest_of_each_template(0, 50).await.unwrap();
    let rows: Vec<(&str, u64)> = rows.iter().map(|(summary, count)| (summary.subject.as_str(), *count)).collect();
    assert_eq!((rows, total), (vec![("Other", 1), ("Order 13 shipped", 14)], 2));
    let (second, _) = f.inbox.newest_of_each_template(1, 50).await.unwrap();
    assert_eq!(second.len(), 1);
}

#[tokio::test]
async fn versions_of_a_template_differ_in_more_than_numbers_and_names() {
    let f = fixture().await;
    let html = |name: &str, text: &str, token: &str| {
        let body = format!("<p>Hello {name}, {text}</p><a href=\"https://a.test/verify/{token}\">here</a>");
        let mut message = incoming(&format!("{name} <{name}@b.c>"), "Confirm", "");
        message.bytes = format!(
            "From: a@b.c\r\nTo: {name} <{name}@b.c>\r\nSubject: Confirm\r\nContent-Type: text/html\r\n\r\n{body}"
        )
        .into_bytes();
        message
    };
    for (name, text, token) in [
        ("Kim", "open link 1", "Ab3-xyz_0123456789abc"),
        ("Minsu", "open link 22", "Zz9-qqq_1111111111aaa"),
        ("Kim", "click link 3", "Ab3-xyz_0123456789abd"),
        ("Lee", "open link 4", "Ab3-xyz_0123456789abe"),
    ] {
        f.inbox.store(html(name, text, token)).await.unwrap();
        f.clock.advance(Duration::from_secs(1));
    }
    let newest = f.inbox.list(&PageRequest::default()).await.unwrap().swap_remove(0);
    let versions = f.inbox.versions(newest.template).await.unwrap();
    let counts: Vec<(u64, bool)> = versions.iter().map(|v| (v.count, v.newest == newest.id)).collect();
    assert_eq!(counts, [(3, true), (1, false)]);
    assert_eq!(versions[0].last_seen.since(versions[0].first_seen), Duration::from_secs(3));
}
