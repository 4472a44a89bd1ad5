//! The panel of the SMTP session: a summary, the dialogue in two colours, and the command that sends the message again.

use askama::Template;

use crate::inbox::CapturedMessage;

use super::super::format::size;
use super::super::visible_text::visible;
use super::query::PanelContext;
use super::transcript::Dialogue;

/// Recipients that the command names.
const MAX_RECIPIENTS: usize = 20;

#[derive(Template)]
#[template(path = "inbox/tabs/smtp.html")]
pub struct SmtpPanel {
    context: PanelContext,
    dialogue: Dialogue,
    client: String,
    helo: String,
    username: String,
    size: String,
    recipients: usize,
    refusal: Option<String>,
    swaks: String,
}

impl SmtpPanel {
    pub fn new(context: PanelContext, captured: &CapturedMessage) -> Self {
        let (summary, session) = (&captured.summary, &captured.session);
        SmtpPanel {
            dialogue: Dialogue::read(&session.transcript, &session.line_times),
            client: visible(&session.remote),
            helo: visible(&session.helo),
            username: visible(&summary.username),
            size: size(captured.bytes.len() as u64),
            recipients: session.envelope_to.len(),
            refusal: summary.refusal.as_deref().map(visible),
            swaks: swaks(&context, captured),
            context,
        }
    }

    /// The TLS of the session as a sentence.
    fn tls(&self) -> String {
        self.context.t(if self.dialogue.has_tls { "tabs-smtp-tls" } else { "tabs-smtp-no-tls" })
    }

    fn auth(&self) -> String {
        match (&self.dialogue.auth, self.username.as_str()) {
            (Some(method), "") => method.clone(),
            (Some(method), user) => format!("{method}, {user}"),
            (None, "") => self.context.t("tabs-smtp-no-auth"),
            (None, user) => user.to_owned(),
        }
    }

    fn duration(&self) -> Option<String> {
        self.dialogue.duration.map(|millis| format!("{millis} ms"))
    }
}

/// The shell commands that fetch the message and send it again with swaks.
fn swaks(context: &PanelContext, captured: &CapturedMessage) -> String {
    let session = &captured.session;
    let origin = if context.origin.is_empty() { "http://127.0.0.1:8000" } else { context.origin.as_str() };
    let url = format!("{origin}{}/api/v1/message/{}/received", context.layout.base, captured.summary.id);
    let to = session.envelope_to.iter().take(MAX_RECIPIENTS).cloned().collect::<Vec<_>>().join(",");
    let helo = if session.helo.is_empty() { "localhost" } else { session.helo.as_str() };
    format!(
        "curl -s {} > message.eml\nswaks --server {} --ehlo {} --from {} --to {} --data @message.eml",
        quoted(&url),
        quoted(&context.smtp_address),
        quoted(helo),
        quoted(if session.envelope_from.is_empty() { "<>" } else { &session.envelope_from }),
        quoted(&to),
    )
}

/// `text` as one word of a POSIX shell, without control characters.
fn quoted(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/@,+=".contains(c);
    if !clean.is_empty() && clean.chars().all(is_plain) { clean } else { format!("'{}'", clean.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outsider_s_text_is_one_word_of_the_command() {
        assert_eq!(quoted("a@b.c"), "a@b.c");
        assert_eq!(quoted("a'; rm -rf ~ #@b"), "'a'\\''; rm -rf ~ #@b'");
        assert_eq!(quoted("a\nb$(x)"), "'ab$(x)'");
        assert_eq!(quoted(""), "''");
    }
}
