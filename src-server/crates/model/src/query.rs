//! What a search looks for: one value for every way to ask.
//!
//! Expressions ([`parse`]) and the fields of the search form ([`from_form`]) become a [`Query`]; the index translates it
//! into SQL with bound values. Source: docs/http-api.md "Search".

mod condition;
mod error;
mod form;
mod instant;
mod parser;
mod pattern;
#[cfg(test)]
mod tests;

pub use condition::{CONDITIONS_MAX, Query, Relation, TagTest, Text, WARK_PREFIX_MIN};
pub use error::QueryError;
pub use form::{FormField, from_form};
pub use parser::parse;
pub use pattern::Pattern;
