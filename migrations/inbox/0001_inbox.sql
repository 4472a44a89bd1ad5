-- The inbox. One writer per process appends messages and groups them into commits; readers never block it (WAL).
-- Times are milliseconds since 1970-01-01T00:00:00Z. Text for the search is lower case.

-- One row of numbers that would otherwise be counted over all messages for every page.
create table counters (
  id integer primary key check (id = 1),
  last integer not null,          -- highest messages.id or events.seq ever given, so that no number is given twice
  messages integer not null,
  unread integer not null,
  bytes integer not null,         -- sum of messages.size
  deleted integer not null,       -- messages deleted since the file was created
  removals integer not null       -- deletions and restorations, so that counts kept in memory are counted again
);
insert into counters (id, last, messages, unread, bytes, deleted, removals) values (1, 0, 0, 0, 0, 0, 0);

-- Narrow, because filters by state scan it.
create table messages (
  id integer primary key,         -- order of arrival; also the number of the arrival among the events
  token blob not null,            -- 10 random bytes: the secret half of the public id; the other half is `id`
  created integer not null,       -- when the message was received
  size integer not null,          -- bytes of the trace fields and the message
  read integer not null,          -- 0 or 1
  attachments integer not null,
  inlines integer not null,
  refused integer not null,       -- 1: kept for inspection, but the server did not reply 250
  own integer not null,           -- 1: sent by this Gatepost
  -- Hashes of inbox/fingerprint.rs: counting numbers needs no summary.
  sender integer not null,
  template integer not null,      -- messages of one template differ in numbers and names only
  mailboxes blob not null         -- 6 bytes for each of the first recipients
);
-- Lists leave out refused messages; this index finds them without a scan.
create index messages_refused on messages (id, read) where refused = 1;

-- Deleted messages that can still be restored. All other tables but `contents`, `idempotency_keys` and `segments` treat
-- them as deleted.
create table undo_batches (
  id integer primary key autoincrement,
  created integer not null,       -- when the first of its messages was deleted
  messages integer not null,
  bytes integer not null,
  everything integer not null     -- 1: all messages were deleted, so the SMTP sessions go with the batch
);
create table deleted_messages (
  id integer primary key,         -- this and the columns below are those of `messages`
  token blob not null,
  created integer not null,
  size integer not null,
  read integer not null,
  attachments integer not null,
  inlines integer not null,
  refused integer not null,
  own integer not null,
  sender integer not null,
  template integer not null,
  mailboxes blob not null,
  batch integer not null          -- undo_batches.id; a batch that no longer exists is being purged
);
create index deleted_messages_batch on deleted_messages (batch);
create table deleted_message_tags (
  message_id integer not null,
  tag_id integer not null,
  primary key (message_id, tag_id)
) without rowid;

create table contents (
  message_id integer primary key,
  -- Each column is compressed with zstd and the dictionary of inbox/compression.rs.
  summary blob not null,          -- JSON: the columns of a list
  session blob not null,          -- JSON: envelope, SMTP session, and the header fields shown in front of the message
  raw blob not null               -- the bytes exactly as received
);

-- The outbox may deliver a message twice (after a crash); the message is stored once.
create table idempotency_keys (
  key text primary key,
  message_id integer not null
) without rowid;
create index idempotency_keys_message on idempotency_keys (message_id);

create table tags (
  id integer primary key,
  name text not null,
  key text not null unique        -- the name in lower case
);
create table message_tags (
  message_id integer not null,
  tag_id integer not null,
  primary key (message_id, tag_id)
) without rowid;
create index message_tags_tag on message_tags (tag_id, message_id);

-- The search index: segments of up to 2,048 messages, in order and without overlap. Messages newer than the last segment
-- are not indexed yet; a search reads them one by one. A deleted message stays in its segment, flagged as deleted,
-- until few others remain there.
create table segments (
  id integer primary key autoincrement,  -- never given twice, since cached answers are stored under it
  first integer not null,         -- messages.id
  last integer not null,
  docs integer not null,          -- messages at the time of indexing
  alive integer not null,         -- those that are not deleted
  bytes integer not null,         -- of its parts
  ids blob not null               -- the messages, as distances from one to the next; empty: all from first to last
);
create unique index segments_first on segments (first);
create table segment_parts (
  id integer primary key,         -- segment, part and piece in one number: see inbox/store/segments.rs
  data blob not null              -- see inbox/segment
);
-- Read state and deletions as bits, 4,096 message ids per row, so that matches are counted without reading messages.
create table flags (
  block integer primary key,      -- messages.id / 4096
  deleted blob not null,          -- 512 bytes, one bit per message
  read blob not null
);

-- SMTP sessions of the last hours, also those that brought no message. Equal sessions without a message share a row.
create table smtp_sessions (
  id integer primary key autoincrement,
  key text unique,                -- digest of what equal sessions share; null: the session brought messages
  started integer not null,       -- when the first of them began
  ended integer not null,         -- when the last of them ended
  count integer not null,
  delivered integer not null,     -- 1: all its messages were accepted
  outcome text not null,          -- see inbox/session_outcome.rs
  details text not null           -- JSON: client, transcript, messages
);
create index smtp_sessions_ended on smtp_sessions (delivered, ended);

-- Texts that other modules keep, such as the fault rules of the SMTP server.
create table documents (
  name text primary key,
  text text not null
) without rowid;

-- Changes other than new messages, for live pages of every process and for resuming after a lost connection.
create table events (
  seq integer primary key,
  kind integer not null,          -- see inbox/store/events.rs
  message_id integer,
  detail text                     -- of a deletion: the public id, since the row no longer exists
);
