//! Tests of the pages and the API over HTTP, on their own inbox. Tests of the whole server are in tests/it.

mod api;
mod cross_site;
mod damage;
mod forms;
mod html;
mod openapi;
mod pages;
mod panels;
mod panes;
mod refused;
mod safety;
mod selection;
mod sending;
mod services;
mod sessions;
mod support;
mod tools;
