//! The services together.

mod accounts;
