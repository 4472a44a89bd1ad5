# The developer's inbox

inbox-title = Inbox
inbox-unread = Unread
inbox-search = Search
inbox-search-hint = to:kim@ subject:"Verify" is:unread code: link: tag: …
inbox-search-help = Words match anywhere in a message. Narrow the search with from:, to:, subject:, header:, link:, code:, tag:, is:unread, has:attachment, before:, after: and larger:. Put - before a term to exclude it.
inbox-nav-outbox = Outbox
inbox-nav-sessions = SMTP sessions

inbox-nav-site = Site
inbox-live = live
inbox-not-live = disconnected
inbox-lost = The server cannot be reached. Nothing has changed.
inbox-slow = The server has not answered yet.
inbox-total = { $n ->
    [one] { $n } message
   *[other] { $n } messages
}
inbox-groups = { $n ->
    [one] { $n } group
   *[other] { $n } groups
}
inbox-found = { $n ->
    [one] { $n } message found
   *[other] { $n } messages found
}
inbox-empty = No messages yet
inbox-empty-how = Point the SMTP settings of your program to the address below. Any user name and password work.
inbox-nothing-found = No messages match
inbox-show-all = Show all messages
inbox-not-understood = These terms were not understood and were ignored:
inbox-moved = The list has changed.
inbox-newest = Show the newest messages
inbox-deleted-title = This message was deleted
inbox-message-gone = The message may have been deleted in another window or by a program, or it is no longer kept.
inbox-wrong-host = The inbox does not answer at the address in your address bar. The variable GATEPOST_HOSTS, or the setting hosts, adds a name.
inbox-no-sender = (no sender)
inbox-no-subject = (no subject)
inbox-to = to
inbox-select = Select
inbox-attachments = attachments
inbox-attachments-n = { $n ->
    [one] { $n } attachment
   *[other] { $n } attachments
}
inbox-refused = Refused
inbox-mark-read = Mark as read
inbox-mark-unread = Mark as unread
inbox-delete = Delete
inbox-delete-selected = Delete selected
inbox-read-all = Mark all as read
inbox-read-found = Mark all results as read
inbox-pages = Pages
inbox-newer = ← Newer
inbox-older = Older →
inbox-back = All messages
inbox-download = Download .eml
inbox-purpose = Email from this site:
inbox-header = Header
inbox-envelope = Envelope
inbox-not-in-header = differs from the From header
inbox-blind = blind copy: not in To or Cc
inbox-rest = and { $n } more
inbox-received = Received
inbox-size = Size
inbox-username = Logged in as
inbox-origin = Client
inbox-from = From
inbox-to-header = To
inbox-cc = Cc
inbox-bcc = Bcc
inbox-reply-to = Reply-To
inbox-date = Date
inbox-message-id = Message-ID
inbox-links-codes = Links and codes
inbox-codes = Codes
inbox-links = { $n ->
    [one] { $n } link
   *[other] { $n } links
}
inbox-copy = Copy
inbox-copied = Copied
inbox-inline = inline
inbox-views = Views
inbox-tab-preview = Preview
inbox-tab-text = Text
inbox-tab-source = Source
inbox-tab-headers = Headers
inbox-tab-checks = Checks
inbox-width = Width
inbox-width-full = Full
inbox-width-tablet = Tablet
inbox-width-phone = Phone
inbox-dark = Dark
inbox-cut = Only the beginning is shown.
inbox-whole = Show all
inbox-no-transcript = This message was not received over SMTP, or its transcript was not kept.
inbox-tags = Tags
inbox-tags-hint = signup, flaky
inbox-save = Save
inbox-release = Release to
inbox-release-now = Release
inbox-released = The message is queued for sending.
inbox-release-allowed = Allowed addresses:
inbox-release-invalid = Not released: invalid address: { $addresses }
inbox-release-not-allowed = Not released: address not allowed: { $addresses }. Allowed addresses: { $allowed }
inbox-release-nobody = Not released: enter an address.
inbox-release-too-many = Not released: enter at most { $limit } addresses.
inbox-release-no-from = Not released: the message has no From header, which is needed to send it.
inbox-release-refused = Not released: a refused message cannot be released.
inbox-release-off = Not released: no addresses are allowed. Add them to inbox.release_to.
inbox-release-failed = Not released: the outbox is not responding. Please try again.
inbox-deleted = Deleted.
inbox-deleted-number = { $n ->
    [one] Deleted { $n } message.
   *[other] Deleted { $n } messages.
}
inbox-all-found = { $n ->
    [one] the one found
   *[other] all { $n } found
}
inbox-no-filter = is not a filter; it was searched as text.
inbox-meant = Perhaps you meant
inbox-undo = Undo
inbox-undo-last = Undo deletion
inbox-restored = The deletion was undone.
inbox-not-restored = This deletion can no longer be undone. Deleted messages are kept for ten minutes.
inbox-not-done = Nothing was changed. Part of the search was not understood, so the action might have reached more messages than you meant.
inbox-nothing-selected = No messages are selected.
inbox-tagged = Tags saved.
inbox-tagged-in-part = Some tags were not saved as you wrote them. A tag can have alphabetic characters of any script, digits, spaces and - _ . @, and up to 100 characters. A message can have up to 50 tags.
inbox-api-intro = A program can do everything that this page does. Mailpit clients work with this base URL. Full description:
inbox-api-what = What it does

inbox-messages = Messages
inbox-nav-connect = Connect an app
inbox-nav-previews = Email previews
inbox-nav-faults = Faults
inbox-nav-api = API
inbox-palette = Commands
inbox-filter-unread = Unread
inbox-filter-code = With a code
inbox-filter-clip = Attachments
inbox-filter-refused = Refused
inbox-facet-mailboxes = Mailboxes
inbox-facet-senders = Senders
inbox-facet-tags = Tags
inbox-full = How full the inbox is
inbox-display = Theme and language
inbox-theme-system = Auto
inbox-theme-light = Light
inbox-theme-dark = Dark
inbox-notify-on = Notifications are on
inbox-notify-off = Notify me
inbox-keys-title = Keys
inbox-select-all = Select all
inbox-select-none = Clear the selection
inbox-new-n = # new ↑
inbox-absent = none
inbox-none-open = Choose a message to read it here.
inbox-details = Details ▾
inbox-download-menu = Download
inbox-open-html = Open the HTML alone
inbox-open-text = Open the text alone
inbox-copy-link = Copy the link
inbox-unsubscribe = Unsubscribe link
inbox-unsubscribe-one-click = Unsubscribe, one click
inbox-unsubscribe-bad = Unsubscribe header has mistakes
inbox-flag-bounce = bounce address differs
inbox-flag-no-date = no Date
inbox-flag-no-id = no Message-ID
inbox-blind-n = { $n ->
    [one] { $n } blind copy
   *[other] { $n } blind copies
}
inbox-clear-n = { $n ->
    [one] Delete { $n } message
   *[other] Delete all { $n } messages
}
inbox-links-more = { $n ->
    [one] { $n } more link
   *[other] { $n } more links
}
inbox-flag-blind = { $n ->
    [one] { $n } blind copy
   *[other] { $n } blind copies
}
inbox-flag-repairs = { $n ->
    [one] { $n } repair
   *[other] { $n } repairs
}

inbox-filter-own = From this site
inbox-alike-n = { $n ->
    [one] { $n } message of this template
   *[other] { $n } messages of this template
}
inbox-arrivals = { $n ->
    [one] { $n } message in the last hour
   *[other] { $n } messages in the last hour
}
inbox-group = Group messages that are alike
inbox-selected = # selected
inbox-width-fit = Fit
inbox-scheme = Colours
inbox-scheme-light = Light
inbox-scheme-forced = Forced dark
inbox-scheme-no-dark = This message brings no dark styles.
inbox-scheme-approximate = An approximation of clients that invert colours.
inbox-print-cut = The printout ends here. “Open the HTML alone” under “Download” prints the whole message.
inbox-preheader = Preheader
inbox-pictures-n = { $n ->
    [one] { $n } picture
   *[other] { $n } pictures
}
inbox-trackers-n = { $n ->
    [one] { $n } tracking pixel
   *[other] { $n } tracking pixels
}
inbox-pictures-blocked = not loaded.
inbox-pictures-loaded = Pictures of other hosts are loaded.
inbox-load-once = Load once
inbox-load-always = Always
inbox-load-ask = Stop loading
inbox-no-body = This message has neither text nor HTML.

inbox-keys-frame = Inside a message's HTML, keys belong to the message. Shift+Tab, or a click beside it, leads back.
inbox-keys-on = Single keys are on.
inbox-keys-off = Single keys are off.
inbox-keys-turn-on = Turn keys on
inbox-keys-turn-off = Turn keys off
inbox-table = Table
inbox-follow-on = Following: each new message opens.
inbox-follow-off = No longer following.
key-group-move = Move
key-group-select = Select and act
key-group-message = The open message
key-group-list = The list
key-move = next, previous message
key-read = read the message
key-back = back to its row
key-pages = newer, older page
key-inbox = inbox
key-go = outbox, previews, sessions, faults, API
key-search = search
key-palette = commands
key-help = this list
key-tick = select
key-extend = select the next
key-all = select all
key-delete = delete
key-undo = undo the deletion
key-unread = mark as unread
key-code = copy the first code
key-open = open the main link
key-link = copy the main link
key-tabs = tabs
key-width = next width
key-dark = next colours
key-pictures = load pictures
key-tag = tags
key-release = release
key-group = group messages that are alike
key-table = table or rows
key-follow = open each new message
key-compare = compare two selected

# Checks
inbox-lint-clean = No problems found.
inbox-lint-date-missing = The Date header is missing. Many spam filters count this against a message.
inbox-lint-date-invalid = The Date header cannot be read.
inbox-lint-date-skewed = The Date header is more than a day away from the time of receipt.
inbox-lint-message-id-missing = The Message-ID header is missing.
inbox-lint-message-id-invalid = The Message-ID header does not have the form <something@domain>.
inbox-lint-from-missing = The From header is missing or cannot be read.
inbox-lint-from-many = There is more than one From header. Receiving servers reject this.
inbox-lint-header-repeated = This header may appear only once, but it is repeated: { $detail }.
inbox-lint-no-recipient-header = There is no To, Cc or Bcc header.
inbox-lint-subject-missing = The Subject header is missing.
inbox-lint-line-too-long = Line { $detail } is longer than 998 characters. Servers reject it or break it.
inbox-lint-eight-bit-header = A header contains raw 8-bit characters. They must be encoded (RFC 2047).
inbox-lint-bare-line-ends = Some lines do not end with CR LF.
inbox-lint-mime-version-missing = There is a Content-Type header but no MIME-Version header.
inbox-lint-html-only = The message has HTML but no text part.
inbox-lint-dkim-syntax = The DKIM-Signature header is not valid: { $detail }.
inbox-lint-dkim-alignment = The DKIM domain { $detail } is not the domain of the From header, so DMARC ignores the signature.
inbox-lint-unsubscribe-invalid = List-Unsubscribe: { $detail }
inbox-lint-unsubscribe-post = List-Unsubscribe-Post must be "List-Unsubscribe=One-Click", and List-Unsubscribe needs an https link.
inbox-compat-source = Data: caniemail.com, included in Gatepost. Nothing is downloaded.
inbox-link-check = Links
inbox-link-check-how = Requests each link to get its status. No other check uses the network.
inbox-link-check-now = Check links
inbox-warning-unreadable = The message cannot be parsed. Only its raw bytes are shown.
inbox-warning-header-cut = The header is longer than 1,000 fields or 2 MiB. Only the raw message shows the rest.
inbox-warning-field-cut = A header field is longer than 256 KiB. Only the raw message shows the rest.
inbox-warning-line-before-header = Lines before the header were skipped.
inbox-warning-indented-field = The first header field is indented.
inbox-warning-line-not-indented = A line of a header field is not indented.
inbox-warning-line-without-field = A line in the header is not a valid header field.
inbox-warning-no-blank-line = The body follows the header without an empty line.
inbox-warning-header-not-encoded = A header field contains unencoded text that is not UTF-8. Its charset was chosen for display.
inbox-warning-encoded-word = An encoded word (RFC 2047) is damaged, or splits a character.
inbox-warning-address = An address does not follow RFC 5322. Other programs may read it differently.
inbox-warning-addresses-cut = A header field has more than 2,000 addresses. Only the raw message shows the rest.
inbox-warning-date = The Date field does not follow RFC 5322.
inbox-warning-content-type = A Content-Type or Content-Disposition does not follow RFC 2045.
inbox-warning-file-name = A file name contains a path, or control or invisible characters, which were replaced.
inbox-warning-transfer-encoding = The Content-Transfer-Encoding is unknown. The content is shown as it is.
inbox-warning-broken-encoding = The content does not match its Content-Transfer-Encoding.
inbox-warning-charset-unknown = The charset is unknown. Another one was chosen for display.
inbox-warning-charset-wrong = The stated charset does not match the text.
inbox-warning-charset-missing = The text states no charset and is not UTF-8. Its charset was chosen for display.
inbox-warning-line-ends = Lines end in CR CR LF or in CR alone.
inbox-warning-no-boundary = The boundary of a multipart section is missing.
inbox-warning-boundary-not-closed = A multipart section does not end with its boundary.
inbox-warning-boundary-repeated = Parts follow the end of their multipart section.
inbox-warning-too-many-parts = The message has more than 500 parts. Only the raw message shows the rest.
inbox-warning-too-deep = Parts are nested more than 32 levels deep. The inner ones are shown as text.
inbox-divider-side = Width of the sidebar
inbox-divider-list = Width of the list
inbox-density-comfortable = Comfortable
inbox-density-compact = Compact
inbox-tags-add = Add tags
inbox-export = Export as mbox
inbox-too-many = Nothing was done: too many messages are selected, or they are too large together. Up to 1,000 can be tagged or exported, and up to 50 released.
inbox-more = More
