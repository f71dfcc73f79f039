//! The body of a request as a stream of bytes.
//! A body that is dropped before its end is drained for a while. A client that is still sending when the connection
//! closes gets "broken pipe" instead of the response, and sends the request again (copyparty's clients retry chunks
//! that way).

use bytes::{Buf, Bytes};
use engine::EngineError;
use engine::budget::{Budget, Reservation};
use futures_util::stream::{Stream, StreamExt};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use warp::Filter;

/// Most bytes of a dropped body that are read and discarded.
const DRAIN_BYTES: usize = 64 << 20;
/// Longest time spent on draining.
const DRAIN_TIME: Duration = Duration::from_secs(20);

/// Most bytes of request bodies held in memory at once, by all clients together.
const HELD_BYTES: usize = 128 << 20;
/// The same for one address. The longest single body, a text that is saved, has 32 MiB.
const HELD_BYTES_PER_ADDRESS: usize = 48 << 20;
/// Bytes of a body that are not counted: the request's own buffers hold as much, and most handshakes are shorter.
const UNCOUNTED: usize = 4 << 10;

/// Returns the budget of the memory that holds request bodies; one for each server.
pub fn memory_budget() -> Budget {
    Budget::new("long requests", HELD_BYTES, HELD_BYTES_PER_ADDRESS)
}

type Inner = Pin<Box<dyn Stream<Item = Result<Bytes, warp::Error>> + Send>>;

/// The body of one request.
pub struct RequestBody {
    /// `None` after the end of the body or an error was returned.
    inner: Option<Inner>,
    /// The client sent `Expect: 100-continue` and has not been asked for the body. The first poll makes hyper send `100
    /// Continue`.
    expects_continue: bool,
    /// Memory of the collected bytes, released when the body is dropped. `None`: not counted.
    memory: Option<Reservation>,
}

impl RequestBody {
    /// Returns an empty body.
    pub fn empty() -> Self {
        Self { inner: None, expects_continue: false, memory: None }
    }
    /// Sets whether the client waits for `100 Continue`. In that case a body that was never polled is not drained.
    pub fn set_expects_continue(&mut self, expects_continue: bool) {
        self.expects_continue = expects_continue;
    }
    /// Counts the bytes that are collected from now on against the budget of `empty`, a reservation of nothing.
    pub fn count_memory(&mut self, empty: Reservation) {
        self.memory = Some(empty);
    }
    /// Appends `piece`, which came from this body, to `all`. The memory is counted until the body is dropped, so the body
    /// has to live as long as `all`.
    ///
    /// # Errors
    /// `TooLong` if `all` would have more than `limit` bytes; `TooMany` if too much memory is held already.
    pub fn append(&mut self, all: &mut Vec<u8>, piece: &[u8], limit: usize) -> Result<(), BodyFault> {
        let needed = all.len() + piece.len();
        if needed > limit {
            return Err(BodyFault::TooLong);
        }
        if needed > all.capacity() {
            let capacity = needed.max(2 * all.capacity()).min(limit);
            self.hold(capacity.saturating_sub(UNCOUNTED) - all.capacity().saturating_sub(UNCOUNTED))?;
            all.reserve_exact(capacity - all.len());
        }
        all.extend_from_slice(piece);
        Ok(())
    }
    /// Counts `more` bytes that were made from the body and live as long as it.
    ///
    /// # Errors
    /// `TooMany`.
    pub fn hold(&mut self, more: usize) -> Result<(), BodyFault> {
        let Some(memory) = self.memory.as_mut().filter(|_| more > 0) else { return Ok(()) };
        memory.grow(more).map_err(BodyFault::TooMany)
    }
    /// Reads the whole body into memory, see [`RequestBody::append`].
    ///
    /// # Errors
    /// `TooLong` beyond `limit` bytes; `Broken` if the connection broke; `TooMany`.
    pub async fn collect(&mut self, limit: usize) -> Result<Vec<u8>, BodyFault> {
        let mut all = Vec::new();
        while let Some(piece) = self.next().await {
            let piece = piece.map_err(|_| BodyFault::Broken)?;
            self.append(&mut all, &piece, limit)?;
        }
        Ok(all)
    }
}

/// Why a body could not be collected.
#[derive(Debug)]
pub enum BodyFault {
    /// More bytes than allowed.
    TooLong,
    /// The connection broke.
    Broken,
    /// The bodies of all clients, or of the client's address, hold as much memory as they may: `TooManyAtOnce`.
    TooMany(EngineError),
}

impl Stream for RequestBody {
    type Item = Result<Bytes, warp::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.expects_continue = false;
        let Some(inner) = self.inner.as_mut() else { return Poll::Ready(None) };
        let polled = inner.as_mut().poll_next(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.inner = None;
        }
        polled
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let Some(mut rest) = self.inner.take().filter(|_| !self.expects_continue) else { return };
        // Without a runtime the program is shutting down, and the connection closes anyway.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(tokio::time::timeout(DRAIN_TIME, async move {
            let mut left = DRAIN_BYTES;
            while let Some(Ok(piece)) = rest.next().await {
                match left.checked_sub(piece.len()) {
                    Some(still) => left = still,
                    None => break,
                }
            }
        }));
    }
}

/// Extracts the body of the request.
pub fn body() -> impl Filter<Extract = (RequestBody,), Error = warp::Rejection> + Clone {
    warp::body::stream().map(|pieces| RequestBody {
        inner: Some(Box::pin(into_bytes(pieces))),
        expects_continue: false,
        memory: None,
    })
}

fn into_bytes<B: Buf>(
    pieces: impl Stream<Item = Result<B, warp::Error>> + Send,
) -> impl Stream<Item = Result<Bytes, warp::Error>> + Send {
    pieces.map(|piece| {
        piece.map(|mut piece| {
            let length = piece.remaining();
            // A reference count, not a copy: warp's buffers are `Bytes` inside.
            piece.copy_to_bytes(length)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::error::TooMany;

    /// Whether the address has too many; `None`: the bytes were taken.
    fn refused(outcome: Result<(), BodyFault>) -> Option<bool> {
        match outcome {
            Ok(()) => None,
            Err(BodyFault::TooMany(EngineError::TooMany(TooMany::AtOnce { per_address, .. }))) => Some(per_address),
            Err(other) => panic!("another fault: {other:?}"),
        }
    }

    #[test]
    fn bodies_that_are_held_back_are_limited_together() {
        let budget = memory_budget();
        let mut held = Vec::new();
        let mut fill = |address: &str, bytes: usize| {
            let mut body = RequestBody::empty();
            body.count_memory(budget.reservation(address.parse().expect("address")));
            let mut all = Vec::new();
            let mut outcome = Ok(());
            while outcome.is_ok() && all.len() < bytes {
                outcome = body.append(&mut all, &[b'x'; 64 << 10], 32 << 20);
                assert!(all.capacity() <= 32 << 20);
            }
            held.push((body, all));
            refused(outcome)
        };
        assert_eq!(fill("10.0.0.1", 32 << 20), None);
        assert_eq!(fill("10.0.0.1", 32 << 20), Some(true));
        for address in ["10.0.0.2", "10.0.0.3"] {
            assert_eq!(fill(address, 32 << 20), None);
        }
        assert_eq!(fill("10.0.0.4", 32 << 20), Some(false));
        held.clear();
        let mut body = RequestBody::empty();
        body.count_memory(budget.reservation("10.0.0.4".parse().expect("address")));
        assert_eq!(refused(body.hold(HELD_BYTES_PER_ADDRESS)), None, "all memory has been released");
        assert_eq!(refused(body.hold(1)), Some(true));
    }

    #[test]
    fn short_bodies_are_not_counted() {
        let budget = memory_budget();
        let address = "10.0.0.1".parse().expect("address");
        let mut full = budget.reservation(address);
        full.grow(HELD_BYTES_PER_ADDRESS).expect("room");
        let mut body = RequestBody::empty();
        body.count_memory(budget.reservation(address));
        let mut all = Vec::new();
        (0..UNCOUNTED).for_each(|_| body.append(&mut all, b"x", 1 << 20).expect("short"));
        assert_eq!(refused(body.append(&mut all, b"x", 1 << 20)), Some(true));
    }
}
