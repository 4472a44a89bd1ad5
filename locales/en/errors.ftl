# Errors beside fields, and error pages

field-email-empty = Enter your email.
field-email-malformed = Enter an email address like name@example.com.
field-email-too-long = This address is too long. Use at most 254 characters, and at most 64 before the @.
field-email-needs-ascii = We cannot send email to this address yet. Use an address that has only the characters a to z, digits, and symbols before the @.
field-email-not-registered = This email is not registered.
field-email-already-verified = This email is already verified. Log in instead.
field-email-unchanged = This is already your email. Enter a different one.
field-name-too-long = The name can have at most 100 characters. Please shorten it.
field-name-characters = The name contains characters that cannot be displayed. Please type it again.
field-password-empty = Enter a password.
field-password-too-short = { $n ->
    [one] The password must have at least { $n } character.
   *[other] The password must have at least { $n } characters.
}
field-password-too-long = { $n ->
    [one] The password can have at most { $n } character.
   *[other] The password can have at most { $n } characters.
}
field-password-common = This password is too common, and attackers try it first. Choose another one.
field-password-holds-address = The password cannot be your email or a part of it. Choose another one.
field-password-holds-site-name = The password cannot be the name of this site. Choose another one.
field-password-unchanged = This is your current password. Choose a different one.
field-current-password-empty = Enter your current password.
field-current-password-wrong = This is not your current password.

error-home = Go to the home page
error-back = Back to the page
error-wait = Please try again in { $wait }.
error-id = If this keeps happening, give this number to the operator of the site:

error-bad-request = We could not read your request
error-bad-request-text = Something was missing or got damaged. Go back, reload the page, and try again.
error-forbidden = You don't have access
error-forbidden-text = You don't have permission to view this page or do this.
error-cross-site = Request from another site
error-cross-site-text = For your security, we only accept forms sent from this site. Open the page here and try again.
error-signups-closed = Sign-up is closed
error-signups-closed-text = We are not accepting new accounts right now. If you already have one, log in.
error-not-found = Page not found
error-not-found-text = There is no page at this address. Check it for typos.
error-method-not-allowed = This request does not work here
error-method-not-allowed-text = The address exists, but not for this kind of request. Go back and use the links and buttons on the page.
error-link-gone = This link no longer works
error-link-gone-text = It has already been used, it has expired, or part of it is missing.
error-other-user = Another account is logged in now
error-other-user-text = The page was opened for a different account than the one that is logged in now. Nothing has changed.
error-too-large = That is too large
error-too-large-text = You sent more than this page accepts. Shorten it and try again.
error-unsupported-media = We could not read your request
error-unsupported-media-text = This page does not accept this format. Use the form on the page.
error-wrong-host = Wrong address
error-wrong-host-text = This server does not answer at the address in your address bar. Check the address.
error-unprocessable = We could not process that
error-unprocessable-text = Something in the form is missing or invalid. Go back, check it, and try again.
error-too-many = Too many requests
error-too-many-text = There were too many attempts in a short time.
error-internal = Something went wrong
error-internal-text = This is our fault, not yours. Please try again in a moment.
error-busy = We are busy right now
error-busy-text = Many people are logging in right now. Please try again in a moment.
error-unavailable = We'll be right back
error-unavailable-text = We cannot load your data right now. Please try again in a moment.
