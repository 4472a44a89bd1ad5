//! The stages of the dialogue.

/// The stage of the SMTP dialogue at which a failure happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Greeting,
    Hello,
    StartTls,
    Login,
    Sender,
    Recipient,
    /// The DATA command.
    Data,
    /// The reply after the content.
    Verdict,
}

impl Stage {
    pub(super) fn activity(self) -> &'static str {
        match self {
            Stage::Greeting => "waiting for the greeting",
            Stage::Hello => "sending EHLO",
            Stage::StartTls => "starting TLS",
            Stage::Login => "logging in",
            Stage::Sender => "sending MAIL FROM",
            Stage::Recipient => "sending RCPT TO",
            Stage::Data => "sending the message",
            Stage::Verdict => "waiting for the reply to the message",
        }
    }
}
