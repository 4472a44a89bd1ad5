//! The end of a message for any size of packets, and the limits.

use super::super::budget::MemoryBudget;
use super::*;

fn body(limit: usize, header: usize) -> MessageBody {
    MessageBody::new(limit, header, 0, MemoryBudget::new(1 << 20).hold())
}

/// Feeds `wire` in pieces of `step` bytes. Returns the message, and the bytes after its end if it ended.
fn read(wire: &[u8], step: usize) -> (Vec<u8>, Option<Vec<u8>>) {
    let (mut unstuffer, mut body) = (DotUnstuffer::new(), body(1 << 16, 1 << 16));
    let mut used = 0;
    while used < wire.len() {
        let end = (used + step).min(wire.len());
        let (taken, done) = unstuffer.read(&wire[used..end], &mut body);
        used += taken;
        if done {
            return (body.bytes, Some(wire[used..].to_vec()));
        }
    }
    (body.bytes, None)
}

#[test]
fn only_cr_lf_dot_cr_lf_ends_a_message() {
    for (wire, message, rest) in [
        ("a\r\n.\r\nNOOP", "a\r\n", Some("NOOP")),
        (".\r\n", "", Some("")),
        ("..\r\n.\r\n", ".\r\n", Some("")),
        (".a\r\n...b\r\n.\r\n", "a\r\n..b\r\n", Some("")),
        ("a\n.\nb\r\n.\r\n", "a\n.\nb\r\n", Some("")),
        ("a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n", Some("")),
        ("a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n", Some("")),
        ("a\r.\rb\r\n.\r\n", "a\r.\rb\r\n", Some("")),
        ("a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n", Some("")),
        ("a\r\n.\r\r\nb\r\n.\r\n", "a\r\n\r\r\nb\r\n", Some("")),
        ("a\r\r\n.\r\n", "a\r\r\n", Some("")),
        ("a\r\n.\r\n.\r\n", "a\r\n", Some(".\r\n")),
        ("a\r\n.", "a\r\n", None),
        ("a\r\n\0.\r\n", "a\r\n\0.\r\n", None),
    ] {
        for step in 1..=wire.len() {
            let got = read(wire.as_bytes(), step);
            let want = (message.as_bytes().to_vec(), rest.map(|rest| rest.as_bytes().to_vec()));
            assert_eq!(got, want, "{wire:?} in pieces of {step}");
        }
    }
}

#[test]
fn a_message_over_the_limit_is_read_to_its_end_but_only_its_beginning_is_kept() {
    let mut large = body(1_000_000, 1 << 20);
    large.push(&vec![b'x'; 1_000_000]);
    assert_eq!((large.error(), large.bytes.len()), (None, 1_000_000));
    large.push(b"x");
    large.push(&vec![b'x'; 5_000_000]);
    assert_eq!((large.error(), large.bytes.len(), large.total()), (Some(BodyError::TooLarge), MAX_REFUSED, 6_000_001));
    assert!(large.bytes.capacity() <= 2 * MAX_REFUSED);
}

#[test]
fn a_header_must_end_within_its_limit_for_any_size_of_packets() {
    let header = |len: usize| [vec![b'h'; len - 2], b"\r\n".to_vec(), b"\r\nbody".to_vec()].concat();
    for step in [1, 2, 3, 7, 64, 1000] {
        let mut fits = body(1 << 16, 100);
        let mut long = body(1 << 16, 100);
        header(100).chunks(step).for_each(|piece| fits.push(piece));
        header(104).chunks(step).for_each(|piece| long.push(piece));
        assert_eq!((fits.error(), long.error()), (None, Some(BodyError::LongHeader)), "{step}");
    }
}

#[test]
fn text_that_has_no_header_is_not_limited_as_a_header() {
    let flaw = |start: &str, step| {
        let mut text = body(1 << 16, 100);
        let lines = [start.as_bytes(), &b"10-00: and so on\r\n".repeat(20)].concat();
        lines.chunks(step).for_each(|piece| text.push(piece));
        text.error()
    };
    for step in [1, 7, 1000] {
        for start in ["at 10:00 it began\r\n", "Subject: x\r\n folded\r\nat 10:00 it began\r\n", "no colon here\n"] {
            assert_eq!(flaw(start, step), None, "{start:?} in pieces of {step}");
        }
        assert_eq!(flaw("Subject: x\r\n", step), Some(BodyError::LongHeader), "{step}");
    }
}

#[test]
fn many_messages_at_once_stay_within_the_budget() {
    let budget = MemoryBudget::new(128 * 1024);
    let make = || MessageBody::new(1 << 20, 1 << 20, 0, budget.hold());
    let (mut a, mut b) = (make(), make());
    a.push(&[b'x'; 100_000]);
    b.push(&[b'x'; 10]);
    assert_eq!((a.error(), b.error()), (None, Some(BodyError::NoMemory)));
}

#[test]
fn bare_line_ends_are_detected() {
    assert!(!has_bare_line_end(b"a\r\nb\r\n") && !has_bare_line_end(b""));
    for bare in [&b"a\nb"[..], b"\n", b"a\rb", b"a\r\r\n", b"\r"] {
        assert!(has_bare_line_end(bare), "{bare:?}");
    }
}
