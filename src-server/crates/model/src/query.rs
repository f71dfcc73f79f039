//! What a search looks for: one value for every way to ask.
//!
//! Expressions ([`parse`]), the fields of the search form ([`from_form`]) and what a person types into one box
//! ([`from_typed`]) become a [`Query`]; the index translates it into SQL with bound values. Source: docs/http-api.md "Search".

mod complete;
mod condition;
mod error;
mod folders;
mod form;
mod instant;
mod parser;
mod pattern;
#[cfg(test)]
mod tests;
mod typed;
#[cfg(test)]
mod typed_tests;

pub use complete::{Typing, as_value, keys_with};
pub use condition::{CONDITIONS_MAX, Query, Relation, TagTest, Text, WARK_PREFIX_MIN};
pub use error::QueryError;
pub use folders::FolderNames;
pub use form::{FormField, from_form};
pub use parser::parse;
pub use pattern::Pattern;
pub use typed::{TYPED_KEYS, from_typed};
