# The page of the SMTP server's fault rules

fault-title = Faults
fault-intro = The SMTP server can fail on purpose, so that you can test retries, bounces and timeouts. A rule stays until you remove it, even after a restart. The first rule that matches decides.
fault-refused = The rules were not changed:
fault-no-number = “{ $field }” must be a whole number from { $min } to { $max }.
fault-not-listed = “{ $field }” must be one of the choices.
fault-presets = Presets
fault-preset-greylist = Greylist: refuse the first attempt
fault-preset-bounce = 550 for *@bounce.test
fault-preset-slow = Slow: 5 seconds after the message
fault-preset-drop = Drop the connection after the message
fault-rules = Rules
fault-none = No rules. The server accepts every message.
fault-hits = { $n ->
    [one] applied { $n } time
   *[other] applied { $n } times
}
fault-remove = Remove
fault-clear = Remove all rules
fault-new = New rule
fault-action = Action
fault-action-reply = Refuse with a code
fault-action-delay = Wait before the reply
fault-action-throttle = Read the message slowly
fault-action-drop = Close the connection
fault-action-greylist = Refuse the first attempt
fault-action-accept = Accept, skip later rules
fault-action-discard = Reply 250, store nothing
fault-stage = Stage
fault-stage-connect = Connection
fault-stage-ehlo = EHLO
fault-stage-auth = AUTH
fault-stage-mail = MAIL FROM
fault-stage-rcpt = RCPT TO
fault-stage-data = DATA
fault-stage-after-data = After the message
fault-code = Code, 400 to 599
fault-text = Reply text
fault-amount = Milliseconds, or bytes per second
fault-recipient = Only for recipients like
fault-sender = Only for senders like
fault-attempts = Only the first attempts (number)
fault-name = Name
fault-add = Add rule
fault-json = All rules, as the API reads and writes them
fault-replace = Replace all rules
fault-not-a-rule = These values make no rule. The API reference lists what a rule may hold.
fault-not-json = Line { $line }, column { $column } is not JSON: { $near } …
fault-not-rules = Line { $line }, column { $column } holds a key or value that no rule has, or a key is missing there: { $near } … The API reference lists what a rule may hold.
