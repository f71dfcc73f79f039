//! How long a side waits, and how often it repeats what it has sent.

use std::time::Duration;

/// Longest time between two retransmissions, unless the client has asked for a longer one.
const WAIT_MAX: Duration = Duration::from_secs(8);
/// Retransmissions until the client has answered for the first time: its address may be forged.
pub(crate) const FIRST_REPEATS: u32 = 3;
/// Retransmissions without progress after that.
pub(crate) const REPEATS: u32 = 5;

/// How long a side waits, and how often it repeats what it has sent: twice as long each time.
#[derive(Clone, Debug)]
pub(crate) struct Patience {
    first: Duration,
    repeats: u32,
    most: u32,
}

impl Patience {
    pub fn new(first: Duration) -> Self {
        Self { first, repeats: 0, most: FIRST_REPEATS }
    }

    /// Returns how long to wait for an answer now.
    pub fn wait(&self) -> Duration {
        let longest = WAIT_MAX.max(self.first);
        self.first.saturating_mul(1 << self.repeats.min(16)).min(longest)
    }

    /// The client has answered.
    pub fn progressed(&mut self) {
        (self.repeats, self.most) = (0, REPEATS);
    }

    /// The time is up. Returns whether to repeat what was sent.
    pub fn expired(&mut self) -> bool {
        self.repeats += 1;
        self.repeats <= self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_become_longer_and_end() {
        let waits = |patience: &mut Patience| {
            let mut all = vec![patience.wait().as_secs()];
            while patience.expired() {
                all.push(patience.wait().as_secs());
            }
            all
        };
        let mut patience = Patience::new(Duration::from_secs(1));
        assert_eq!(waits(&mut patience), [1, 2, 4, 8]);
        patience.progressed();
        assert_eq!(waits(&mut patience), [1, 2, 4, 8, 8, 8]);
        let mut slow = Patience::new(Duration::from_secs(20));
        assert_eq!(waits(&mut slow), [20; 4]);
    }
}
