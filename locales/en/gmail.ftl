# The page that a browser shows after Google's consent page

gmail-allowed-title = Answer received
gmail-allowed-text = You allowed it. Gatepost now asks Google for its token: the terminal says whether it got it. You may close this window.
gmail-denied-title = No permission given
gmail-denied-text = Gatepost may not send mail through this account. To allow it, run the command again.
gmail-other-title = Nothing here
gmail-other-text = Gatepost waits for Google's answer at this address, and this is not it.
