//! The account pages and their handlers.

pub mod pages;
