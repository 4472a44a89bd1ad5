-- Outgoing mail: what was promised, each attempt to keep the promise, and what all processes know of each transport.
-- Ids are UUIDv7 as text, times milliseconds since 1970 (UTC), kinds and states words: no booleans, since sqlx::Any has none on SQLite.

create table outbox (
    id text primary key,                -- UUIDv7: sorts by creation
    kind text not null,                 -- a letter's name, `mail` or `release`: which author composes it
    recipients text not null,           -- JSON array of addresses still to be reached; shrinks when a server takes only some
    payload text not null,              -- JSON for the author, without links or secrets; `null` once delivered
    supersedes text,                    -- rows of one key: a newer one cancels those still waiting
    message_id text,                    -- without angle brackets; set at the first claim (the sender's domain is known then), the same ever after
    state text not null,                -- queued | leased | sent | dead | expired | cancelled
    created_at bigint not null,         -- ms; when it was promised
    expires_at bigint not null,         -- ms; given up after this
    next_at bigint not null,            -- ms; not tried before this
    first_try_at bigint,                -- ms; the Date header, so that every retry is the same mail
    attempts bigint not null,           -- count of claims; with lease_owner the fence that lets only the last claimant settle
    failures bigint not null,           -- count of failures that lengthen the wait; a transport's own faults do not count
    ambiguous bigint not null,          -- count of hand-overs without a verdict: each may have been a delivery
    lease_owner text,                   -- which worker holds it; null unless leased
    lease_until bigint,                 -- ms; anybody may take it after this; null unless leased
    transport text,                     -- the transport of the latest attempt
    tied_to text,                       -- the transport that may have taken it already, preferred for the retry
    settled_at bigint,                  -- ms; when it became sent, dead, expired or cancelled; history is purged by it
    last_code bigint,                   -- SMTP or HTTP status of the latest attempt
    last_error text,                    -- why it is not sent, in one line
    reply text,                         -- what the server said when it took it
    remote_id text                      -- the server's name for it: queue id, Gmail message id, inbox id
);
create index outbox_due on outbox (state, next_at);
create index outbox_supersedes on outbox (supersedes) where supersedes is not null;
create index outbox_settled on outbox (settled_at) where settled_at is not null;

-- Bytes of mail that no author can render again; apart, so that lists need not step over them. Gone at delivery.
create table outbox_bodies (
    outbox_id text primary key references outbox (id) on delete cascade,
    body bytea not null                  -- RFC 5322
);

-- The timeline of a row.
create table outbox_attempts (
    outbox_id text not null references outbox (id) on delete cascade,
    number bigint not null,             -- outbox.attempts at that claim
    started_at bigint not null,         -- ms
    ended_at bigint not null,           -- ms; for `interrupted` when that was noticed
    transport text not null,
    outcome text not null,              -- sent | skipped | not_composed | interrupted | transient | permanent | configuration | ambiguous | rate
    code bigint,                        -- SMTP or HTTP status
    words text not null,                -- the server's words or ours, one line
    primary key (outbox_id, number)
);

-- Circuit, pause and rate of each transport, shared by all processes.
create table outbox_transports (
    name text primary key,
    reason text,                        -- why it is not trusted at present; null when it is well
    since bigint,                       -- ms; when the reason came or went
    failures bigint not null,           -- count of its own failures in a row
    pauses bigint not null,             -- count of pauses since it last took a mail: each is longer
    paused_until bigint,                -- ms; no mail before this, then one probe; null: open
    rate_used_until bigint not null     -- microseconds since 1970: up to when the allowed rate is used up (GCRA)
);
