//! A client that still sends when its answer has been written is read from until it stops, since closing the socket with
//! unread bytes resets the connection and could destroy the answer in flight.

use std::future::Future;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// Limits without a byte and in total, as nginx has them in `lingering_timeout` and `lingering_time`.
const STILL: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(30);
/// Limit without a byte while the server stops.
const STILL_DRAINING: Duration = Duration::from_millis(500);
/// Size of a read.
const SCRATCH_LEN: usize = 8 << 10;

/// Timer of a connection that is read only to discard the bytes.
pub(crate) struct Linger {
    timer: Pin<Box<Sleep>>,
    until: Instant,
    last: Instant,
}

impl Linger {
    /// Starts the timer.
    pub fn new() -> Self {
        let now = Instant::now();
        let until = now + TOTAL;
        Self { timer: Box::pin(sleep_until(until)), until, last: now }
    }

    /// Reads and discards what the client still sends. Ready when it has stopped or a limit is reached.
    pub fn poll(&mut self, io: &mut (impl AsyncRead + Unpin), is_draining: bool, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let mut space = [MaybeUninit::<u8>::uninit(); SCRATCH_LEN];
            let mut buf = ReadBuf::uninit(&mut space);
            match Pin::new(&mut *io).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => self.last = Instant::now(),
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => break,
            }
            if self.last >= self.until || is_draining {
                return Poll::Ready(());
            }
        }
        let still = if is_draining { STILL_DRAINING } else { STILL };
        let due = self.until.min(self.last + still);
        if due != self.timer.deadline() {
            self.timer.as_mut().reset(due);
        }
        self.timer.as_mut().poll(cx)
    }
}
