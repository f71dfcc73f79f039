//! The input of the menu: the server's answers and the local time.

use server::control::admin::{Activity, Overview};

/// The values that the menu shows.
pub struct View<'a> {
    /// The overview of the server.
    pub overview: &'a Overview,
    /// Current and past transfers.
    pub activity: &'a Activity,
    /// The share of which an index is being made, with the number of files so far.
    pub indexing: Option<(String, u64)>,
    /// "Open window" is the first row: on Linux, where a click on the icon does not always work.
    pub window_first: bool,
    /// The local time.
    pub clock: &'a dyn Clock,
}

/// The local time.
pub trait Clock {
    /// Formats a time (milliseconds since 1970) as hours and minutes, with the day if it is not today.
    fn at(&self, ms: i64) -> String;
    /// Returns 8:00 of the next day, as text and in seconds since 1970.
    fn tomorrow(&self) -> (String, i64);
}
