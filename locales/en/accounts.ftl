# The account pages

home-title = One account, kept by you
home-lead = { $site } is where you create your account and look after it: your email, your password, and the devices you are logged in on.
home-hello = Welcome back
home-signed-in-as = You are logged in as
home-to-account = Go to your account

signup-title = Create an account
signup-submit = Sign up
signup-email-hint = We send a confirmation link to this address.
signup-have-account = Already have an account?

verify-sent-title = Check your mail
verify-sent-to = We sent a message to
verify-sent-when = Requested { $ago }.
verify-sent-next = Open the link in it to continue. You can leave this page.
verify-sent-generic = If you have just signed up, we sent you a message. Open the link in it to continue.
verify-sent-inbox = Development: read the message in the inbox
verify-sent-nothing = Nothing arrived?
verify-sent-spam = Look in your spam folder for a message from
verify-sent-wrong = Wrong address?
verify-sent-again = Sign up again with the right one
verify-sent-wait = You can ask for another one in { $wait }.
verify-sent-not-you = Not you? Then there is nothing to do: without the link, no account is created.

resend-title = Send the confirmation again
resend-lead = Enter the address you signed up with. If it is waiting to be confirmed, we send a new link.
resend-submit = Send the confirmation again

confirm-title = Confirm your email
confirm-address = You are confirming
confirm-one-click = One click and your account is ready.
confirm-choose = Choose the password you will log in with. The one from your signup is fine.
confirm-submit = Confirm my email
confirm-not-you = Not you? Close this page and nothing happens.

link-gone-title = This link no longer works
link-gone-why = It was already used, it has expired, or part of it is missing.
link-gone-verify = If you have already confirmed your email, just log in. Otherwise, ask for a new link.
link-gone-verify-way = Get a new link
link-gone-reset = If you still need a new password, ask for another link.
link-gone-reset-way = Get a new link
link-gone-change-email = If your email has not changed yet, start the change again from your account.
link-gone-change-email-way = Change email

login-title = Log in
login-submit = Log in
login-refused = Email or password is wrong, or the address is not confirmed yet.
login-throttled = Too many tries. Please wait { $wait } and try again.
login-resend = Get a new confirmation message
login-forgot = Forgot your password?
login-remember = Stay logged in on this device for up to { $span }
login-no-account = No account yet?
login-no-letter = No confirmation message?

forgot-title = Forgot your password?
forgot-lead = Enter your email and we send you a link to choose a new password.
forgot-submit = Send the link
forgot-sent-title = Check your mail
forgot-sent-lead = If there is an account for the address you entered, a message with a link is on its way.
forgot-again = Try another address

reset-title = Choose a new password
reset-address = For the account
reset-effect = You will be logged out on every device.
reset-submit = Set new password

account-title = Your account
account-profile = Profile
account-change-email = Change email
account-pending-email = Waiting to be confirmed:
account-change-password = Change password
account-since = Account created
account-save-name = Save name
account-sessions = Where you are logged in
account-sessions-lead = If you do not recognise one of these, end it and change your password.
session-unknown = Unknown device
session-current = This device
session-remembered = Stays logged in
session-began = Logged in { $ago }
session-used = last used { $ago }
session-end = Log out
sessions-end-others = Log out everywhere else
account-leave = Delete account
account-leave-lead = Your account and everything kept with it will be removed.
account-delete = Delete account…

email-title = Change email
email-now = Your email is
email-lead = We send a link to the new address. Until you open it, nothing changes.
email-submit = Send the link
email-confirm-title = Confirm your new email
email-old = Until now
email-new = From now on
email-confirm-password = You are not logged in here. Enter your password to finish the change.
email-confirm-other = You are logged in as { $email }, and this is the change of another account. Enter that account's password to finish it.
email-confirm-submit = Change my email
email-confirm-not-you = Not you? Close this page and nothing changes.

password-title = Change password
password-effect = You stay logged in here and are logged out everywhere else.
password-submit = Change password

delete-title = Delete account
delete-what = You are about to delete the account
delete-lead = This cannot be undone. Your profile, your sessions and all links sent to you are removed at once.
delete-submit = Delete my account
