//! The rules of the lint. The locales hold one sentence for each.

use std::time::Duration;

use crate::clock::Time;
use crate::mail::parse::ParsedMessage;

use super::dkim;
use super::finding::{Code, LintFinding};

/// Maximum length of a line without CR LF (RFC 5322 §2.1.1).
const MAX_LINE: usize = 998;
/// A Date that differs from the time of arrival by more than this looks forged.
const MAX_SKEW: Duration = Duration::from_secs(24 * 60 * 60);
/// Maximum number of findings for one message.
const MAX_FINDINGS: usize = 50;
/// Header fields that may occur at most once (RFC 5322 §3.6), spelled as in [`ParsedMessage::headers`].
const ONCE: [&str; 9] = ["Date", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-Id", "In-Reply-To", "Subject"];

/// The findings for a message that arrived at `received`. `parsed` must have been read from `bytes`.
pub fn lint(bytes: &[u8], parsed: &ParsedMessage, received: Time) -> Vec<LintFinding> {
    let mut findings = Vec::new();
    dates(parsed, received, &mut findings);
    identity(parsed, &mut findings);
    lines(bytes, &mut findings);
    body(parsed, &mut findings);
    let domain = parsed.from.address.rsplit_once('@').map_or("", |(_, domain)| domain);
    for header in parsed.headers.iter().filter(|h| h.name == "Dkim-Signature") {
        findings.extend(dkim::check(&header.value, domain));
    }
    unsubscribe(parsed, &mut findings);
    findings.truncate(MAX_FINDINGS);
    findings
}

fn dates(parsed: &ParsedMessage, received: Time, findings: &mut Vec<LintFinding>) {
    match (parsed.header("Date"), parsed.date) {
        (None, _) => findings.push(LintFinding::new(Code::DateMissing, "")),
        (Some(value), None) => findings.push(LintFinding::new(Code::DateInvalid, value)),
        (Some(value), Some(date)) => {
            if date.at.since(received).max(received.since(date.at)) > MAX_SKEW {
                findings.push(LintFinding::new(Code::DateSkewed, value));
            }
        }
    }
}

fn identity(parsed: &ParsedMessage, findings: &mut Vec<LintFinding>) {
    let count = |name: &str| parsed.headers.iter().filter(|h| h.name == name).count();
    match parsed.header("Message-Id").map(str::trim) {
        None => findings.push(LintFinding::new(Code::MessageIdMissing, "")),
        Some(id) if !is_message_id(id) => findings.push(LintFinding::new(Code::MessageIdInvalid, id)),
        Some(_) => {}
    }
    if parsed.from.address.is_empty() {
        findings.push(LintFinding::new(Code::FromMissing, ""));
    }
    if count("From") > 1 {
        findings.push(LintFinding::new(Code::FromMany, ""));
    }
    for name in ONCE {
        if count(name) > 1 {
            findings.push(LintFinding::new(Code::HeaderRepeated, name));
        }
    }
    if ["To", "Cc", "Bcc"].iter().all(|name| count(name) == 0) {
        findings.push(LintFinding::new(Code::NoRecipientHeader, ""));
    }
    if parsed.subject.trim().is_empty() {
        findings.push(LintFinding::new(Code::SubjectMissing, ""));
    }
}

/// True for `<left@right>` without white space.
fn is_message_id(text: &str) -> bool {
    let inside = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    inside.and_then(|inside| inside.split_once('@')).is_some_and(|(left, right)| {
        let fine = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || "<>@".contains(c));
        fine(left) && fine(right)
    })
}

fn lines(bytes: &[u8], findings: &mut Vec<LintFinding>) {
    // A message without any CR comes from a file or the API; a transport ends its lines with CR LF.
    let has_only_lf = !bytes.contains(&b'\r');
    let (mut in_head, mut bare, mut eight_bit, mut long) = (true, false, false, None);
    for (number, line) in bytes.split(|b| *b == b'\n').enumerate() {
        let stripped = line.strip_suffix(b"\r");
        let last = line.as_ptr_range().end == bytes.as_ptr_range().end;
        let text = stripped.unwrap_or(line);
        bare |= (stripped.is_none() && !last && !has_only_lf) || text.contains(&b'\r');
        in_head &= !text.is_empty();
        eight_bit |= in_head && !text.is_ascii();
        if text.len() > MAX_LINE && long.is_none() {
            long = Some(number + 1);
        }
    }
    if let Some(number) = long {
        findings.push(LintFinding::new(Code::LineTooLong, number.to_string()));
    }
    if eight_bit {
        findings.push(LintFinding::new(Code::EightBitHeader, ""));
    }
    if bare {
        findings.push(LintFinding::new(Code::BareLineEnds, ""));
    }
}

fn body(parsed: &ParsedMessage, findings: &mut Vec<LintFinding>) {
    if parsed.header("Content-Type").is_some() && parsed.header("Mime-Version").is_none() {
        findings.push(LintFinding::new(Code::MimeVersionMissing, ""));
    }
    if !parsed.html.is_empty() && parsed.text.trim().is_empty() {
        findings.push(LintFinding::new(Code::HtmlOnly, ""));
    }
}

fn unsubscribe(parsed: &ParsedMessage, findings: &mut Vec<LintFinding>) {
    let list = parsed.list_unsubscribe();
    if !list.errors.is_empty() {
        findings.push(LintFinding::new(Code::UnsubscribeInvalid, list.errors));
    }
    let https = list.links.iter().any(|link| link.starts_with("https://"));
    let posts = !list.header_post.is_empty();
    if posts && (!https || list.header_post.trim() != "List-Unsubscribe=One-Click") {
        findings.push(LintFinding::new(Code::UnsubscribePost, ""));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::i18n::Locale;

    const GOOD: &str = "Date: Sat, 21 Nov 2026 03:34:00 +0000\r\nMessage-ID: <a@example.com>\r\n\
                        From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\n\r\nHello\r\n";

    fn codes(message: &str) -> Vec<Code> {
        let received = Time::parse_rfc3339("2026-11-21T03:34:05Z").unwrap();
        lint(message.as_bytes(), &ParsedMessage::read(message.as_bytes()), received)
            .into_iter()
            .map(|f| f.code)
            .collect()
    }

    #[test]
    fn a_valid_message_has_no_findings() {
        assert_eq!(codes(GOOD), []);
    }

    #[test]
    fn each_fault_is_found() {
        let long = "x".repeat(MAX_LINE + 1);
        for (old, new, expected) in [
            ("Date: Sat, 21 Nov 2026 03:34:00 +0000\r\n", "", Code::DateMissing),
            ("Sat, 21 Nov 2026 03:34:00 +0000", "soon", Code::DateInvalid),
            ("21 Nov 2026", "21 Nov 2025", Code::DateSkewed),
            ("Message-ID: <a@example.com>\r\n", "", Code::MessageIdMissing),
            ("<a@example.com>", "<a b>", Code::MessageIdInvalid),
            ("From: a@example.com\r\n", "", Code::FromMissing),
            ("From: a@example.com", "From: a@example.com\r\nFrom: c@example.com", Code::FromMany),
            ("Subject: x", "Subject: x\r\nSubject: y", Code::HeaderRepeated),
            ("To: b@example.com\r\n", "", Code::NoRecipientHeader),
            ("Subject: x\r\n", "", Code::SubjectMissing),
            ("Hello", long.as_str(), Code::LineTooLong),
            ("Subject: x", "Subject: é", Code::EightBitHeader),
            ("Hello\r\n", "Hello\nyou\r\n", Code::BareLineEnds),
            ("Hello\r\n", "Hel\rlo\r\n", Code::BareLineEnds),
            ("Subject: x", "Subject: x\r\nContent-Type: text/plain", Code::MimeVersionMissing),
            ("Subject: x", "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/html", Code::HtmlOnly),
            ("Subject: x", "Subject: x\r\nDKIM-Signature: v=1", Code::DkimSyntax),
            ("Subject: x", "Subject: x\r\nList-Unsubscribe: nowhere", Code::UnsubscribeInvalid),
            (
                "Subject: x",
                "Subject: x\r\nList-Unsubscribe: <mailto:u@example.com>\r\n\
                 List-Unsubscribe-Post: List-Unsubscribe=One-Click",
                Code::UnsubscribePost,
            ),
        ] {
            assert!(GOOD.contains(old), "{old}");
            let found = codes(&GOOD.replacen(old, new, 1));
            assert!(found.contains(&expected), "{expected:?}: {found:?}");
        }
    }

    #[test]
    fn a_message_whose_lines_all_end_with_lf_has_no_bare_line_ends() {
        assert_eq!(codes(&GOOD.replace('\r', "")), codes(GOOD));
    }

    #[test]
    fn every_code_has_a_text() {
        for code in Code::ALL {
            for locale in Locale::ALL {
                assert!(locale.has(&format!("inbox-lint-{}", code.name())), "{code:?}");
            }
        }
    }
}
