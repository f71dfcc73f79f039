//! Timeouts of a connection: one timer for both directions, armed only while one of them is blocked.
//!
//! The clock of a direction starts when a read or write would block and stops with the next byte. So the time that the
//! server itself needs (a slow disk, a hash) never counts against the client: hyper does not read while it has no
//! buffer space.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// How long a client may take for each part of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimits {
    /// For a complete request head, from its first byte (from `accept` for the first one); also for the TLS handshake.
    pub head: Duration,
    /// Without a byte of a request body. For answers see [`TimeLimits::stalled_answer`].
    pub body: Duration,
    /// Between requests.
    pub idle: Duration,
}

/// A client may accept no data of its answer for this many times longer than it may send no data: a proxy in front of a
/// slow client fills its buffer (nginx: 1 GiB) and then reads nothing for as long as the client needs for a part of it.
/// The cost is a socket and hyper's buffer. A client that has gone is detected by the system, whose packets are not
/// acknowledged; and where connections are scarce, the server closes stalled ones first.
const STALLED_ANSWER: u32 = 16;

impl TimeLimits {
    /// Returns how long a client may accept no data of its answer.
    pub fn stalled_answer(&self) -> Duration {
        self.body * STALLED_ANSWER
    }
}

/// What a blocked direction waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The first byte of the first head.
    FirstHead,
    /// The rest of a head.
    Head,
    /// More of a body.
    Body,
    /// Another request.
    Idle,
    /// That the client accepts data.
    Write,
}

impl Wait {
    fn limit(self, limits: &TimeLimits) -> Duration {
        match self {
            Self::FirstHead | Self::Head => limits.head,
            Self::Body => limits.body,
            Self::Write => limits.stalled_answer(),
            Self::Idle => limits.idle,
        }
    }
}

/// The running timeouts of one connection.
#[derive(Debug)]
pub struct Timeouts {
    limits: TimeLimits,
    read: Option<(Wait, Instant)>,
    write: Option<(Wait, Instant)>,
    /// Created when a direction first blocks, then reused. May fire too early, never too late.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Timeouts {
    /// Creates timeouts with no direction blocked.
    pub fn new(limits: TimeLimits) -> Self {
        Self { limits, read: None, write: None, timer: None }
    }

    /// A read has returned data or is not awaited any more.
    pub fn read_progressed(&mut self) {
        self.read = None;
    }

    /// A write has made progress.
    pub fn write_progressed(&mut self) {
        self.write = None;
    }

    /// Returns true while a write is blocked.
    pub fn write_is_blocked(&self) -> bool {
        self.write.is_some()
    }

    /// A read is blocked and waits for `wait`. Ready if it has timed out.
    ///
    /// The clock keeps running while `wait` stays the same. Bytes of a head do not stop it ([`Timeouts::read_progressed`] is
    /// not called for them), so a client cannot prolong a head by sending it slowly.
    pub fn read_blocked(&mut self, wait: Wait, cx: &mut Context<'_>) -> Poll<()> {
        let since = match self.read {
            Some((same, since)) if same == wait => since,
            _ => Instant::now(),
        };
        self.read_blocked_since(wait, since, cx)
    }

    /// The same with a clock that started at `since`.
    pub fn read_blocked_since(&mut self, wait: Wait, since: Instant, cx: &mut Context<'_>) -> Poll<()> {
        self.read = Some((wait, since));
        self.check(wait, since, cx)
    }

    /// Returns the limits.
    pub fn limits(&self) -> &TimeLimits {
        &self.limits
    }

    /// A write is blocked. Ready if it has timed out.
    pub fn write_blocked(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (_, since) = *self.write.get_or_insert_with(|| (Wait::Write, Instant::now()));
        self.check(Wait::Write, since, cx)
    }

    fn check(&mut self, wait: Wait, since: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let due = since + wait.limit(&self.limits);
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if timer.deadline() > due {
            timer.as_mut().reset(due);
        }
        while timer.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            if now >= due {
                return Poll::Ready(());
            }
            // The timer fired for an older deadline; the other direction, if blocked, may be due before this one.
            let other = [self.read, self.write].into_iter().flatten();
            let next = other.map(|(wait, since)| since + wait.limit(&self.limits)).filter(|&at| at > now).min();
            timer.as_mut().reset(next.map_or(due, |next| next.min(due)));
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    fn limits() -> TimeLimits {
        TimeLimits { head: Duration::from_secs(3), body: Duration::from_secs(10), idle: Duration::from_secs(5) }
    }

    #[tokio::test(start_paused = true)]
    async fn each_wait_has_its_limit() {
        for (wait, secs) in [(Wait::Head, 3), (Wait::Body, 10), (Wait::Idle, 5)] {
            let mut timeouts = Timeouts::new(limits());
            let begun = Instant::now();
            poll_fn(|cx| timeouts.read_blocked(wait, cx)).await;
            assert_eq!(begun.elapsed().as_secs(), secs, "{wait:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn progress_restarts_the_clock() {
        let mut timeouts = Timeouts::new(limits());
        let begun = Instant::now();
        for _ in 0..4 {
            let blocked = poll_fn(|cx| timeouts.write_blocked(cx));
            assert!(tokio::time::timeout(Duration::from_secs(8), blocked).await.is_err());
            timeouts.write_progressed();
        }
        poll_fn(|cx| timeouts.write_blocked(cx)).await;
        assert_eq!(begun.elapsed().as_secs(), 4 * 8 + 16 * 10);
    }

    #[tokio::test(start_paused = true)]
    async fn another_wait_restarts_the_clock() {
        let mut timeouts = Timeouts::new(limits());
        let begun = Instant::now();
        let idle = poll_fn(|cx| timeouts.read_blocked(Wait::Idle, cx));
        assert!(tokio::time::timeout(Duration::from_secs(4), idle).await.is_err());
        poll_fn(|cx| timeouts.read_blocked(Wait::Body, cx)).await;
        assert_eq!(begun.elapsed().as_secs(), 14);
    }

    #[tokio::test(start_paused = true)]
    async fn both_directions_share_a_timer() {
        let mut timeouts = Timeouts::new(limits());
        let begun = Instant::now();
        let late = poll_fn(|cx| timeouts.write_blocked(cx));
        assert!(tokio::time::timeout(Duration::from_secs(2), late).await.is_err());
        // The read is due first, although the write is blocked for longer.
        poll_fn(|cx| match timeouts.write_blocked(cx) {
            Poll::Ready(()) => Poll::Ready("write"),
            Poll::Pending => timeouts.read_blocked(Wait::Head, cx).map(|()| "read"),
        })
        .await;
        assert_eq!(begun.elapsed().as_secs(), 5);
    }
}
