-- Some servers take a mail for a part of its recipients only; the history keeps all of them.

alter table outbox add column waiting text; -- JSON array of the recipients still to be reached; null: all of `recipients`
alter table outbox add column refused text; -- a server's words on recipients it refused for good while it took the mail for others
alter table outbox add column claimed_at bigint; -- ms; when the latest attempt began
