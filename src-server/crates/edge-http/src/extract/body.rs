//! The body of a request as a stream of bytes.
//! A body that is dropped before its end is drained for a while. A client that is still sending when the connection
//! closes gets "broken pipe" instead of the response, and sends the request again (copyparty's clients retry chunks
//! that way).

use bytes::{Buf, Bytes};
use futures_util::stream::{Stream, StreamExt};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use warp::Filter;

/// Most bytes of a dropped body that are read and discarded.
const DRAIN_BYTES: usize = 64 << 20;
/// Longest time spent on draining.
const DRAIN_TIME: Duration = Duration::from_secs(20);

type Inner = Pin<Box<dyn Stream<Item = Result<Bytes, warp::Error>> + Send>>;

/// The body of one request.
pub struct RequestBody {
    /// `None` after the end of the body or an error was returned.
    inner: Option<Inner>,
    /// The client sent `Expect: 100-continue` and has not been asked for the body. The first poll makes hyper send `100
    /// Continue`.
    expects_continue: bool,
}

impl RequestBody {
    /// Returns an empty body.
    pub fn empty() -> Self {
        Self { inner: None, expects_continue: false }
    }
    /// Sets whether the client waits for `100 Continue`. In that case a body that was never polled is not drained.
    pub fn set_expects_continue(&mut self, expects_continue: bool) {
        self.expects_continue = expects_continue;
    }
    /// Reads the whole body into memory.
    ///
    /// # Errors
    /// `TooLong` beyond `limit` bytes; `Broken` if the connection broke.
    pub async fn collect(&mut self, limit: usize) -> Result<Vec<u8>, BodyFault> {
        let mut all = Vec::new();
        while let Some(piece) = self.next().await {
            let piece = piece.map_err(|_| BodyFault::Broken)?;
            if all.len() + piece.len() > limit {
                return Err(BodyFault::TooLong);
            }
            all.extend_from_slice(&piece);
        }
        Ok(all)
    }
}

/// Why a body could not be collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// More bytes than allowed.
    TooLong,
    /// The connection broke.
    Broken,
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
    warp::body::stream()
        .map(|pieces| RequestBody { inner: Some(Box::pin(into_bytes(pieces))), expects_continue: false })
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
