-- Lookups that take the same time however often an address was used before. Otherwise the time of an answer shows that
-- the address is known.

drop index outbox_supersedes;
create index outbox_supersedes on outbox (supersedes, state) where supersedes is not null;
create index signups_pending on signups (email_key, expires_at) where decoy_for is null;
