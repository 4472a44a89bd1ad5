-- Refused mail is kept for inspection, but for who asks what arrived it is not there: it must be told apart, and
-- counted, without looking at every message.
create index messages_refused on messages (id, read) where refused = 1;
