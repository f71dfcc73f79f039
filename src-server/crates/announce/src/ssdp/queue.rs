//! Answers that wait to be sent, with the limits that make the responder useless for floods: on a network where anyone can
//! write any sender address, every answer may hit a machine that did not ask.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

/// Most waiting answers.
const MAX_WAITING: usize = 64;
/// Most waiting answers to one address: three searches for everything.
const MAX_WAITING_OF_ONE: usize = 9;
/// Most answers that are accepted in a second.
const MAX_PER_SECOND: u32 = 30;
/// Longest time that an answer waits, whatever the search allows.
const MAX_DELAY: Duration = Duration::from_millis(800);

/// An answer for a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The machine.
    pub to: SocketAddrV4,
    /// The datagram.
    pub text: String,
}

/// Waiting answers.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Vec<(Instant, Answer)>,
    /// Begin of the current second, and how many answers it has.
    second: Option<(Instant, u32)>,
}

impl Queue {
    /// Adds an answer; drops it if there are too many. `wait_secs`: the time over which the search spreads answers, of
    /// which `share` of 255 is used.
    pub fn push(&mut self, answer: Answer, wait_secs: u64, share: u8, now: Instant) {
        let to_one = |ip: Ipv4Addr| self.waiting.iter().filter(|(_, other)| *other.to.ip() == ip).count();
        if self.waiting.len() >= MAX_WAITING || to_one(*answer.to.ip()) >= MAX_WAITING_OF_ONE || !self.is_in_rate(now) {
            return;
        }
        let delay = Duration::from_secs(wait_secs.min(5)).min(MAX_DELAY) * u32::from(share) / 255;
        self.waiting.push((now + delay, answer));
    }

    fn is_in_rate(&mut self, now: Instant) -> bool {
        let (begin, count) = self.second.unwrap_or((now, 0));
        let (begin, count) =
            if now.duration_since(begin) >= Duration::from_secs(1) { (now, 0) } else { (begin, count) };
        self.second = Some((begin, count + 1));
        count < MAX_PER_SECOND
    }

    /// Takes the answers that are due.
    pub fn take_due(&mut self, now: Instant) -> Vec<Answer> {
        self.waiting.extract_if(.., |(when, _)| *when <= now).map(|(_, answer)| answer).collect()
    }

    /// Returns when the next answer is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.waiting.iter().map(|(when, _)| *when).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(to: &str) -> Answer {
        Answer { to: to.parse().expect("an address"), text: String::new() }
    }

    #[test]
    fn answers_are_spread_over_the_time_of_the_search() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.push(answer("10.0.0.1:1900"), 0, 255, now);
        queue.push(answer("10.0.0.2:1900"), 3, 255, now);
        assert_eq!(queue.take_due(now), [answer("10.0.0.1:1900")]);
        assert_eq!(queue.next_due(), Some(now + MAX_DELAY));
        assert_eq!(queue.take_due(now + MAX_DELAY), [answer("10.0.0.2:1900")]);
        assert_eq!(queue.next_due(), None);
    }

    #[test]
    fn floods_are_dropped() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        for _ in 0..100 {
            queue.push(answer("10.0.0.1:1900"), 5, 255, now);
        }
        assert_eq!(queue.waiting.len(), MAX_WAITING_OF_ONE);
        for i in 0..200_u8 {
            queue.push(answer(&format!("10.0.1.{i}:1900")), 5, 255, now + Duration::from_secs(2));
        }
        assert_eq!(queue.waiting.len(), MAX_WAITING_OF_ONE + MAX_PER_SECOND as usize);
        for second in 4..20 {
            let now = now + Duration::from_secs(second);
            (0..200_u8).for_each(|i| queue.push(answer(&format!("10.0.2.{i}:1900")), 5, 255, now));
        }
        assert_eq!(queue.waiting.len(), MAX_WAITING);
    }
}
