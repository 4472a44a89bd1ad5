# Texts shared by all pages

skip-to-content = Skip to content
nav-label = Main
nav-login = Log in
nav-signup = Sign up
nav-account = Account
nav-logout = Log out
nav-inbox = Developer inbox
languages-label = Language
back-to-login = Back to login
back-to-account = Back to your account

# Forms
title-error = Error:
form-summary = Please check these fields
optional = (optional)
label-name = Name
label-email = Email
label-new-email = New email
label-password = Password
label-new-password = New password
label-current-password = Current password
hint-new-password = { $n ->
    [one] Use at least { $n } character. 15 or more is safer: several words in a row are easy to remember.
   *[other] Use at least { $n } characters. 15 or more is safer: several words in a row are easy to remember.
}
email-suggest = Did you mean this address?
password-show = Show
password-hide = Hide
password-show-name = Show password
password-hide-name = Hide password

# Spans of time
span-seconds = { $n ->
    [one] { $n } second
   *[other] { $n } seconds
}
span-minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}
span-hours = { $n ->
    [one] { $n } hour
   *[other] { $n } hours
}
span-days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}
span-ago = { $span } ago
span-just-now = just now

# Flash messages
flash-verified = Your email is confirmed. You can log in now.
flash-verified-signed-in = The email of the new account is confirmed. You are still logged in as { $email }. To use the new account, log out first.
flash-resent = If this address still needs to be confirmed, a new email is on its way.
flash-resent-already = You requested an email a moment ago. Check your mail first. You can request another one shortly.
flash-logged-out = You have been logged out.
flash-name-saved = Your name has been saved.
flash-email-requested = Open the link we sent to your new email to finish the change.
flash-email-changed = Your email has been changed.
flash-password-changed = Your password has been changed. You have been logged out on all other devices.
flash-password-reset = Your new password is set. You can log in with it now.
flash-password-reset-signed-in = The new password of the other account is set. You are still logged in as { $email }. To use the other account, log out first.
flash-email-again = We sent the link to your new email again.
flash-email-cancelled = The change of your email has been cancelled.
flash-session-ended = The device has been logged out.
flash-sessions-ended = All other devices have been logged out.
flash-account-deleted = Your account and its data have been deleted.
flash-already-signed-in = You are already logged in.
