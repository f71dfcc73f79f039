//! Compares two clocks: the wall clock, which people can set and which advances while a computer sleeps, and the
//! monotonic clock. If they disagree, the wall clock was set or the computer slept.

use crate::sharing::Decision;
use std::time::{Duration, Instant, SystemTime};

/// More than the clocks drift apart between two checks, and more than a busy computer delays the program.
const SLEEP_THRESHOLD: Duration = Duration::from_secs(20);

/// Detects that the computer slept, or that the program was stopped for a while.
pub struct SleepDetector {
    wall: SystemTime,
    running: Instant,
}

impl SleepDetector {
    /// Starts measuring now.
    pub fn start() -> Self {
        Self { wall: SystemTime::now(), running: Instant::now() }
    }

    /// Returns true if much more time has passed since the last call than lies between two checks. Setting the wall
    /// clock forward looks the same, and does no harm.
    pub fn has_slept(&mut self) -> bool {
        let before = std::mem::replace(self, Self::start());
        let wall = self.wall.duration_since(before.wall).unwrap_or_default();
        wall.max(self.running.duration_since(before.running)) > SLEEP_THRESHOLD
    }
}

/// End of a pause by the monotonic clock: setting the wall clock back must not turn half an hour into two days.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// Returns the deadline of a decision made at `now_ms`; `None` unless it is a pause.
    pub fn of(decision: Decision, now_ms: i64) -> Option<Self> {
        let Decision::Paused { until_ms } = decision else { return None };
        let left = u64::try_from(until_ms.saturating_sub(now_ms)).unwrap_or(0);
        Instant::now().checked_add(Duration::from_millis(left)).map(Self)
    }

    /// Returns true once the deadline has passed.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleep_is_noticed_by_either_clock() {
        let now = SleepDetector::start;
        let slept = |wall: u64, running: u64| {
            let ago = |secs| Duration::from_secs(secs);
            let wall = now().wall - ago(wall);
            let running = now().running.checked_sub(ago(running)).expect("this machine runs for some minutes");
            SleepDetector { wall, running }.has_slept()
        };
        assert!(!slept(5, 5));
        assert!(slept(3600, 5), "the clock that only runs stands still in sleep");
        assert!(slept(30, 30), "a program that was stopped");
        let mut set_back = SleepDetector { wall: now().wall + Duration::from_secs(3600), running: now().running };
        assert!(!set_back.has_slept());
    }

    #[test]
    fn only_pauses_have_an_end() {
        assert!(Deadline::of(Decision::On, 0).is_none() && Deadline::of(Decision::Off, 0).is_none());
        let ends = |until_ms| Deadline::of(Decision::Paused { until_ms }, 1000).map(|deadline| deadline.is_over());
        assert_eq!((ends(500), ends(1000), ends(100_000)), (Some(true), Some(true), Some(false)));
        let _never = ends(i64::MAX);
    }
}
