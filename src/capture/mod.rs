//! The inbox's store: captured mail in a SQLite file of its own. Knows nothing of accounts, outbox or web.
