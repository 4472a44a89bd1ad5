//! The domain of accounts: signups, users, links, sessions. Sends nothing, renders no page, sees no HTTP.
