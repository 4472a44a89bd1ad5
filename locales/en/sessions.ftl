# The page of SMTP sessions. The cures in English are also in the code, for the log and the API.

session-title = SMTP sessions
session-intro = SMTP sessions of the last 24 hours, including those that brought no message. Equal sessions are shown once.
session-filter = Filter
session-all = All
session-not-delivered = Not delivered
session-delivered = Delivered
session-empty = No SMTP sessions in the last 24 hours
session-back = Back to the SMTP sessions
session-one = SMTP session
session-user = User
session-duration = Duration
session-transcript = Transcript
session-no-transcript = The session has no transcript.
session-times = { $n } times since
session-unlinked = { $n ->
    [one] { $n } more message, not listed here or deleted
   *[other] { $n } more messages, not listed here or deleted
}

session-outcome-delivered = delivered
session-outcome-discarded = discarded
session-outcome-port_check = port check
session-outcome-no_message = no message
session-outcome-left_during_starttls = left during STARTTLS
session-outcome-left_after_starttls = left after STARTTLS
session-outcome-left_during_smtps = left during the TLS handshake
session-outcome-left_after_smtps = left after the TLS handshake
session-outcome-starttls_refused = STARTTLS refused
session-outcome-tls_on_plain_port = TLS on a port without TLS
session-outcome-http_request = HTTP request
session-outcome-login_refused = login refused
session-outcome-login_required = login required
session-outcome-sender_refused = sender refused
session-outcome-recipient_refused = recipient refused
session-outcome-message_too_large = message too large
session-outcome-message_refused = message refused
session-outcome-storage_failed = not stored
session-outcome-fault = fault rule
session-outcome-timed_out = timed out
session-outcome-too_many_errors = too many errors
session-outcome-too_many_connections = too many connections
session-outcome-left_before_data = left before the message
session-outcome-left_in_message = left within the message
session-outcome-command_refused = command refused
session-outcome-server_stopped = server stopped

session-cure-discarded = A fault rule discarded the message after the reply 250, or none of its recipients is allowed. Remove the rule, or allow the recipients, to keep such messages.
session-cure-no_message = The client did not begin a message. If it was to send one, read its own log: it may require STARTTLS or a login method that the reply to EHLO does not offer.
session-cure-left_during_starttls = Set inbox.starttls = false, or make the client trust the server's certificate.
session-cure-left_after_starttls = Set inbox.starttls = false, or make the client trust the server's certificate.
session-cure-left_during_smtps = Make the client trust the server's certificate, or send without TLS to inbox.smtp_address.
session-cure-left_after_smtps = Make the client trust the server's certificate, or send without TLS to inbox.smtp_address.
session-cure-starttls_refused = The client asks for STARTTLS, which is off. Turn TLS off in the client, or set inbox.starttls = true.
session-cure-tls_on_plain_port = The client uses TLS from the first byte. Turn TLS off in the client, or set inbox.smtps_address and send there.
session-cure-http_request = This port is for SMTP. The pages and the API have an HTTP address of their own.
session-cure-login_refused = Check the user name, the password and the login method. inbox.smtp_users lists the users; while it is empty, any login by PLAIN, LOGIN or CRAM-MD5 is accepted.
session-cure-login_required = Give the client a user name and a password of inbox.smtp_users, or empty that list to accept mail without a login.
session-cure-sender_refused = Check the sender's address and the parameters of MAIL FROM in the transcript.
session-cure-recipient_refused = Check the recipient's address and the parameters of RCPT TO in the transcript.
session-cure-message_too_large = Send a smaller message, or raise inbox.max_message_size.
session-cure-message_refused = The reply names the limit that the message exceeds. What was received is kept: search for is:refused.
session-cure-storage_failed = The inbox could not store the message. Check the server's log and the free space on its disk.
session-cure-fault = A fault rule or a chaos trigger caused this on purpose. Remove the rule at /dev/inbox/faults, or the trigger at /dev/inbox/api/v1/chaos.
session-cure-timed_out = The client was silent for too long or sent its message too slowly. Check what it was waiting for.
session-cure-too_many_errors = The transcript shows the commands that the server did not accept.
session-cure-too_many_connections = Close connections that are no longer used, or send fewer messages at the same time.
session-cure-left_before_data = The client left before it sent the message. Read its own log: it gave up, timed out or ended.
session-cure-left_in_message = The connection ended before the end of the message. What was received is kept: search for is:refused.
session-cure-command_refused = The client sent a command that the server does not know or that came out of order. Check its protocol and port.
session-cure-server_stopped = The server stopped during the session. Send the message again.

session-cure-mailpit-left_during_starttls = Leave out --smtp-tls-cert (MP_SMTP_TLS_CERT), or make the client trust the server's certificate.
session-cure-mailpit-left_after_starttls = Leave out --smtp-tls-cert (MP_SMTP_TLS_CERT), or make the client trust the server's certificate.
session-cure-mailpit-left_during_smtps = Make the client trust the server's certificate, or leave out --smtp-require-tls (MP_SMTP_REQUIRE_TLS).
session-cure-mailpit-left_after_smtps = Make the client trust the server's certificate, or leave out --smtp-require-tls (MP_SMTP_REQUIRE_TLS).
session-cure-mailpit-starttls_refused = The client asks for STARTTLS, which is off. Turn TLS off in the client, or give --smtp-tls-cert (MP_SMTP_TLS_CERT).
session-cure-mailpit-tls_on_plain_port = The client uses TLS from the first byte. Turn TLS off in the client, or give --smtp-require-tls (MP_SMTP_REQUIRE_TLS) and a certificate.
session-cure-mailpit-login_refused = Check the user name, the password and the login method. --smtp-auth-file or MP_SMTP_AUTH lists the users; without them, any login by PLAIN, LOGIN or CRAM-MD5 is accepted.
session-cure-mailpit-login_required = Give the client a user name and a password of --smtp-auth-file or MP_SMTP_AUTH, or leave both out to accept mail without a login.
session-cure-mailpit-message_too_large = Send a smaller message, or raise --max-message-size (MP_MAX_MESSAGE_SIZE).
session-cure-mailpit-fault = A fault rule or a chaos trigger caused this on purpose. Remove the rule at /faults, or the trigger at /api/v1/chaos.
