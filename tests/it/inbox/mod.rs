//! The developer's inbox as a whole server has it: outside suites, its own listener, live events, foreign hosts.
//! What each route answers is tested beside the routes, in src/web/inbox/tests.

mod advisories;
mod listener;
mod live;
mod strangers;
mod suites;
