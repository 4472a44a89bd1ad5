//! The catching SMTP server: socket to session to the inbox. Cannot reach accounts or a real transport.
