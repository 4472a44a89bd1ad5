//! Tests of the inbox in a running server: external suites, its own listener, live events, untrusted hosts and origins.
//! Tests of the single routes are in src/web/inbox/tests.

mod advisories;
mod listener;
mod live;
mod reading;
mod suites;
mod unauthenticated;
