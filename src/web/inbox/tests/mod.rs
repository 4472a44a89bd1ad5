//! Pages and API over HTTP, on an inbox of their own; the whole server is tested in tests/it.

mod api;
mod damage;
mod forms;
mod pages;
mod refused;
mod safety;
mod services;
mod stand;
