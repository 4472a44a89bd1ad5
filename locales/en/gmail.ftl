# The page that a browser shows after Google's consent page

gmail-allowed-title = Response received
gmail-allowed-text = You granted access. Gatepost is now requesting a token from Google, and the terminal shows the result. You can close this window.
gmail-denied-title = Access denied
gmail-denied-text = Gatepost cannot send mail from this account. To allow it, run the command again.
gmail-other-title = Unexpected request
gmail-other-text = Gatepost is waiting for a response from Google at this address. This request is not that response.
