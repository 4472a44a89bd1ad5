//! The outcomes of SMTP sessions: a closed list of codes, each with the cure.

use serde::{Deserialize, Serialize};

/// Which program's names the settings have in a cure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SettingNames {
    /// Those of `gatepost serve`.
    #[default]
    Gatepost,
    /// The flags and variables of `gatepost mailpit`.
    Mailpit,
}

macro_rules! outcomes {
    ($($name:ident, $code:literal, $cure:literal $(, mailpit $mailpit:literal)?;)*) => {
        /// How an SMTP session ended. The code is the name in `snake_case`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum SessionOutcome { $($name),* }

        impl SessionOutcome {
            pub const ALL: &[SessionOutcome] = &[$(SessionOutcome::$name),*];

            /// The name in the API, in the log and in the keys of the locales.
            pub fn code(self) -> &'static str {
                match self { $(SessionOutcome::$name => $code),* }
            }

            /// What to do about it, in English; empty if there is nothing to do.
            pub fn cure(self, names: SettingNames) -> &'static str {
                match self.mailpit_cure() {
                    Some(cure) if names == SettingNames::Mailpit => cure,
                    _ => match self { $(SessionOutcome::$name => $cure),* },
                }
            }

            /// The cure for `gatepost mailpit`; `None` if it is the same as for `gatepost serve`.
            fn mailpit_cure(self) -> Option<&'static str> {
                match self { $(SessionOutcome::$name => [$($mailpit)?].first().copied()),* }
            }
        }
    };
}

outcomes! {
    Delivered, "delivered", "";
    Discarded, "discarded",
        "A fault rule discarded the message after the reply 250, or none of its recipients is allowed. Remove the rule, \
         or allow the recipients, to keep such messages.";
    PortCheck, "port_check", "";
    NoMessage, "no_message",
        "The client did not begin a message. If it was to send one, read its own log: it may require STARTTLS or a \
         login method that the reply to EHLO does not offer.";
    LeftDuringStarttls, "left_during_starttls",
        "Set inbox.starttls = false, or make the client trust the server's certificate.",
        mailpit "Leave out --smtp-tls-cert (MP_SMTP_TLS_CERT), or make the client trust the server's certificate.";
    LeftAfterStarttls, "left_after_starttls",
        "Set inbox.starttls = false, or make the client trust the server's certificate.",
        mailpit "Leave out --smtp-tls-cert (MP_SMTP_TLS_CERT), or make the client trust the server's certificate.";
    LeftDuringSmtps, "left_during_smtps",
        "Make the client trust the server's certificate, or send without TLS to inbox.smtp_address.",
        mailpit "Make the client trust the server's certificate, or leave out --smtp-require-tls (MP_SMTP_REQUIRE_TLS).";
    LeftAfterSmtps, "left_after_smtps",
        "Make the client trust the server's certificate, or send without TLS to inbox.smtp_address.",
        mailpit "Make the client trust the server's certificate, or leave out --smtp-require-tls (MP_SMTP_REQUIRE_TLS).";
    StarttlsRefused, "starttls_refused",
        "The client asks for STARTTLS, which is off. Turn TLS off in the client, or set inbox.starttls = true.",
        mailpit "The client asks for STARTTLS, which is off. Turn TLS off in the client, or give --smtp-tls-cert \
         (MP_SMTP_TLS_CERT).";
    TlsOnPlainPort, "tls_on_plain_port",
        "The client uses TLS from the first byte. Turn TLS off in the client, or set inbox.smtps_address and send there.",
        mailpit "The client uses TLS from the first byte. Turn TLS off in the client, or give --smtp-require-tls \
         (MP_SMTP_REQUIRE_TLS) and a certificate.";
    HttpRequest, "http_request",
        "This port is for SMTP. The pages and the API have an HTTP address of their own.";
    LoginRefused, "login_refused",
        "Check the user name, the password and the login method. inbox.smtp_users lists the users; while it is empty, \
         any login by PLAIN, LOGIN or CRAM-MD5 is accepted.",
        mailpit "Check the user name, the password and the login method. --smtp-auth-file or MP_SMTP_AUTH lists the users; \
         without them, any login by PLAIN, LOGIN or CRAM-MD5 is accepted.";
    LoginRequired, "login_required",
        "Give the client a user name and a password of inbox.smtp_users, or empty that list to accept mail without a \
         login.",
        mailpit "Give the client a user name and a password of --smtp-auth-file or MP_SMTP_AUTH, or leave both out to accept \
         mail without a login.";
    SenderRefused, "sender_refused", "Check the sender's address and the parameters of MAIL FROM in the transcript.";
    RecipientRefused, "recipient_refused",
        "Check the recipient's address and the parameters of RCPT TO in the transcript.";
    MessageTooLarge, "message_too_large", "Send a smaller message, or raise inbox.max_message_size.",
        mailpit "Send a smaller message, or raise --max-message-size (MP_MAX_MESSAGE_SIZE).";
    MessageRefused, "message_refused",
        "The reply names the limit that the message exceeds. What was received is kept: search for is:refused.";
    StorageFailed, "storage_failed",
        "The inbox could not store the message. Check the server's log and the free space on its disk.";
    Fault, "fault",
        "A fault rule or a chaos trigger caused this on purpose. Remove the rule at /dev/inbox/faults, or the trigger at \
         /dev/inbox/api/v1/chaos.",
        mailpit "A fault rule or a chaos trigger caused this on purpose. Remove the rule at /faults, or the trigger at \
         /api/v1/chaos.";
    TimedOut, "timed_out",
        "The client was silent for too long or sent its message too slowly. Check what it was waiting for.";
    TooManyErrors, "too_many_errors", "The transcript shows the commands that the server did not accept.";
    TooManyConnections, "too_many_connections",
        "Close connections that are no longer used, or send fewer messages at the same time.";
    LeftBeforeData, "left_before_data",
        "The client left before it sent the message. Read its own log: it gave up, timed out or ended.";
    LeftInMessage, "left_in_message",
        "The connection ended before the end of the message. What was received is kept: search for is:refused.";
    CommandRefused, "command_refused",
        "The client sent a command that the server does not know or that came out of order. Check its protocol and port.";
    ServerStopped, "server_stopped", "The server stopped during the session. Send the message again.";
}

impl SessionOutcome {
    /// The key of the cure in the locales; `None` if there is nothing to do.
    pub fn cure_key(self, names: SettingNames) -> Option<String> {
        let code = self.code();
        match (self.cure(names), names, self.mailpit_cure()) {
            ("", ..) => None,
            (_, SettingNames::Mailpit, Some(_)) => Some(format!("session-cure-mailpit-{code}")),
            _ => Some(format!("session-cure-{code}")),
        }
    }

    /// True if nothing went wrong that a developer would look for.
    pub fn is_routine(self) -> bool {
        use SessionOutcome::{Delivered, Discarded, NoMessage, PortCheck, ServerStopped};
        matches!(self, Delivered | Discarded | NoMessage | PortCheck | ServerStopped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_an_outcome_is_its_name_in_json() {
        for outcome in SessionOutcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.code());
            assert_eq!(serde_json::from_value::<SessionOutcome>(outcome.code().into()).unwrap(), *outcome);
        }
    }
}
