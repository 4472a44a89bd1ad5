# The account pages

home-title = Your account, in one place
home-lead = Create your { $site } account and manage your email, your password, and the devices you are logged in on.
home-hello = Welcome back
home-signed-in-as = You are logged in as
home-to-account = Go to your account

signup-title = Create an account
signup-submit = Sign up
signup-email-hint = We'll send a confirmation link to this address.
signup-have-account = Already have an account?

verify-sent-title = Check your email
verify-sent-to = We sent an email to
verify-sent-when = Requested { $ago }.
verify-sent-next = Open the link in the email to continue. You can close this page.
verify-sent-generic = If you just signed up, we sent you an email. Open the link in it to continue.
verify-sent-inbox = Development: read the email in the inbox
verify-sent-nothing = Didn't get the email?
verify-sent-spam = Check your spam folder for an email from
verify-sent-wrong = Wrong address?
verify-sent-again = Sign up again with the right one
verify-sent-wait = You can request another email in { $wait }.
verify-sent-not-you = Not you? You don't need to do anything. Without the link, no account is created.

resend-title = Resend the confirmation email
resend-lead = Enter the address you signed up with. If it still needs to be confirmed, we'll send you a new link.
resend-submit = Resend the confirmation email

confirm-title = Confirm your email
confirm-address = You are confirming
confirm-one-click = Click the button to finish creating your account.
confirm-choose = Choose a password for your account. You can use the one you entered when you signed up.
confirm-submit = Confirm my email
confirm-not-you = Not you? Close this page, and nothing will change.

link-gone-title = This link no longer works
link-gone-why = It has already been used, it has expired, or part of it is missing.
link-gone-verify = If you have already confirmed your email, log in. Otherwise, request a new link.
link-gone-verify-way = Get a new link
link-gone-reset = If you still need a new password, request a new link.
link-gone-reset-way = Get a new link
link-gone-change-email = If your email has not changed yet, start again from your account.
link-gone-change-email-way = Change email

login-title = Log in
login-submit = Log in
login-refused = The email or password is wrong, or the address is not confirmed yet.
login-resend = Resend the confirmation email
login-forgot = Forgot your password?
login-remember = Stay logged in on this device for up to { $span }
login-no-account = No account yet?
login-no-email = Didn't get the confirmation email?

forgot-title = Forgot your password?
forgot-lead = Enter your email, and we'll send you a link to choose a new password.
forgot-submit = Send link
forgot-sent-title = Check your email
forgot-sent-lead = If there is an account with that address, an email with a link is on its way.
forgot-again = Try another address

reset-title = Choose a new password
reset-address = Account:
reset-effect = You will be logged out on all devices.
reset-submit = Set new password

account-title = Your account
account-profile = Profile
account-change-email = Change email
account-pending-email = Waiting for confirmation
account-pending-again = Send the link again
account-pending-cancel = Cancel the change
account-change-password = Change password
account-since = Account created
account-save-name = Save name
account-sessions = Where you are logged in
account-sessions-lead = If you don't recognise a device, log it out and change your password.
session-unknown = Unknown device
session-current = This device
session-remembered = Stays logged in
session-began = Logged in { $ago }
session-used = last used { $ago }
session-end = Log out
sessions-end-others = Log out everywhere else
account-leave = Delete account
account-leave-lead = This deletes your account and all of its data.
account-delete = Delete account…

email-title = Change email
email-now = Your email is
email-lead = We'll send a link to the new address. Your email does not change until you open the link and confirm.
email-submit = Send link
email-confirm-title = Confirm your new email
email-old = Current email
email-new = New email
email-confirm-password = You are not logged in here. Enter your password to confirm the change.
email-confirm-other = You are logged in as { $email }, but this change belongs to another account. Enter the password of that account to confirm the change.
email-confirm-submit = Change my email
email-confirm-not-you = Not you? Close this page, and nothing will change.

password-title = Change password
password-effect = You stay logged in on this device and are logged out on all others.
password-submit = Change password

delete-title = Delete account
delete-what = You are about to delete the account
delete-lead = This cannot be undone. Your profile, your sessions, and all links we sent you are deleted immediately.
delete-submit = Delete my account
