-- The inbox. Rows are appended by one group-committing writer per process; readers never block it (WAL).
-- Times are milliseconds since 1970-01-01T00:00:00Z; text for searching is lower case.

-- One row: what would otherwise be counted over all messages at every page.
create table counters (
  id integer primary key check (id = 1),
  last_message integer not null,  -- highest messages.id ever given, so that none is given twice
  last_event integer not null,    -- highest events.seq ever given
  messages integer not null,
  unread integer not null,
  bytes integer not null,         -- sum of messages.size
  deleted integer not null        -- messages that were deleted, over the life of the file
);
insert into counters (id, last_message, last_event, messages, unread, bytes, deleted) values (1, 0, 0, 0, 0, 0, 0);

-- Narrow, because state filters scan it.
create table messages (
  id integer primary key,         -- arrival order
  token blob not null,            -- 10 random bytes: the unguessable half of the public id, whose other half is `id`
  created integer not null,       -- received
  size integer not null,          -- bytes of trace + message
  read integer not null,          -- 0 or 1
  attachments integer not null,
  inlines integer not null,
  refused integer not null        -- 1: kept for inspection, but the client was not answered 250
);
create index messages_created on messages (created);

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

-- Searchable text that the index has not swallowed yet: indexing trigrams costs more than storing the message, so
-- it happens behind the senders' backs. A search looks through both.
create table pending (
  message_id integer primary key,
  sender text not null,
  recipients text not null,
  cc text not null,
  bcc text not null,
  reply_to text not null,
  subject text not null,
  ident text not null,            -- Message-ID
  body text not null,             -- words of the body, Return-Path, file names
  headers text not null,
  links text not null,
  codes text not null
);
create virtual table words using fts5 (
  sender, recipients, cc, bcc, reply_to, subject, ident, body, headers, links, codes,
  tokenize = 'trigram case_sensitive 1', content = '', contentless_delete = 1
);
-- The trigrams in use: a term of one or two characters is searched as all trigrams that begin with it.
create virtual table trigrams using fts5vocab (words, row);

-- What happened, for live pages of every process and for resuming after a lost connection.
create table events (
  seq integer primary key,
  kind integer not null,          -- see capture/store/events.rs
  message_id integer,
  detail text                     -- for a deletion the public id, since the row is gone
);
