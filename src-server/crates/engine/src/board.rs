//! A text that whoever runs the server shows to everyone who may look at a folder, for some minutes: an address, a
//! password for the wireless network. It lives in memory alone.

use crate::uploads::now;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Longest text, bytes.
pub const LONGEST: usize = 64 << 10;

/// A text and its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The text.
    pub text: String,
    /// Until then it is shown, milliseconds since 1970.
    pub until_ms: i64,
}

/// Where it hangs.
#[derive(Default)]
pub struct Board(Mutex<Option<Shown>>);

impl Board {
    fn lock(&self) -> MutexGuard<'_, Option<Shown>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows another text, or none.
    pub fn set(&self, shown: Option<Shown>) {
        *self.lock() = shown;
    }

    /// What is shown now.
    pub fn now(&self) -> Option<Shown> {
        self.at(now().0)
    }

    /// What is shown at a moment, milliseconds since 1970.
    fn at(&self, now_ms: i64) -> Option<Shown> {
        let mut shown = self.lock();
        if shown.as_ref().is_some_and(|shown| shown.until_ms <= now_ms) {
            *shown = None;
        }
        shown.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_taken_down_by_the_clock_and_by_hand() {
        let board = Board::default();
        let shown = Shown { text: "key".into(), until_ms: 100 };
        board.set(Some(shown.clone()));
        assert_eq!(board.at(99), Some(shown.clone()));
        assert_eq!(board.at(100), None);
        assert_eq!(board.at(0), None, "a clock that goes back brings nothing back");
        board.set(Some(shown));
        board.set(None);
        assert_eq!(board.at(0), None);
    }
}
