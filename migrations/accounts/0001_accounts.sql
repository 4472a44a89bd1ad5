-- The schema of the account database: accounts and the outbox. Ids are UUIDv7 as text, times are milliseconds since
-- 1970-01-01T00:00:00Z. A nullable time stands where a boolean might (`verified_at`): sqlx::Any has no booleans on SQLite.

create table users (
    id text primary key,
    email text not null,                -- for sending: local part as typed, domain in ASCII
    email_key text not null unique,     -- canonical form: one mailbox, one user
    name text not null,                 -- shown on the user's own pages; empty: not given
    password_hash text,                 -- PHC string (argon2id); null: invited, no password chosen yet
    locale text not null,               -- of emails to this user: en | ko
    created_at bigint not null,         -- ms
    verified_at bigint,                 -- ms; when the address was last confirmed; null: invited, not confirmed yet
    password_changed_at bigint,         -- ms
    disabled_at bigint                  -- ms; set by the operator; null: may log in
);

-- One attempt to open an account; not a user yet. Each browser writes its own row, so that a password or name chosen in
-- one browser never becomes active on an address that another person confirms.
create table signups (
    id text primary key,
    email text not null,
    email_key text not null,            -- not unique: several signups may be pending for one address
    name text not null,
    password_hash text,                 -- PHC string; null: requested by a resend from another browser
    locale text not null,
    next text,                          -- path to open after the first login
    binding text,                       -- SHA-256 of the browser's cookie, which all its signups share; null: confirming needs a password in any browser
    decoy_for text,                     -- user id, when the address already has an account; such a row is never confirmed
    created_at bigint not null,         -- ms
    expires_at bigint not null          -- ms; the row is deleted after this
);
create index signups_address on signups (email_key);
create index signups_binding on signups (binding);
create index signups_expiry on signups (expires_at);

-- An emailed permission: single use, one row per email. The emailed token is derived from the id when the email is
-- composed; nothing stored here opens an account.
create table links (
    id text primary key,
    digest text not null unique,        -- keyed hash of the token, by which the link is found
    purpose text not null,              -- verify | reset | change-email | none (placebo for an unknown address)
    signup_id text references signups (id) on delete cascade,
    user_id text references users (id) on delete cascade,
    new_email text,                     -- change-email: the address to be confirmed
    created_at bigint not null,         -- ms
    expires_at bigint,                  -- ms; latest delivery attempt + the link's lifetime; null: no attempt yet
    used_at bigint                      -- ms; set by one conditional update
);
create index links_signup on links (signup_id) where signup_id is not null;
create index links_user on links (user_id) where user_id is not null;
create index links_created on links (created_at);

create table sessions (
    id text primary key,                -- public: names the session on the account page
    user_id text not null references users (id) on delete cascade,
    token text not null unique,         -- SHA-256 of the cookie's 256 random bits
    created_at bigint not null,         -- ms; start of the absolute lifetime
    seen_at bigint not null,            -- ms; start of the idle timeout; updated at most every tenth of it
    remembered_at bigint,               -- ms; null: the cookie ends with the browser
    device text                         -- coarse name of browser and system, from a fixed list
);
create index sessions_user on sessions (user_id);

-- Rate limits: a count within a window that begins with the first event.
create table counters (
    key text primary key,               -- HMAC of what is counted; holds no address
    count bigint not null,
    resets_at bigint not null           -- ms; end of the window
);
create index counters_resets on counters (resets_at);

-- A password that is being checked: until its outcome is known it holds a slot in each throttle of logins.
create table login_slots (
    id text primary key,
    client text not null,               -- HMAC, as the keys of counters
    pair text not null,                 -- of address and client
    address text,                       -- null: a browser that has logged in before
    expires_at bigint not null          -- ms; frees the slot of a process that ended
);

-- The queue of outgoing messages.
create table outbox (
    id text primary key,                -- UUIDv7: sorts by creation
    kind text not null,                 -- an email's kind, `mail`, `release` or `placebo`; decides how the message is composed
    recipients text not null,           -- JSON array of all addresses
    pending_recipients text,            -- JSON array of those still to be reached; null: all of `recipients`
    refused_recipients text,            -- the server's replies for recipients it refused while it accepted others
    user_id text,                       -- whose message this is; deleted with the account; null: not about a user
    payload text not null,              -- JSON for the composer, without links or secrets; `null` once delivered
    supersedes text,                    -- a newer row with the same key cancels queued ones
    message_id text,                    -- without angle brackets; set at the first claim, then constant
    state text not null,                -- queued | leased | sent | dead | expired | cancelled
    created_at bigint not null,         -- ms
    expires_at bigint not null,         -- ms; delivery is given up after this
    next_at bigint not null,            -- ms; no attempt before this
    claimed_at bigint,                  -- ms; start of the latest attempt
    first_try_at bigint,                -- ms; the Date field, so that every retry is the same message
    attempts bigint not null,           -- number of claims; with lease_owner it fences off earlier claimants
    failures bigint not null,           -- failures that lengthen the back-off; transport faults do not count
    suspicions bigint not null default 0, -- 1 at the first suspect refusal at RCPT; +1 for each after which the transport took other mail
    ambiguous bigint not null,          -- attempts with an unknown outcome: each may have been a delivery
    lease_owner text,                   -- the worker that holds the row; null unless leased
    lease_until bigint,                 -- ms; any worker may take the row after this; null unless leased
    transport text,                     -- of the latest attempt
    pinned_transport text,              -- may have delivered the message already, so it is preferred for the retry
    settled_at bigint,                  -- ms; when the row became sent, dead, expired or cancelled; history is deleted by it
    last_code bigint,                   -- SMTP or HTTP status of the latest attempt
    last_error text,                    -- why the message is not sent; one line
    reply text,                         -- the server's reply when it accepted the message
    remote_id text                      -- the server's id for it: queue id, Gmail message id, inbox id
);
create index outbox_due on outbox (state, next_at);
create index outbox_supersedes on outbox (supersedes) where supersedes is not null;
create index outbox_settled on outbox (settled_at) where settled_at is not null;
create index outbox_user on outbox (user_id) where user_id is not null;

-- Bytes of messages that cannot be composed again; a table of their own, so that lists do not read them. Deleted at delivery.
create table outbox_bodies (
    outbox_id text primary key references outbox (id) on delete cascade,
    body blob not null                  -- RFC 5322
);

-- The attempts of each row.
create table outbox_attempts (
    outbox_id text not null references outbox (id) on delete cascade,
    number bigint not null,             -- outbox.attempts at that claim
    started_at bigint not null,         -- ms
    ended_at bigint not null,           -- ms; for `interrupted`: when the expired lease was noticed
    transport text not null,
    outcome text not null,              -- sent | skipped | not_composed | interrupted | transient | permanent | configuration | ambiguous | rate
    code bigint,                        -- SMTP or HTTP status
    reply text not null,                -- the server's reply or our own sentence; one line
    primary key (outbox_id, number)
);

-- Circuit breaker and sending rate of each transport, shared by all processes.
create table outbox_transports (
    name text primary key,
    reason text,                        -- why the transport is not used at present; null: it works
    since bigint,                       -- ms; when `reason` was set or cleared
    failures bigint not null,           -- transport faults in a row
    pauses bigint not null,             -- pauses since the last success; each is longer than the one before
    paused_until bigint,                -- ms; no message before this, then one probe; null: not paused
    paused_for bigint not null default 0, -- ms; length of the pause: an end further off was set by a wrong clock
    suspect text,                       -- id of the row with the latest suspect refusal, while nothing was accepted since
    rate_used_until bigint not null     -- microseconds since 1970: until when the permitted rate is used up (GCRA)
);
