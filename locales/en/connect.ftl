# The page that shows how to connect an application. The empty inbox shows it too.

connect-title = Connect an app
connect-first = Waiting for the first message
connect-send-to = Send your mail to
connect-login = No TLS is needed. Without inbox.smtp_users, any user name and password are accepted.
connect-login-mailpit = No TLS is needed. Without --smtp-auth-file or MP_SMTP_AUTH, any user name and password are accepted.
connect-senders = Settings for your application
connect-copy = Copy
connect-test = Send a test message
connect-test-text = Text
connect-test-newsletter = HTML with a code and a link
connect-test-broken = Broken message
connect-waits = In your tests
connect-waits-intro = The request answers as soon as a message matches, so a test needs neither a pause nor a loop.
connect-failed = Latest sessions that delivered nothing
connect-all-sessions = All SMTP sessions
