# The review of a message: what each issue is, why it matters and how to cure it

check-all-clients = All clients
check-clients = Mail clients
check-no-data = Naver and Daum publish no data.
check-support = estimated support in mail clients
check-line = Line { $n }
check-client-count = { $n ->
    [one] { $n } client
   *[other] { $n } clients
}
check-count-problem = { $n ->
    [one] { $n } problem
   *[other] { $n } problems
}
check-count-warning = { $n ->
    [one] { $n } warning
   *[other] { $n } warnings
}
check-count-note = { $n ->
    [one] { $n } note
   *[other] { $n } notes
}
check-severity-problem = Problem
check-severity-warning = Warning
check-severity-note = Note
check-group-delivery = Delivery
check-group-look = Look
check-group-links = Links
check-group-accessibility = Accessibility
check-group-weight = Weight
check-group-dark = Dark mode
check-group-preheader = Preview line
check-group-reading = Structure
check-link-ok = works
check-link-redirect = redirects
check-link-failed = fails
check-link-unreachable = unreachable
check-link-none = The message has no web links.
check-link-result = Result
check-link-answer = Answer
check-link-address = Address

check-date-missing-cure = Add a Date header. Mail libraries add it by default.
check-date-invalid-why = Mail clients sort the message by the time of receipt, or as very old.
check-date-invalid-cure = Write the date as in RFC 5322: Sat, 21 Nov 2026 03:34:00 +0000.
check-date-skewed-why = A date far from the present looks like spam.
check-date-skewed-cure = Set the clock of the sending machine, or take the time of sending.
check-message-id-missing-why = Mail servers use it to recognize duplicates and threads.
check-message-id-missing-cure = Add a Message-ID with your own domain.
check-message-id-invalid-why = Some servers reject it, and replies lose their thread.
check-message-id-invalid-cure = Write it as <unique-part@your-domain>, without blanks.
check-from-missing-why = Servers reject messages without a sender.
check-from-missing-cure = Add a From header with one address.
check-from-many-cure = Keep one From header. Put other authors into Reply-To.
check-header-repeated-why = Servers and clients choose different ones, and strict servers reject the message.
check-header-repeated-cure = Send the header once.
check-no-recipient-header-why = Spam filters count it against a message.
check-no-recipient-header-cure = Add a To header, such as To: undisclosed-recipients:;
check-subject-missing-why = Recipients see an empty line in their list.
check-subject-missing-cure = Add a Subject header.
check-line-too-long-why = RFC 5322 limits a line to 998 characters.
check-line-too-long-cure = Send HTML and text as quoted-printable or base64.
check-eight-bit-header-why = Servers without SMTPUTF8 damage or reject the header.
check-eight-bit-header-cure = Let the mail library encode headers; do not build them by hand.
check-bare-line-ends-why = Servers reject bare CR or LF, since attackers hide messages behind them.
check-bare-line-ends-cure = End every line with CR LF.
check-mime-version-missing-why = Strict clients then show the body as plain text.
check-mime-version-missing-cure = Add MIME-Version: 1.0.
check-html-only-why = Watches, screen readers and some filters read the text part.
check-html-only-cure = Send multipart/alternative with a text part before the HTML.
check-dkim-syntax-why = An invalid signature counts as no signature.
check-dkim-syntax-cure = Correct the settings of the program that signs.
check-dkim-alignment-cure = Sign with the domain of the From header, or change the From header.
check-unsubscribe-invalid-why = Gmail and Yahoo require a working header from bulk senders.
check-unsubscribe-invalid-cure = Write one or more addresses in angle brackets: <https://…>, <mailto:…>.
check-unsubscribe-post-why = One-click unsubscription (RFC 8058) does not work without both.
check-unsubscribe-post-cure = Add both headers as described.
check-reading-cure = Other programs may repair this in another way. Correct the program that builds the message.
check-look = { $title }
check-look-cure = Check that the message is readable without this feature.
check-link-relative = Links have no host: { $n }
check-link-relative-why = A message has no address of its own, so the link leads nowhere.
check-link-relative-cure = Write the complete address with https://.
check-link-script = Links run a script: { $n }
check-link-script-why = No mail client runs scripts.
check-link-script-cure = Link to a page.
check-link-empty = Links without an address: { $n }
check-link-empty-why = A tap on it does nothing.
check-link-empty-cure = Add the address, or remove the link.
check-link-local = Links to this machine or its network: { $n }
check-link-local-why = Recipients cannot open them.
check-link-local-cure = Check the base address in the settings for production.
check-link-http = Links without encryption: { $n }
check-link-http-why = Browsers warn, and filters count it against a message.
check-link-http-cure = Use https.
check-link-text-differs = The text of a link names another host than its address: { $n }
check-link-text-differs-why = Filters take this for phishing.
check-link-text-differs-cure = Show the address that opens, or use words.
check-image-local = Images from this machine or its network: { $n }
check-image-local-why = Recipients see no image.
check-image-local-cure = Use a public address, or attach the image with a Content-ID.
check-image-http = Images without encryption: { $n }
check-image-http-why = Many clients do not load them.
check-image-http-cure = Use https.
check-image-relative = Images without a host: { $n }
check-image-relative-why = Recipients see no image.
check-image-relative-cure = Write the complete address, or attach the image with a Content-ID.
check-placeholder = Unfilled placeholders: { $n }
check-placeholder-why = Recipients see the code of the template.
check-placeholder-cure = Pass the value to the template, or give it a default.
check-alt-missing = Images without alternative text: { $n }
check-alt-missing-why = Screen readers read the file name, and a blocked image leaves a gap.
check-alt-missing-cure = Add alt with what the image says, or alt="" for decoration.
check-link-without-text = Links without text: { $n }
check-link-without-text-why = Screen readers cannot say where the link leads.
check-link-without-text-cure = Put text into the link, or alt into its image.
check-link-text-vague = Links whose text does not say where they lead: { $n }
check-link-text-vague-why = Screen readers list links without the text around them.
check-link-text-vague-cure = Name the target: “View your order” instead of “Click here”.
check-table-role = Layout tables without a role: { $n }
check-table-role-why = Screen readers announce rows and columns.
check-table-role-cure = Add role="presentation" to tables that only arrange things.
check-contrast = Text with too little contrast: { $n }
check-contrast-why = Text below 4.5:1 (large text 3:1) is hard to read for many people.
check-contrast-cure = Use a darker or lighter colour.
check-lang-missing = The HTML does not state its language.
check-lang-missing-why = Screen readers pronounce it in the wrong language.
check-lang-missing-cure = Add lang to the html element, such as lang="ko".
check-weight-clipped = Gmail clips this HTML at 102 KB: { $detail }
check-weight-clipped-why = Everything behind it, such as the unsubscribe link, is hidden behind “View entire message”.
check-weight-clipped-cure = Shorten the HTML. Inline styles and repeated blocks take the most.
check-weight-near-clip = The HTML is close to the 102 KB at which Gmail clips: { $detail }
check-weight-near-clip-why = Longer values can push it over the limit.
check-weight-near-clip-cure = Shorten the HTML.
check-weight-too-large = The message is larger than most servers accept: { $detail }
check-weight-too-large-why = Gmail and many others reject messages over 25 MB.
check-weight-too-large-cure = Link to files instead of attaching them.
check-weight-large = The message is large: { $detail }
check-weight-large-why = It is slow to load on a phone, and mailboxes fill up.
check-weight-large-cure = Make images smaller, or link to files.
check-image-data = Images in data: addresses: { $n }
check-image-data-why = Gmail and Outlook show none of them.
check-image-data-cure = Attach the image with a Content-ID, or link to it.
check-dark-none = The message has no styles for dark mode.
check-dark-none-why = Clients invert its colours as they like.
check-dark-none-cure = Add color-scheme and a prefers-color-scheme: dark style, and look at it under Preview.
check-dark-undeclared = Dark styles exist but are not declared.
check-dark-undeclared-why = Apple Mail ignores them without a declaration.
check-dark-undeclared-cure = Add <meta name="color-scheme" content="light dark">.
check-dark-without-styles = Dark mode is declared, but there are no dark styles.
check-dark-without-styles-why = Clients take the colours as they are: text in fixed dark colours becomes unreadable.
check-dark-without-styles-cure = Add a prefers-color-scheme: dark style, or remove the declaration.
check-preheader-empty = There is no text for the preview line.
check-preheader-empty-why = Clients show nothing beside the subject.
check-preheader-empty-cure = Begin the HTML with one hidden sentence.
check-preheader-boilerplate = The preview line begins with a formula.
check-preheader-boilerplate-why = Clients show it beside the subject instead of what the message says.
check-preheader-boilerplate-cure = Begin the HTML with one hidden sentence that goes on from the subject.
check-preheader-short = The preview line is short.
check-preheader-short-why = Clients fill it up with what follows.
check-preheader-short-cure = Use 40 to 90 characters.
check-preheader-shown = Clients show this beside the subject.
