# Short names for scripts. `just` lists them.

_default:
    @just --list

# everything that CI runs
ci:
    .ci/run

# tests whose names contain one of the words; without a word, all tests
test *words:
    bin/test {{words}}

# formatting, lints and the fast tests
quick:
    bin/test --quick

# the site at http://127.0.0.1:8000 and its inbox at /dev/inbox
run:
    cargo run

# signups, logins, pages, memory and start-up
bench-accounts *args:
    cargo bench --bench accounts -- {{args}}

# emails per second from the outbox to an SMTP server, beside nodemailer and Django (installed by bin/setup)
bench-outbox *args:
    cargo bench --bench outbox -- --beside bench/senders/nodemailer --beside bench/senders/django {{args}}

# the inbox over SMTP and HTTP: messages per second, list and search latency, start-up, memory
bench-capture *args:
    cargo build --release
    bench/capture {{args}}

# the inbox page in a browser: first paint, click to text, arrival; --maildev FOLDER measures MailDev beside it
bench-inbox-page *args:
    cargo build --release
    bench/inbox-page {{args}}

# pictures of every page in both themes and languages, at three widths
screenshots *args:
    cargo build
    bin/screenshots {{args}}

# the inbox's store alone, without SMTP and HTTP
bench-store *args:
    cargo bench --bench capture_store -- {{args}}

# thousands of slow and silent connections and floods of requests, and what other visitors notice
attack *args:
    cargo build --release
    bench/attack {{args}}

# rounds of kill -9 while every flow runs, on SQLite and on PostgreSQL: what got lost or doubled
crash rounds="100" *args:
    cargo build --release
    bench/crash {{rounds}} {{args}}
    bin/with-postgres bench/crash {{rounds}} {{args}}

# run random input against one part: session, command, data, mime, view or query
fuzz target minutes="10":
    GATEPOST_FUZZ_SECONDS=$(({{minutes}} * 60)) cargo test --lib -- --nocapture fuzz_{{target}}_
