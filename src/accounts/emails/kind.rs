//! The list of all emails: name, link and type of each. A new email is one line here.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::accounts::settings::Settings;
use crate::accounts::token::Purpose;
use crate::site_folder::EmailVariables;

use super::context::EmailContext;
use super::data::{EventEmail, LinkEmail, NewAddressEmail, TestEmail, WelcomeEmail};
use super::facts::{EmailFacts, MissingFact};
use super::render::{RenderedEmail, render_templates};

/// A kind, its name (the variant in snake_case), the type of its data, what its link permits, its `Purpose` in the API,
/// the key of its subject, and the templates of its text and its HTML.
macro_rules! emails {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, $type:ty, $link:expr, $api:literal,
        $subject:tt, $text:tt, $html:tt;)*) => {
        /// Which email an outbox row is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum EmailKind {
            $($(#[$doc])* $kind,)*
        }

        /// An email with its data.
        #[expect(clippy::enum_variant_names, reason = "a variant has the name of its kind")]
        #[derive(Clone, Debug)]
        pub enum Email {
            $($kind($type),)*
        }

        impl EmailKind {
            pub const ALL: &[EmailKind] = &[$(EmailKind::$kind,)*];

            /// The kind of the outbox row, and the folder of the templates.
            pub const fn name(self) -> &'static str {
                match self {
                    $(EmailKind::$kind => $name,)*
                }
            }

            /// What the email's link permits; `None` if it carries no link.
            pub const fn link(self) -> Option<Purpose> {
                match self {
                    $(EmailKind::$kind => $link,)*
                }
            }

            /// `Purpose` in the inbox's API, which programs outside read.
            pub const fn api_purpose(self) -> &'static str {
                match self {
                    $(EmailKind::$kind => $api,)*
                }
            }

            /// The email, from what is known about it.
            ///
            /// # Errors
            /// A fact that this kind needs is missing.
            pub fn email(self, facts: &EmailFacts) -> Result<Email, MissingFact> {
                Ok(match self {
                    $(EmailKind::$kind => Email::$kind(<$type>::from_facts(facts)?),)*
                })
            }
        }

        impl Email {
            pub fn kind(&self) -> EmailKind {
                match self {
                    $(Email::$kind(_) => EmailKind::$kind,)*
                }
            }

            /// The values that a template of the operator may print, by name: those of this kind and those of every
            /// email.
            pub fn variables(&self, context: &EmailContext) -> EmailVariables {
                let mut variables = match self {
                    $(Email::$kind(email) => email.variables(context),)*
                };
                variables.extend(context.variables());
                variables
            }

            /// The email of the compiled templates.
            pub(super) fn built_in(&self, context: &EmailContext) -> Result<RenderedEmail, askama::Error> {
                match self {
                    $(Email::$kind(email) => render_templates!(email: $type, context, $subject, $text, $html),)*
                }
            }
        }
    };
}

emails! {
    /// To an address that signed up: asks its owner to confirm it.
    Verification = "verification", LinkEmail, Some(Purpose::Verify), "verify",
        "email-verification-subject", "emails/verification/body.txt", "emails/verification/body.html";
    /// After the confirmation.
    Welcome = "welcome", WelcomeEmail, None, "welcome",
        "email-welcome-subject", "emails/welcome/body.txt", "emails/welcome/body.html";
    /// To a user whose address was used for another signup.
    AlreadyRegistered = "already_registered", EventEmail, None, "already_registered",
        "email-already-registered-subject",
        "emails/already_registered/body.txt", "emails/already_registered/body.html";
    /// To a user for whose address a confirmation was requested.
    AlreadyVerified = "already_verified", EventEmail, None, "already_verified",
        "email-already-verified-subject", "emails/already_verified/body.txt", "emails/already_verified/body.html";
    /// To a user who forgot the password.
    PasswordReset = "password_reset", LinkEmail, Some(Purpose::Reset), "reset",
        "email-password-reset-subject", "emails/password_reset/body.txt", "emails/password_reset/body.html";
    /// To a user whom the operator created: asks for a first password.
    Invitation = "invitation", LinkEmail, Some(Purpose::Reset), "invite",
        "email-invitation-subject", "emails/invitation/body.txt", "emails/invitation/body.html";
    /// Notice: the password was changed or reset.
    PasswordChanged = "password_changed", EventEmail, None, "password_changed",
        "email-password-changed-subject", "emails/password_changed/body.txt", "emails/password_changed/body.html";
    /// To the new address of a user: asks to confirm it.
    EmailChange = "email_change", LinkEmail, Some(Purpose::ChangeEmail), "change_email",
        "email-email-change-subject", "emails/email_change/body.txt", "emails/email_change/body.html";
    /// Notice to the current address: another one was requested.
    EmailChangeRequested = "email_change_requested", NewAddressEmail, None, "email_change_requested",
        "email-email-change-requested-subject",
        "emails/email_change_requested/body.txt", "emails/email_change_requested/body.html";
    /// Notice to the previous address: another one replaced it.
    EmailChanged = "email_changed", NewAddressEmail, None, "email_changed",
        "email-email-changed-subject", "emails/email_changed/body.txt", "emails/email_changed/body.html";
    /// From `gatepost mail test`.
    Test = "test", TestEmail, None, "test",
        "email-test-subject", "emails/test/body.txt", "emails/test/body.html";
}

impl EmailKind {
    /// The lifetime of the email's link; `None` if it carries no link.
    pub fn link_ttl(self, settings: &Settings) -> Option<Duration> {
        Some(match self.link()? {
            Purpose::Reset if self == EmailKind::Invitation => settings.invitation_link_ttl,
            Purpose::Reset => settings.password_reset_link_ttl,
            Purpose::Verify | Purpose::ChangeEmail => settings.verification_link_ttl,
        })
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        EmailKind::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// The email with sample data, for the previews and the tests.
    ///
    /// # Errors
    /// Never in practice: a sample has every fact.
    pub fn sample(self, context: &EmailContext) -> Result<Email, MissingFact> {
        self.sample_to(context, None)
    }

    /// [`EmailKind::sample`] for a recipient of this name; empty for one without a name.
    ///
    /// # Errors
    /// As for [`EmailKind::sample`].
    pub fn sample_to(self, context: &EmailContext, recipient: Option<&str>) -> Result<Email, MissingFact> {
        const HALF_HOUR: Duration = Duration::from_secs(1_800);
        const DAY: Duration = Duration::from_secs(86_400);
        let path = self.link().map_or("/", Purpose::path);
        let ttl = if self == EmailKind::PasswordReset { HALF_HOUR } else { DAY };
        let mut facts = EmailFacts::sample(context, path, ttl);
        if let Some(name) = recipient {
            facts.name = Some(name.to_owned());
        }
        self.email(&facts)
    }
}
