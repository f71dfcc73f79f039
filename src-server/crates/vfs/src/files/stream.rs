//! Streams the bytes of an open file. Polling never blocks on a disk: bytes in the page cache are taken from there,
//! others are read on the pool, one step ahead of the client.
//!
//! [`Mapped`](super::body::BodyKind::Mapped): slices of a memory map, which the kernel copies straight from the page
//! cache (0.24 CPU seconds per GB against 0.36 for nginx's read and write). Only a window of the file is mapped at a
//! time, which keeps page tables small for files of any size.
//!
//! [`Buffered`](super::body::BodyKind::Buffered): copies, for callers that read the bytes themselves.

use super::body::{BodyKind, BodyStream};
use super::transfer::Transfer;
use crate::blocking_pool::BlockingPool;
use bytes::Bytes;
use futures_util::Stream;
use parking_lot::Mutex;
use std::future::Future;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use store::disk::{FileMaps, Mapped, OpenFile};

/// Bytes mapped at a time. A power of two and a multiple of every page size.
const WINDOW: u64 = 64 << 20;
/// Bytes of one slice of a map.
const SLICE: u64 = 1 << 20;
/// Bytes read from a disk in one step.
const STEP: u64 = 4 << 20;
/// Bytes of one buffer that is filled from the page cache.
const WARM_BUFFER: u64 = 256 << 10;
/// Bytes of one buffer that is read from a disk.
const COLD_BUFFER: u64 = 1 << 20;
/// Distance of the bytes that are probed to find out whether a slice is in the page cache.
const PROBE: u64 = 256 << 10;

pub(super) fn body(
    file: Arc<OpenFile>,
    range: Range<u64>,
    kind: BodyKind,
    pool: BlockingPool,
    transfer: Arc<Transfer>,
) -> BodyStream {
    let source = Source { file, at: range.start, end: range.end, pool, transfer, has_failed: false };
    match kind {
        BodyKind::Mapped(maps) => {
            Box::pin(MappedBody { source, maps, window: None, ready: 0, is_cold: false, pending: None })
        }
        BodyKind::Buffered => Box::pin(BufferedBody { source, pending: None }),
    }
}

/// Counts the bytes of a body whose source knows no transfers.
pub(super) fn counted(body: BodyStream, transfer: Arc<Transfer>) -> BodyStream {
    Box::pin(CountedBody { body, transfer, has_failed: false })
}

struct CountedBody {
    body: BodyStream,
    transfer: Arc<Transfer>,
    /// Whether an error has ended the stream.
    has_failed: bool,
}

impl Stream for CountedBody {
    type Item = io::Result<Bytes>;
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.has_failed {
            return Poll::Ready(None);
        }
        ready!(this.transfer.poll_resumed(cx));
        let next = ready!(this.body.as_mut().poll_next(cx));
        let next = next.map(|bytes| bytes.and_then(|bytes| this.transfer.count(bytes.len() as u64).map(|()| bytes)));
        this.has_failed = matches!(&next, Some(Err(_)));
        Poll::Ready(next)
    }
}

/// State that both kinds of body share.
struct Source {
    file: Arc<OpenFile>,
    /// Offset of the next byte.
    at: u64,
    end: u64,
    pool: BlockingPool,
    transfer: Arc<Transfer>,
    /// Whether an error has ended the stream.
    has_failed: bool,
}

impl Source {
    fn yield_bytes(&mut self, bytes: Bytes) -> Poll<Option<io::Result<Bytes>>> {
        let length = bytes.len() as u64;
        if let Err(error) = self.transfer.count(length) {
            return self.fail(error);
        }
        self.at += length;
        Poll::Ready(Some(Ok(bytes)))
    }
    fn fail(&mut self, error: io::Error) -> Poll<Option<io::Result<Bytes>>> {
        self.has_failed = true;
        Poll::Ready(Some(Err(error)))
    }
}

/// A read on the pool. It has a single owner; the mutex only makes it `Sync`, which warp requires of bodies.
struct PendingRead<T>(Mutex<Pin<Box<dyn Future<Output = io::Result<T>> + Send>>>);

impl<T: Send + 'static> PendingRead<T> {
    fn start(pool: &BlockingPool, work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Self {
        let pool = pool.clone();
        Self(Mutex::new(Box::pin(async move { pool.run(work).await.map_err(io::Error::other)? })))
    }
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        self.0.get_mut().as_mut().poll(cx)
    }
}

fn shrunk() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the file shrank while it was sent")
}

struct Window {
    map: Arc<Mapped>,
    bytes: Bytes,
    start: u64,
    end: u64,
}

struct Shared(Arc<Mapped>);
impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

struct MappedBody {
    source: Source,
    /// The maps of the connection that sends the bytes.
    maps: FileMaps,
    window: Option<Window>,
    /// Bytes before this offset of the file are in memory.
    ready: u64,
    /// Whether the disk was needed once; from then on it is read ahead.
    is_cold: bool,
    /// A read in progress; it returns the next value of `ready`.
    pending: Option<PendingRead<u64>>,
}

impl MappedBody {
    /// Returns the window with the next byte, and maps it if necessary.
    fn window(&mut self) -> io::Result<&Window> {
        let at = self.source.at;
        if self.window.as_ref().is_none_or(|window| at >= window.end) {
            let start = at - at % SLICE;
            let end = self.source.end.min(start + WINDOW);
            let map = Arc::new(self.maps.map(&self.source.file, &(start..end))?);
            let bytes = Bytes::from_owner(Shared(map.clone()));
            self.window = Some(Window { map, bytes, start, end });
        }
        Ok(self.window.as_ref().expect("was made above"))
    }

    /// Starts reading the bytes after `from` into memory.
    fn fetch(&mut self, from: u64) -> io::Result<()> {
        let window = self.window()?;
        let to = window.end.min(from + STEP);
        let (map, range) = (window.map.clone(), (from - window.start) as usize..(to - window.start) as usize);
        self.pending = Some(PendingRead::start(&self.source.pool, move || {
            // The kernel reports EFAULT for pages behind the end of the file.
            map.populate(range).map_err(|_| shrunk())?;
            Ok(to)
        }));
        Ok(())
    }

    /// Whether the bytes `from..to` seem to be in the page cache; probes single bytes.
    fn is_cached(&self, from: u64, to: u64) -> bool {
        let probes = (from..to).step_by(PROBE as usize).chain([to - 1]);
        probes.into_iter().all(|at| matches!(self.source.file.read_nowait(&mut [0], at), Some(Ok(1))))
    }

    fn next(&mut self, cx: &mut Context<'_>) -> io::Result<Poll<Option<Bytes>>> {
        loop {
            if let Some(pending) = &mut self.pending
                && let Poll::Ready(answer) = pending.poll(cx)
            {
                self.pending = None;
                self.ready = answer?;
            }
            let at = self.source.at;
            if at == self.source.end {
                return Ok(Poll::Ready(None));
            }
            if at < self.ready {
                return self.slice(cx).map(|bytes| Poll::Ready(Some(bytes)));
            }
            if self.pending.is_some() {
                return Ok(Poll::Pending);
            }
            let end = self.window()?.end;
            let to = end.min(at - at % SLICE + SLICE);
            if self.is_cached(at, to) {
                self.ready = to;
            } else {
                self.is_cold = true;
                self.fetch(at - at % SLICE)?;
            }
        }
    }

    fn slice(&mut self, cx: &mut Context<'_>) -> io::Result<Bytes> {
        let (at, ready) = (self.source.at, self.ready);
        let window = self.window()?;
        let to = ready.min(window.end).min(at - at % SLICE + SLICE);
        let bytes = window.bytes.slice((at - window.start) as usize..(to - window.start) as usize);
        let is_low = ready - at <= STEP && ready < window.end;
        if self.is_cold && is_low && self.pending.is_none() {
            self.fetch(ready)?;
            // A future does nothing until it is polled once.
            if let Some(pending) = &mut self.pending
                && let Poll::Ready(answer) = pending.poll(cx)
            {
                self.pending = None;
                self.ready = answer?;
            }
        }
        Ok(bytes)
    }
}

impl Stream for MappedBody {
    type Item = io::Result<Bytes>;
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.source.has_failed {
            return Poll::Ready(None);
        }
        ready!(this.source.transfer.poll_resumed(cx));
        match this.next(cx) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(None)) => Poll::Ready(None),
            Ok(Poll::Ready(Some(bytes))) => this.source.yield_bytes(bytes),
            Err(error) => this.source.fail(error),
        }
    }
}

struct BufferedBody {
    source: Source,
    /// A read of the next buffer.
    pending: Option<PendingRead<Vec<u8>>>,
}

impl BufferedBody {
    fn fetch(&mut self, at: u64) {
        let (file, most) = (self.source.file.clone(), (self.source.end - at).min(COLD_BUFFER) as usize);
        self.pending = Some(PendingRead::start(&self.source.pool, move || {
            let mut buffer = Vec::new();
            file.read_at(at, most, &mut buffer)?;
            Ok(buffer)
        }));
    }

    fn read_from_cache(&self) -> Option<io::Result<Vec<u8>>> {
        let mut buffer = vec![0; (self.source.end - self.source.at).min(WARM_BUFFER) as usize];
        let answer = self.source.file.read_nowait(&mut buffer, self.source.at)?;
        Some(answer.map(|read| {
            buffer.truncate(read);
            buffer
        }))
    }
}

impl Stream for BufferedBody {
    type Item = io::Result<Bytes>;
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.source.has_failed || this.source.at == this.source.end {
            return Poll::Ready(None);
        }
        ready!(this.source.transfer.poll_resumed(cx));
        let is_cold = this.pending.is_some();
        let answer = match (&mut this.pending, is_cold) {
            (Some(pending), _) => {
                let answer = ready!(pending.poll(cx));
                this.pending = None;
                answer
            }
            (None, _) => match this.read_from_cache() {
                Some(answer) => answer,
                None => {
                    this.fetch(this.source.at);
                    return Pin::new(this).poll_next(cx);
                }
            },
        };
        match answer {
            Ok(buffer) if buffer.is_empty() => this.source.fail(shrunk()),
            Ok(buffer) => {
                let next = this.source.at + buffer.len() as u64;
                if is_cold && next < this.source.end {
                    this.fetch(next);
                    // A future does nothing until it is polled once; a result this early is dropped, and read again.
                    if let Some(pending) = &mut this.pending
                        && let Poll::Ready(_early) = pending.poll(cx)
                    {
                        this.pending = None;
                    }
                }
                this.source.yield_bytes(buffer.into())
            }
            Err(error) => this.source.fail(error),
        }
    }
}
