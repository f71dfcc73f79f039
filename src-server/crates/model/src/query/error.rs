//! What was not understood in a query.

use thiserror::Error;

/// What was not understood in a query. The text is a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QueryError {
    /// A key that does not exist.
    #[error("invalid key [{0}]")]
    Key(String),
    /// Too few characters of a wark.
    #[error("w/filehash must be 16+ chars")]
    ShortWark,
    /// A value that does not fit its key.
    #[error("'{value}' is not a {wanted} (the value of '{key}')")]
    Value {
        /// The key.
        key: String,
        /// The value.
        value: String,
        /// What would fit.
        wanted: &'static str,
    },
    /// A word in a place where it has no meaning.
    #[error("'{found}' is not understood here; expected is {wanted}")]
    Word {
        /// The word.
        found: String,
        /// What could stand there.
        wanted: &'static str,
    },
    /// Words without a comparison.
    #[error("'{0}' alone is no search; to find it in names, type: name like *{0}*")]
    NoComparison(String),
    /// A quoted value without its closing quote.
    #[error("the quote before '{0}' is not closed")]
    Quote(String),
    /// The query ends too early.
    #[error("the search ends where {0} is expected")]
    End(&'static str),
    /// Too many conditions, or parentheses in parentheses.
    #[error("the search has too many conditions; at most {0} are possible")]
    TooLong(usize),
}
