# Emails: their kind in the list of the outbox, subject, lead, button and further lines. A subject never contains a display name.

email-greeting = Hello,
email-greeting-name = Hello { $name },
email-plain-link = If the button does not work, copy this link into your browser:
email-link-lifetime = The link works once and is valid for { $span }.
email-at = Time: { $at } (UTC)
email-sign = { $site }
email-automatic = This email was sent automatically.

outbox-kind-verification = Confirmation of an email
email-verification-subject = Confirm your email for { $site }
email-verification-lead = Thank you for signing up at { $site }. Please confirm that this is your address.
email-verification-button = Confirm email
email-verification-not-you = If this was not you, ignore this email. Without the link, no account is created.

outbox-kind-welcome = Welcome
email-welcome-subject = Welcome to { $site }
email-welcome-lead = Your email is confirmed and your account at { $site } is ready.
email-welcome-button = Log in
email-welcome-not-you = If this was not you, reset the password from the login page. The account uses your address, so it belongs to you.

outbox-kind-already_registered = Already registered
email-already-registered-subject = You already have an account at { $site }
email-already-registered-lead = Someone, probably you, tried to use this address for an account at { $site }. The address already has an account, so nothing has changed.
email-already-registered-hint = Log in with your existing password. If you forgot it, you can choose a new one from the login page.
email-already-registered-button = Log in
email-already-registered-not-you = If this was not you, you don't need to do anything. Your account and your password have not changed.

outbox-kind-already_verified = Already confirmed
email-already-verified-subject = Your email is already confirmed at { $site }
email-already-verified-lead = Someone, probably you, requested a new confirmation link at { $site }. Your address is already confirmed, so you don't need a link.
email-already-verified-hint = Log in with your existing password. If you forgot it, you can choose a new one from the login page.
email-already-verified-button = Log in
email-already-verified-not-you = If this was not you, you don't need to do anything. Your account has not changed.

outbox-kind-password_reset = New password
email-password-reset-subject = Choose a new password for { $site }
email-password-reset-lead = Someone, probably you, requested a new password for your account at { $site }. If this was you, choose it here.
email-password-reset-button = Choose new password
email-password-reset-not-you = If this was not you, ignore this email. Your password has not changed.

outbox-kind-invitation = Invitation
email-invitation-subject = Your account at { $site } is waiting for you
email-invitation-lead = Someone created an account at { $site } for this address. Choose a password to start using it.
email-invitation-button = Choose password
email-invitation-not-you = If you did not expect this email, ignore it. Nobody can use the account until you choose a password.

outbox-kind-password_changed = Password changed
email-password-changed-subject = Your password at { $site } was changed
email-password-changed-lead = The password of your account at { $site } was changed, and your other devices were logged out.
email-password-changed-you = If this was you, you don't need to do anything.
email-password-changed-not-you = If this was not you, set a new password right away:
email-password-changed-button = Set new password

outbox-kind-email_change = Confirmation of a new email
email-email-change-subject = Confirm your new email for { $site }
email-email-change-lead = Someone, probably you, asked to use this address for an account at { $site }. Please confirm that it is yours.
email-email-change-button = Confirm new email
email-email-change-not-you = If this was not you, ignore this email. Without the link, nothing changes.

outbox-kind-email_change_requested = Change of email requested
email-email-change-requested-subject = Email change requested at { $site }
email-email-change-requested-lead = Someone, probably you, asked to change the email of your account at { $site }.
email-email-change-requested-new = New email: { $new }
email-email-change-requested-you = If this was you, open the link we sent to the new address. Nothing changes until then.
email-email-change-requested-not-you = If this was not you, someone knows your password. Change it right away:
email-email-change-requested-button = Change password

outbox-kind-email_changed = Email changed
email-email-changed-subject = Your email at { $site } was changed
email-email-changed-lead = The email of your account at { $site } was changed. We no longer send emails about the account to this address.
email-email-changed-new = New email: { $new }
email-email-changed-you = If this was you, you don't need to do anything.
email-email-changed-not-you = If this was not you, contact the people who run { $site } as soon as you can.

outbox-kind-test = Test
email-test-subject = Test email from { $site }
email-test-lead = If you can read this, { $site } can send email.
email-test-transport = Sent through: { $transport }
email-test-not-you = If you did not expect this email, ignore it. Someone who runs { $site } is testing its mail settings.

# The page with email previews, for developers
emails-title = Email previews
emails-text = Plain text
