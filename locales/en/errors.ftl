# Errors beside fields, and error pages

field-email-empty = Enter your email.
field-email-malformed = Enter an email address like name@example.com.
field-email-too-long = This address is too long. An email address has at most 254 characters, and 64 before the @.
field-email-needs-ascii = We cannot send mail to this address yet. Use one with only letters a to z, digits and signs before the @.
field-email-not-registered = This email is not registered.
field-email-already-verified = This email is already verified. Log in instead.
field-email-unchanged = This is already your email. Enter a different one.
field-name-too-long = A name can have at most 100 characters. Shorten it.
field-name-characters = The name holds characters that cannot be shown. Type it again.
field-password-empty = Enter a password.
field-password-too-short = { $n ->
    [one] The password needs at least { $n } character.
   *[other] The password needs at least { $n } characters.
}
field-password-too-long = { $n ->
    [one] The password can have at most { $n } character.
   *[other] The password can have at most { $n } characters.
}
field-password-common = This password is on lists that attackers try first. Choose another one.
field-password-holds-address = The password must not be your email or a part of it. Choose another one.
field-password-holds-site-name = The password must not be the name of this site. Choose another one.
field-password-unchanged = This is your current password. Choose a different one.
field-current-password-empty = Enter your current password.
field-current-password-wrong = This is not your current password.

error-home = Go to the start page
error-wait = Please try again in { $wait }.
error-id = If it happens again, tell the people who run this site this number:

error-bad-request = We could not read that
error-bad-request-text = Something was missing or damaged on the way. Go back, reload the page and try again.
error-forbidden = You cannot do that
error-forbidden-text = This page or action is not open to you.
error-cross-site = Sent from another site
error-cross-site-text = For your safety we only accept forms that were sent from this site. Open the page here and try again.
error-signups-closed = Sign-up is closed
error-signups-closed-text = New accounts are not being accepted at the moment. If you already have one, log in.
error-not-found = Page not found
error-not-found-text = There is nothing at this address. Check it for typing errors.
error-method-not-allowed = That does not work here
error-method-not-allowed-text = This address exists, but not for what your browser tried. Go back and use the links and buttons of the page.
error-link-gone = This link no longer works
error-link-gone-text = It was already used, it has expired, or part of it is missing.
error-too-large = That was too much
error-too-large-text = What was sent is larger than this page takes. Shorten it and try again.
error-unsupported-media = We could not read that
error-unsupported-media-text = What was sent is in a form this page does not take. Use the form on the page.
error-wrong-host = Not the right address
error-wrong-host-text = This server does not answer under the name in your address bar. Check the address.
error-unprocessable = We could not use that
error-unprocessable-text = Something in the form was missing or out of place. Go back, check it and try again.
error-too-many = Too many requests
error-too-many-text = That was more than we can take from one place in a short time.
error-internal = Something went wrong
error-internal-text = The fault is ours, not yours. Please try again in a moment.
error-busy = Busy right now
error-busy-text = Many people are logging in at this moment. Nothing is lost: please send it again shortly.
error-unavailable = Back in a moment
error-unavailable-text = We cannot reach our data right now. Please try again shortly.
