# The page that a browser shows after Google's consent page

gmail-allowed-title = Permission received
gmail-allowed-text = Gatepost may now send mail through this Gmail account. Close this window and look at the terminal.
gmail-denied-title = No permission given
gmail-denied-text = Gatepost may not send mail through this account. To allow it, run the command again.
gmail-other-title = Nothing here
gmail-other-text = Gatepost waits for Google's answer at this address, and this is not it.
