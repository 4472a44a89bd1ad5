# Texts shared by all pages

skip-to-content = Skip to content
nav-label = Main
nav-login = Log in
nav-signup = Sign up
nav-account = Account
nav-logout = Log out
nav-inbox = Developer inbox
languages-label = Language
back-to-login = Back to log in
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
    [one] At least { $n } character. 15 or more is safer: a few words in a row are easy to remember.
   *[other] At least { $n } characters. 15 or more is safer: a few words in a row are easy to remember.
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
flash-verified-signed-in = The email of the new account is confirmed. You are still logged in as { $email }: log out to log in with the new one.
flash-resent = If a confirmation is still open for that email, a new message is on its way.
flash-resent-already = You asked for it a moment ago. Look in your mail first; after the wait you can ask again.
flash-logged-out = You are logged out.
flash-name-saved = Your name is saved.
flash-email-requested = Open the link we sent to your new email to finish the change.
flash-email-changed = Your email is changed.
flash-password-changed = Your password is changed. All other sessions have ended.
flash-password-reset = Your new password is set. Log in with it now.
flash-session-ended = The session has ended.
flash-sessions-ended = All other sessions have ended.
flash-account-deleted = Your account and its data are deleted.
flash-already-signed-in = You are already logged in.
