//! The only way out to an address that a mail named: one HTTP client that reaches global unicast addresses only.
