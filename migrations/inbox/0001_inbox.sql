-- The inbox. Rows are appended by one group-committing writer per process; readers never block it (WAL).
-- Times are milliseconds since 1970-01-01T00:00:00Z; text for searching is lower case.

-- One row: what would otherwise be counted over all messages at every page.
create table counters (
  id integer primary key check (id = 1),
  last integer not null,          -- highest messages.id or events.seq ever given, so that none is given twice
  messages integer not null,
  unread integer not null,
  bytes integer not null,         -- sum of messages.size
  deleted integer not null        -- messages that were deleted, over the life of the file
);
insert into counters (id, last, messages, unread, bytes, deleted) values (1, 0, 0, 0, 0, 0);

-- Narrow, because state filters scan it.
create table messages (
  id integer primary key,         -- arrival order, and the arrival's number among the events
  token blob not null,            -- 10 random bytes: the unguessable half of the public id, whose other half is `id`
  created integer not null,       -- received
  size integer not null,          -- bytes of trace + message
  read integer not null,          -- 0 or 1
  attachments integer not null,
  inlines integer not null,
  refused integer not null        -- 1: kept for inspection, but the client was not answered 250
);
-- For who asks what arrived refused mail is not there: it is told apart without looking at every message.
create index messages_refused on messages (id, read) where refused = 1;

create table contents (
  message_id integer primary key,
  summary text not null,          -- JSON: what a list shows
  session text not null,          -- JSON: envelope and how it came
  trace text not null,            -- header lines put in front when shown the way Mailpit shows it; never part of raw
  raw blob not null               -- zstd of the bytes exactly as received
);

-- A hand-over may be repeated (the outbox does, after a crash); the message is kept once.
create table repeat_keys (
  key text primary key,
  message_id integer not null
) without rowid;
create index repeat_keys_message on repeat_keys (message_id);

create table tags (
  id integer primary key,
  name text not null collate nocase unique
);
create table message_tags (
  message_id integer not null,
  tag_id integer not null,
  primary key (message_id, tag_id)
) without rowid;
create index message_tags_tag on message_tags (tag_id, message_id);

-- The search index: messages by the thousand, in order and without overlap. Messages behind the newest segment wait
-- for theirs (indexing happens behind the senders' backs); a search reads them one by one. A deleted message stays in
-- its segment, marked gone, until few others are left there.
create table segments (
  id integer primary key autoincrement,  -- never given twice: answers are remembered by it
  first integer not null,         -- messages.id
  last integer not null,
  docs integer not null,          -- messages it was made of
  alive integer not null,         -- those of them that are not deleted
  bytes integer not null,         -- of its parts
  ids blob not null               -- which, as distances from the one before; empty: all from first to last
);
create unique index segments_first on segments (first);
create table segment_parts (
  id integer primary key,         -- segment, part and piece in one: see capture/store/segments.rs
  data blob not null              -- see capture/segment
);
-- Read state and deletions once more, 4,096 message ids a row, for counting matches without touching the messages.
create table marks (
  block integer primary key,      -- messages.id / 4096
  gone blob not null,             -- 512 bytes, a bit each
  read blob not null
);

-- What happened besides arrivals, for live pages of every process and for resuming after a lost connection.
create table events (
  seq integer primary key,
  kind integer not null,          -- see capture/store/events.rs
  message_id integer,
  detail text                     -- for a deletion the public id, since the row is gone
);
