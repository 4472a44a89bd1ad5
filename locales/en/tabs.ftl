# The panels of a message, the comparison of two messages

inbox-tab-parts = Parts
inbox-tab-smtp = SMTP
inbox-tab-versions = Versions
tabs-as-sent = As sent
tabs-decoded = Decoded
tabs-filter = Filter
tabs-to-source = Show in the source
tabs-text-pictures = This message has pictures alone.
tabs-text-empty = This message has no text and no HTML.
tabs-text-rendering = The message has no text part. This is its HTML as text.
tabs-source-mode = Show the source
tabs-source-wrap = Wrap lines
tabs-source-unwrap = Do not wrap lines
tabs-source-first-long = Line { $n } is too long
tabs-source-long-line = { $n } characters: more than 998
tabs-source-hidden = … { $n } more
tabs-source-earlier = Earlier lines
tabs-source-later = Later lines
tabs-source-plain = Plain
tabs-headers-filter = Filter by name or value
tabs-headers-left-out = { $n ->
    [one] Show { $n } hidden field
   *[other] Show { $n } hidden fields
}
tabs-headers-sent = In the message
tabs-headers-none = No header fields
tabs-headers-added = Added by Gatepost
tabs-headers-added-why = A receiving server adds these fields. Your program did not send them.
tabs-parts-trail = Open messages
tabs-parts-message = Message
tabs-parts-open = Open message
tabs-parts-download = Download
tabs-parts-nested-frame = HTML of the attached message
tabs-smtp-tls = encrypted
tabs-smtp-no-tls = not encrypted
tabs-smtp-no-auth = no login
tabs-smtp-recipients = Recipients
tabs-smtp-duration = Duration
tabs-smtp-again = Send again
tabs-smtp-swaks = Copy as swaks
tabs-invitation = Calendar invitation
tabs-invitation-request = Invitation
tabs-invitation-cancel = Cancelled
tabs-invitation-reply = Answer to an invitation
tabs-invitation-event = Event
tabs-invitation-when = When
tabs-invitation-where = Where
tabs-invitation-link = Link
tabs-invitation-description = Description
tabs-invitation-organizer = Organizer
tabs-invitation-attendees = Attendees
tabs-invitation-more = { $n ->
    [one] The calendar has { $n } more event.
   *[other] The calendar has { $n } more events.
}
tabs-attendee-accepted = accepted
tabs-attendee-declined = declined
tabs-attendee-tentative = tentative
tabs-attendee-optional = optional
tabs-attendee-invited = invited

# Versions and the comparison
versions-count = { $n ->
    [one] { $n } version
   *[other] { $n } versions
}
versions-how = Messages with the same X-Template field, or with the same sender and a subject that differs in numbers, addresses and names only. A version is what they have in common.
versions-version = Version
versions-number = Version { $n }
versions-messages = Messages
versions-first = First
versions-last = Last
tabs-parts-unknown = This message does not contain the attached message that the address names, or it is nested too deep to be opened.
versions-compare = Compare
versions-with-before = with the version before
versions-with-open = with this message
compare-title = Compare
compare-older = Older
compare-newer = Newer
compare-against = against
compare-swap = Swap
compare-support = support
compare-view-preview = Side by side
compare-view-text = Text
compare-view-source = Source
compare-view-headers = Headers
compare-line = Line
compare-equal = No difference
compare-cut = Only the first 5,000 lines or words are compared.
compare-too-large = Messages larger than 4 MiB are only shown side by side.
compare-word-changes = { $n ->
    [one] { $n } change besides numbers
   *[other] { $n } changes besides numbers
}
compare-line-changes = { $n ->
    [one] { $n } line differs
   *[other] { $n } lines differ
}
compare-skipped = { $n ->
    [one] { $n } equal line
   *[other] { $n } equal lines
}

# Email previews
previews-fit = Fit
previews-width = Width
previews-scheme = Colours
previews-scheme-light = Light
previews-scheme-dark = Dark
previews-scheme-forced = Forced dark
previews-sample = Sample data
previews-sample-usual = Usual
previews-sample-no-name = No name
previews-sample-long-name = Long name
previews-sample-hangul = Hangul name
previews-sample-long-site = Long site name
previews-send = Send it to the inbox
previews-edit = Templates:
previews-replace = To replace them:
previews-own = Your own
previews-built-in = Built in
previews-checks = Checks

# Recurring events
recur-daily = { $n ->
    [one] Every day
   *[other] Every { $n } days
}
recur-weekly = { $n ->
    [one] Every week
   *[other] Every { $n } weeks
}
recur-monthly = { $n ->
    [one] Every month
   *[other] Every { $n } months
}
recur-yearly = { $n ->
    [one] Every year
   *[other] Every { $n } years
}
recur-weekdays = on { $days }
recur-month-day = on day { $n }
recur-last-day = on the last day
recur-nth-1 = on the first { $day }
recur-nth-2 = on the second { $day }
recur-nth-3 = on the third { $day }
recur-nth-4 = on the fourth { $day }
recur-nth-last = on the last { $day }
recur-count = { $n ->
    [one] once
   *[other] { $n } times
}
recur-until = until { $day }
recur-mo = Monday
recur-tu = Tuesday
recur-we = Wednesday
recur-th = Thursday
recur-fr = Friday
recur-sa = Saturday
recur-su = Sunday
