-- Accounts. Ids are UUIDv7 as text, times milliseconds since 1970 (UTC); "when" instead of yes and no: no booleans,
-- since sqlx::Any has none on SQLite.

create table users (
    id text primary key,
    email text not null,                -- as letters are sent to: local part as typed, domain in ASCII
    email_key text not null unique,     -- canonical form: one mailbox, one user
    name text not null,                 -- shown on the user's own pages; empty: none given
    password_hash text,                 -- PHC string (argon2id); null: invited, none chosen yet
    locale text not null,               -- of the letters: en | ko
    created_at bigint not null,         -- ms
    verified_at bigint,                 -- ms; when the address was last confirmed; null: invited by the operator
    password_changed_at bigint,         -- ms
    disabled_at bigint                  -- ms; by the operator; null: may log in
);

-- An attempt to open an account; no user yet. Each browser writes its own row, so that nobody's password or name can
-- come alive on somebody else's address.
create table signups (
    id text primary key,
    email text not null,
    email_key text not null,            -- many rows may wait for one address
    name text not null,
    password_hash text,                 -- PHC string; null: asked for by a resend from another browser
    locale text not null,
    next text,                          -- path to go to after the first login
    binding text,                       -- SHA-256 of the browser's cookie; null: no browser may confirm without a password
    decoy_for text,                     -- id of the user who has the address already: nothing ever confirms this row
    created_at bigint not null,         -- ms
    expires_at bigint not null          -- ms; forgotten after this
);
create index signups_address on signups (email_key);
create unique index signups_binding on signups (binding);
create index signups_expiry on signups (expires_at);

-- A mailed permission: single use, one row a letter. The mailed value is derived from the id when the letter is
-- composed; nothing here lets anybody in.
create table links (
    id text primary key,
    purpose text not null,              -- verify | reset | change-email | none (the decoy of an unknown address)
    signup_id text references signups (id) on delete cascade,
    user_id text references users (id) on delete cascade,
    new_email text,                     -- change-email: the address to be confirmed
    created_at bigint not null,         -- ms
    expires_at bigint,                  -- ms; the latest attempt to hand the letter over + its life; null: not handed over yet
    used_at bigint                      -- ms; one conditional update sets it
);
create index links_signup on links (signup_id) where signup_id is not null;
create index links_user on links (user_id) where user_id is not null;
create index links_created on links (created_at);

create table sessions (
    id text primary key,                -- public: names the session on its owner's page
    user_id text not null references users (id) on delete cascade,
    token text not null unique,         -- SHA-256 of the cookie's 256 random bits
    created_at bigint not null,         -- ms; start of the absolute life
    seen_at bigint not null,            -- ms; start of the idle life; written at most every tenth of it
    remembered_at bigint,               -- ms; null: ends with the browser, and sooner
    device text                         -- coarse name of browser and system, out of our own lists
);
create index sessions_user on sessions (user_id);

-- Throttles: so many in a window that begins with the first.
create table counters (
    key text primary key,               -- HMAC of what is counted: no address stands here
    count bigint not null,
    resets_at bigint not null           -- ms; end of the window
);
create index counters_resets on counters (resets_at);
