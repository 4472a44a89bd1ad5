//! Tests of the inbox in a running server: external suites, its own listener, live events, untrusted hosts and origins.
//! Tests of the single routes are in src/web/inbox/tests.

mod advisories;
mod corpus;
mod large_answers;
mod listener;
mod live;
mod readers;
mod reading;
mod suites;
mod unauthenticated;
