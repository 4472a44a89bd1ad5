# Short names for what the scripts do. `just` alone lists them.

_default:
    @just --list

# everything CI runs
ci:
    .ci/run

# tests whose names contain one of the words; all of them without a word
test *words:
    bin/test {{words}}

# formatting, lints and the fast tests
quick:
    bin/test --quick

# the site at http://127.0.0.1:8000 and its inbox at /dev/inbox
run:
    cargo run

# signups, logins, pages, memory, start-up
bench-accounts *args:
    cargo bench --bench accounts -- {{args}}

# letters per second from the outbox to an SMTP server, beside nodemailer and Django (installed by bin/setup)
bench-outbox *args:
    cargo bench --bench outbox -- --beside bench/senders/nodemailer --beside bench/senders/django {{args}}

# the inbox store: messages per second, list and search latency
bench-capture *args:
    cargo bench --bench capture_store -- {{args}}
