# Letters: subject, lead, button and what else is said. A display name never stands in a subject.

letter-greeting = Hello,
letter-greeting-name = Hello { $name },
letter-plain-link = If the button does not work, copy this address into your browser:
letter-life = The link works for { $span } and only once.
letter-at = Time: { $at } (UTC)
letter-sign = { $site }
letter-automatic = This message was sent automatically.

letter-verify-subject = Confirm your email for { $site }
letter-verify-lead = Thank you for signing up at { $site }. Please confirm that this address is yours.
letter-verify-button = Confirm email
letter-verify-not-you = If this was not you, ignore this message: without the link, no account is created.

letter-welcome-subject = Welcome to { $site }
letter-welcome-lead = Your email is confirmed and your account at { $site } is ready.
letter-welcome-button = Log in
letter-welcome-not-you = If this was not you, reset the password from the login page: the account is at your address, so it is yours.

letter-already-registered-subject = You already have an account at { $site }
letter-already-registered-lead = Someone, probably you, tried to use this address for an account at { $site }. It already has one, so nothing was changed.
letter-already-registered-hint = Log in with the password you have. If you forgot it, the login page leads to a new one.
letter-already-registered-button = Log in
letter-already-registered-not-you = If this was not you, there is nothing to do: your account and your password are as they were.

letter-already-verified-subject = Your email is already confirmed at { $site }
letter-already-verified-lead = Someone, probably you, asked for a new confirmation link at { $site }. Your address is already confirmed, so no link is needed.
letter-already-verified-hint = Log in with the password you have. If you forgot it, the login page leads to a new one.
letter-already-verified-button = Log in
letter-already-verified-not-you = If this was not you, there is nothing to do: your account is as it was.

letter-reset-subject = Choose a new password for { $site }
letter-reset-lead = Someone, probably you, asked for a new password for your account at { $site }. Choose it here.
letter-reset-button = Choose new password
letter-reset-not-you = If this was not you, ignore this message: your password stays as it is.

letter-invite-subject = Your account at { $site } is waiting
letter-invite-lead = An account at { $site } was set up for this address. Choose a password to start using it.
letter-invite-button = Choose password
letter-invite-not-you = If you did not expect this, ignore this message: without a password nobody can use the account.

letter-password-changed-subject = Your password at { $site } was changed
letter-password-changed-lead = The password of your account at { $site } was changed, and other devices were logged out.
letter-password-changed-you = If this was you, there is nothing to do.
letter-password-changed-not-you = If this was not you, set a new password at once:
letter-password-changed-button = Set new password

letter-change-email-subject = Confirm your new email for { $site }
letter-change-email-lead = Someone, probably you, asked to use this address for an account at { $site }. Please confirm that it is yours.
letter-change-email-button = Confirm new email
letter-change-email-not-you = If this was not you, ignore this message: nothing is changed without the link.

letter-email-change-requested-subject = A new email was requested at { $site }
letter-email-change-requested-lead = Someone, probably you, asked to change the email of your account at { $site }.
letter-email-change-requested-new = New email: { $new }
letter-email-change-requested-you = If this was you, open the link that we sent there. Until then, nothing changes.
letter-email-change-requested-not-you = If this was not you, somebody knows your password. Change it at once:
letter-email-change-requested-button = Change password

letter-email-changed-subject = Your email at { $site } was changed
letter-email-changed-lead = The email of your account at { $site } was changed. We will not write to this address about it any more.
letter-email-changed-new = New email: { $new }
letter-email-changed-you = If this was you, there is nothing to do.
letter-email-changed-not-you = If this was not you, tell the people who run { $site } as soon as you can.

letter-test-subject = Test message from { $site }
letter-test-lead = If you can read this, { $site } can send mail.
letter-test-transport = Sent through: { $transport }
letter-test-not-you = If you did not expect this, ignore it: someone who runs { $site } is trying out its mail settings.

# The page that shows them to developers
letters-title = Letters
letters-lead = Every letter that { $site } writes, from sample data, in each language. Nothing is sent.
letters-text = Plain text
