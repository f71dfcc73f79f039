//! The clock by which entries grow old. The wall clock may be set, and may be wrong when a computer starts: entries must
//! then neither be purged at once nor live for ever.
//!
//! The clock begins with the wall clock. While the program runs it advances with the monotonic clock. Across a restart it
//! advances as the wall clock says, but never back, and by [`GAP_MAX`] at most.

use model::UnixMillis;
use parking_lot::Mutex;
use std::time::Instant;

/// Name of the file in the trash.
pub const FILE: &str = "clock";
/// Longest time between two runs of the program that entries grow older by, milliseconds: seven days.
pub const GAP_MAX: i64 = 7 * 24 * 3600 * 1000;

/// The clock of one trash.
#[derive(Default)]
pub struct TrashClock(Mutex<Option<Started>>);

#[derive(Clone, Copy)]
struct Started {
    ms: i64,
    at: Instant,
}

impl TrashClock {
    /// Returns the time, milliseconds. `load`: returns the text that [`TrashClock::to_text`] has made last, and the time of
    /// the newest entry, by this clock; called once. `wall`: the wall clock.
    pub fn now(&self, wall: UnixMillis, load: impl FnOnce() -> (Option<String>, Option<i64>)) -> i64 {
        let mut started = self.0.lock();
        let started = started.get_or_insert_with(|| {
            let (text, newest) = load();
            Started { ms: resume(text.as_deref(), newest, wall), at: Instant::now() }
        });
        started.ms.saturating_add(i64::try_from(started.at.elapsed().as_millis()).unwrap_or(i64::MAX))
    }
}

/// Returns the text to keep for the next run.
pub fn to_text(now: i64, wall: UnixMillis) -> String {
    format!("{now} {}", wall.0)
}

/// Returns the time at which the clock goes on.
fn resume(text: Option<&str>, newest: Option<i64>, wall: UnixMillis) -> i64 {
    let saved = text.and_then(|text| {
        let (ms, at) = text.trim().split_once(' ')?;
        Some((ms.parse::<i64>().ok()?, at.parse::<i64>().ok()?))
    });
    match (saved, newest) {
        (Some((ms, at)), newest) => {
            let gap = wall.0.saturating_sub(at).clamp(0, GAP_MAX);
            ms.saturating_add(gap).max(newest.unwrap_or(i64::MIN))
        }
        // Without the file: nothing is older than it was when the newest entry was made.
        (None, Some(newest)) => newest,
        (None, None) => wall.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3600 * 1000;

    #[test]
    fn a_clock_that_jumps_ages_nothing_by_more_than_a_week_and_nothing_backwards() {
        let text = to_text(1000 * DAY, UnixMillis(2000 * DAY));
        for (wall, want) in [
            (2000 * DAY, 1000 * DAY),
            (2003 * DAY, 1003 * DAY),
            (2007 * DAY, 1007 * DAY),
            (9000 * DAY, 1007 * DAY),
            (i64::MAX, 1007 * DAY),
            (0, 1000 * DAY),
            (i64::MIN, 1000 * DAY),
        ] {
            assert_eq!(resume(Some(&text), None, UnixMillis(wall)), want, "{wall}");
            assert_eq!(resume(Some(&text), Some(2 * want), UnixMillis(wall)), 2 * want, "no entry is from the future");
        }
    }

    #[test]
    fn without_a_file_it_begins_with_the_newest_entry_or_now() {
        for text in [None, Some(""), Some("x y"), Some("5"), Some("99999999999999999999 1")] {
            assert_eq!(resume(text, Some(7), UnixMillis(9)), 7);
            assert_eq!(resume(text, None, UnixMillis(9)), 9);
        }
    }

    #[test]
    fn it_is_loaded_once_and_advances() {
        let clock = TrashClock::default();
        let first = clock.now(UnixMillis(5), || (None, None));
        assert!((5..100_000).contains(&first));
        assert!(clock.now(UnixMillis(i64::MAX), || unreachable!("loaded already")) >= first);
    }
}
