# The developer's inbox

inbox-title = Inbox
inbox-unread = Unread
inbox-search = Search
inbox-search-hint = to:kim@ subject:"Verify" is:unread code: link: tag: …
inbox-search-help = Words are looked for in the whole message; from:, to:, subject:, header:, link:, code:, tag:, is:unread, has:attachment, before:, after: and larger: narrow it down; - in front means "not".
inbox-nav-outbox = Outbox
inbox-nav-letters = Letters
inbox-nav-site = Site
inbox-live = live
inbox-not-live = not connected
inbox-keys = j k move · Enter open · # delete · [ ] newer, older · u back · / search · 1–7 views
inbox-total = { $n ->
    [one] { $n } message
   *[other] { $n } messages
}
inbox-found = { $n ->
    [one] { $n } message found
   *[other] { $n } messages found
}
inbox-empty = No mail yet
inbox-empty-how = Point your program's SMTP settings here, any user name and password will do:
inbox-nothing-found = Nothing matches
inbox-show-all = Show all messages
inbox-not-understood = Not understood and left out of the search:
inbox-moved = There is other mail by now.
inbox-newest = To the newest
inbox-message-gone = There is no such message, or it was deleted or is no longer kept.
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
inbox-mark-read = Mark read
inbox-mark-unread = Mark unread
inbox-delete = Delete
inbox-delete-selected = Delete selected
inbox-read-all = Mark all read
inbox-read-found = Mark all found read
inbox-clear = Delete all…
inbox-clear-found = Delete all found…
inbox-clear-sure = Yes, delete them for good
inbox-pages = Pages
inbox-newer = ← Newer
inbox-older = Older →
inbox-back = All messages
inbox-download = Download .eml
inbox-purpose = One of our own letters:
inbox-header = In the header
inbox-envelope = On the envelope
inbox-not-in-header = not the From of the header
inbox-blind = blind copy: in no To or Cc
inbox-rest = and { $n } more
inbox-received = Received
inbox-size = Size
inbox-username = Logged in as
inbox-origin = From host
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
inbox-tab-html = HTML
inbox-tab-text = Text
inbox-tab-source = HTML source
inbox-tab-headers = Headers
inbox-tab-raw = Raw
inbox-tab-transcript = Transcript
inbox-tab-checks = Checks
inbox-width = Width
inbox-width-full = Full
inbox-width-tablet = Tablet
inbox-width-phone = Phone
inbox-dark = Dark
inbox-cut = Only the beginning is shown.
inbox-whole = Show everything
inbox-no-transcript = This message did not come in over SMTP, or its session was not kept.
inbox-tags = Tags
inbox-tags-hint = signup, flaky
inbox-save = Save
inbox-release = Release to
inbox-release-now = Send it on
inbox-released = The message is queued for sending.
inbox-release-allowed = May get mail:
inbox-release-invalid = Not released: { $addresses } is no e-mail address.
inbox-release-not-allowed = Not released: { $addresses } is not among the addresses that may get mail: { $allowed }
inbox-release-nobody = Not released: there is no address.
inbox-release-too-many = Not released: at most { $limit } addresses at once.
inbox-release-no-from = Not released: the message has no From header to send it with.
inbox-release-refused = Not released: a message that was refused stays here.
inbox-release-off = Not released: nobody may get mail until inbox.release_to names their addresses.
inbox-release-failed = Not released: the outbox does not answer at the moment. Try again.
inbox-deleted = Deleted.
inbox-not-deleted = Nothing was deleted: not all of the search was understood, so more might have gone than you meant.
inbox-nothing-selected = Nothing was selected.
inbox-tagged = Tags saved.
inbox-tagged-in-part = Not all tags are as you wrote them: a tag holds the letters a to z, digits, blanks and - _ . @, at most 100 of them; a message has at most 50 tags.
inbox-api-intro = Everything this page does, a program can do. Mailpit's clients work with this base address. In full:
inbox-api-method = Method
inbox-api-path = Path
inbox-api-what = What it does

# Checks
inbox-lint = Deliverability
inbox-lint-clean = Nothing to complain about.
inbox-lint-date-missing = There is no Date header; many filters count that against a message.
inbox-lint-date-invalid = The Date header cannot be read.
inbox-lint-date-skewed = The Date header is more than a day away from the time of arrival.
inbox-lint-message-id-missing = There is no Message-ID header.
inbox-lint-message-id-invalid = The Message-ID is not <something@domain>.
inbox-lint-from-missing = There is no readable From header.
inbox-lint-from-many = There is more than one From header; receivers reject that.
inbox-lint-header-repeated = A header that may stand only once is repeated: { $detail }.
inbox-lint-no-recipient-header = There is no To, Cc or Bcc header.
inbox-lint-subject-missing = There is no Subject.
inbox-lint-line-too-long = Line { $detail } is longer than 998 characters; servers refuse or break it.
inbox-lint-eight-bit-header = A header holds raw 8-bit characters; they must be encoded (RFC 2047).
inbox-lint-bare-line-ends = There are line ends other than CR LF.
inbox-lint-mime-version-missing = There is a Content-Type but no MIME-Version header.
inbox-lint-html-only = There is HTML but no text part.
inbox-lint-dkim-syntax = The DKIM-Signature cannot be right: { $detail }.
inbox-lint-dkim-alignment = The DKIM domain { $detail } is not the domain of From; DMARC will not count it.
inbox-lint-unsubscribe-invalid = List-Unsubscribe: { $detail }
inbox-lint-unsubscribe-post = List-Unsubscribe-Post must be "List-Unsubscribe=One-Click" and needs an https link.
inbox-compat = HTML in mail clients
inbox-compat-supported = estimated support: the share of mail clients that show this as meant, weighted by how much of the HTML each feature touches
inbox-compat-feature = Feature
inbox-compat-yes = Works
inbox-compat-partial = Partly
inbox-compat-no = Not
inbox-compat-source = Data: caniemail.com, bundled; nothing is fetched.
inbox-link-check = Links
inbox-link-check-how = Asks every link's server for its status; this is the only check that goes out to the network.
inbox-link-check-now = Check the links
