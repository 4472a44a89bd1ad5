//! Random dialogues with the session, mutated from the dialogues of the transcripts.

use std::sync::Arc;

use super::transcripts::unescape;
use super::*;
use crate::clock::Time;
use crate::inbox::{ErrorReplies, IncomingMessage, SessionOutcome, StoreError};
use crate::secret::Logins;
use crate::smtpd::body::{DotUnstuffer, MessageBody};
use crate::smtpd::budget::MemoryBudget;
use crate::smtpd::session::{SessionStep, SmtpSession};
use crate::smtpd::session_config::{Protocol, SessionConfig};
use crate::smtpd::{FailedLogins, RecipientRules, command};
use crate::tests::fuzz::{self, Dice, rounds};

/// What the client sends in each transcript, one entry per transcript.
fn corpus() -> Vec<Vec<u8>> {
    let mut dialogues = Vec::new();
    for transcript in fuzz::corpus("it/transcripts") {
        let mut bytes = Vec::new();
        for line in String::from_utf8(transcript).unwrap().lines() {
            match line.split_at_checked(2) {
                Some(("C:", rest)) => bytes.extend([unescape(rest.trim_start()), b"\r\n".to_vec()].concat()),
                Some(("C=", rest)) => bytes.extend(unescape(rest.strip_prefix(' ').unwrap_or(rest))),
                _ => {}
            }
        }
        dialogues.push(bytes);
    }
    dialogues
}

const PIECES: &[&[u8]] = &[
    b"\r\n.\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b".",
    b"\0",
    b"\xff",
    b"..",
    b"<",
    b">",
    b"\"",
    b"\\",
    b"@",
    b":",
    b" ",
    b"=",
    b"EHLO x\r\n",
    b"LHLO x\r\n",
    b"MAIL FROM:<a@b.c>\r\n",
    b"RCPT TO:<a@b.c>\r\n",
    b"DATA\r\n",
    b"BDAT 5\r\n",
    b"RSET\r\n",
    b"BDAT 3 LAST\r\n",
    b"BDAT 99999999999999999999\r\n",
    b"AUTH PLAIN AGEAYg==\r\n",
    b"AUTH LOGIN\r\n",
    b"*\r\n",
    b"AUTH CRAM-MD5\r\n",
    b"STARTTLS\r\n",
    b"QUIT\r\n",
    b" SIZE=18446744073709551616",
    b" NOTIFY=NEVER",
    b"\xc2\x85",
];

fn terms(dice: &mut Dice) -> Arc<SessionConfig> {
    let faults = FaultRegistry::new(false);
    if dice.below(3) == 0 {
        let action = dice.pick(&[
            r#""greylist""#,
            r#"{"drop":{"stage":"after-data"}}"#,
            r#"{"reply":{"stage":"data","code":451}}"#,
            r#"{"reply":{"stage":"after-data","code":421}}"#,
            r#"{"delay":{"stage":"mail","milliseconds":1}}"#,
            r#"{"drop":{"stage":"data"}}"#,
            r#"{"accept":{"stage":"rcpt"}}"#,
            r#""discard""#,
        ]);
        faults.set_rules(serde_json::from_str(&format!(r#"{{"rules":[{{"action":{action}}}]}}"#)).unwrap()).unwrap();
    }
    Arc::new(SessionConfig {
        protocol: if dice.below(4) == 0 { Protocol::Lmtp } else { Protocol::Smtp },
        hostname: "gatepost.test".into(),
        names: crate::inbox::SettingNames::default(),
        starttls: true,
        requires_tls: dice.below(8) == 0,
        users: if dice.below(4) == 0 { Logins::plain(&[("a", "b")]) } else { Logins::default() },
        recipients: match dice.below(3) {
            0 => RecipientRules::new("b", dice.below(2) == 0).unwrap(),
            _ => RecipientRules::default(),
        },
        strict_header: dice.below(4) == 0,
        max_message_size: dice.pick(&[&10, &1_000, &1_000_000]).to_owned(),
        limits: SmtpLimits { header: 500, recipients: 3, ..SmtpLimits::default() },
        faults,
        budget: MemoryBudget::new(10_000_000),
        failed_logins: FailedLogins::default(),
        replies: ErrorReplies::default(),
        clock: Clock::manual(Time::from_millis(0)),
        entropy: Entropy::seeded(3),
    })
}

/// Feeds `wire` to a session in pieces. Returns the replies and the stored messages.
fn play(terms: Arc<SessionConfig>, wire: &[u8], mut piece: impl FnMut() -> usize) -> (String, Vec<IncomingMessage>) {
    let mut session = SmtpSession::new(terms, "127.0.0.1".into(), false);
    let (mut output, mut stored) = (Vec::new(), Vec::new());
    let (mut used, mut seen, mut turns) = (0, 0, 0);
    loop {
        let (taken, step) = session.advance(&wire[used..seen]);
        used += taken;
        let fine = !matches!(step, SessionStep::Read) || seen - used < command::MAX_AUTH_LINE;
        assert!(fine, "an unfinished line stays within its limit");
        turns += 1;
        assert!(turns < 20 * wire.len() + 100, "the session comes to an end");
        match step {
            SessionStep::Read if seen == wire.len() => break,
            SessionStep::Read => seen = (seen + piece().max(1)).min(wire.len()),
            SessionStep::Reply(reply) => output.extend_from_slice(format!("{reply}\r\n").as_bytes()),
            SessionStep::Pause(_) => {}
            SessionStep::Store(delivery) => {
                stored.push(delivery.arrival);
                let id = (stored.len() % 5 != 0).then(|| format!("{:022}", stored.len()).parse().unwrap());
                session.settle_message(id.ok_or(StoreError::DiskFull));
            }
            // The bytes after this would be the TLS handshake.
            SessionStep::StartTls => break,
            SessionStep::Quit | SessionStep::End | SessionStep::Drop => break,
        }
    }
    stored.extend(session.take_interrupted(SessionOutcome::LeftInMessage).map(|delivery| delivery.arrival));
    (String::from_utf8(output).expect("replies are text"), stored)
}

fn check(output: &str, stored: &[IncomingMessage], terms: &SessionConfig) {
    for line in output.strip_suffix("\r\n").expect("the last line is whole").split("\r\n") {
        let code = line.get(..3).is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
        assert!(code && !line.contains(|c: char| c.is_control()) && line.len() <= 2048, "{line:?}");
    }
    for arrival in stored {
        assert!(arrival.bytes.len() <= terms.max_message_size.max(64 * 1024));
        assert!(arrival.envelope_to.len() <= 3 && !arrival.envelope_to.is_empty());
        let texts = arrival.envelope_to.iter().chain([&arrival.envelope_from, &arrival.helo, &arrival.username]);
        assert!(texts.into_iter().all(|text| !text.contains(|c: char| c.is_control())), "{arrival:?}");
        assert!(arrival.transcript.len() < 50_000);
    }
}

#[test]
fn fuzz_session_replies_and_messages_do_not_depend_on_packet_borders() {
    let corpus = corpus();
    rounds(|dice| {
        let wire = dice.mutate(&corpus, PIECES);
        let seed = dice.below(1 << 30) as u64;
        let new_terms = || terms(&mut Dice::new(seed, 0));
        let (whole, stored) = play(new_terms(), &wire, || wire.len());
        check(&whole, &stored, &new_terms());
        let most = 1 + dice.below(40);
        let (pieces, again) = play(new_terms(), &wire, || dice.below(most));
        assert_eq!(whole, pieces, "the replies do not depend on packet borders");
        let text_of = |arrivals: &[IncomingMessage]| format!("{arrivals:?}");
        let (one, two) = (text_of(&stored), text_of(&again));
        let at = one.bytes().zip(two.bytes()).take_while(|(a, b)| a == b).count();
        let near = |text: &str| {
            String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(200)..]).chars().take(400).collect::<String>()
        };
        assert!(one == two, "the stored messages do not depend on packet borders: {}\n{}", near(&one), near(&two));
    });
}

#[test]
fn fuzz_data_ends_where_a_naive_search_finds_the_end() {
    rounds(|dice| {
        let wire: Vec<u8> =
            (0..dice.below(60)).map(|_| *dice.pick(&[&b'\r', &b'\n', &b'.', &b'.', &b'a', &0])).collect();
        // RFC 5321 §4.5.2 literally: the line end of DATA counts, and a dot at the start of a line is removed.
        let text = [b"\r\n", &wire[..]].concat();
        let end = text.windows(5).position(|window| window == b"\r\n.\r\n");
        let message = String::from_utf8(text[..end.map_or(text.len(), |end| end + 2)].to_vec()).unwrap();
        let message = message.replace("\r\n.", "\r\n")[2..].to_owned();
        let (mut unstuffer, mut body) =
            (DotUnstuffer::new(), MessageBody::new(1 << 16, 1 << 16, 0, MemoryBudget::new(1 << 20).hold()));
        let (mut used, mut done) = (0, false);
        while used < wire.len() && !done {
            let piece = &wire[used..(used + 1 + dice.below(7)).min(wire.len())];
            let (taken, finished) = unstuffer.read(piece, &mut body);
            (used, done) = (used + taken, finished);
        }
        assert_eq!(done.then_some(used), end.map(|end| end + 3), "{wire:?}");
        let got = String::from_utf8(body.into_parts().0).unwrap();
        // A last dot is held back while it may still be the end of the message or stuffing.
        assert!(
            if done { got == message } else { message.starts_with(&got) && message.len() - got.len() <= 1 },
            "{wire:?}"
        );
    });
}

#[test]
fn fuzz_command_random_lines_are_parsed_or_refused() {
    let corpus = corpus();
    rounds(|dice| {
        for line in dice.mutate(&corpus, PIECES).split_inclusive(|byte| *byte == b'\n') {
            match command::parse(line) {
                Ok(_) => assert!(line.iter().filter(|byte| byte.is_ascii_control()).eq(b"\r\n"), "{line:?}"),
                Err(reply) => assert!(matches!(reply.as_bytes(), [b'5', _, _, b' ', ..]), "{reply}"),
            }
        }
    });
}
