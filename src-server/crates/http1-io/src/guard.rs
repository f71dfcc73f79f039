//! Sits between the socket (after TLS) and hyper: passes only bytes that [`crate::framing`] has cleared, applies
//! [`crate::timeouts`], counts bytes.
//!
//! Reads go directly into hyper's buffer and are cleared there. Only an incomplete head is taken out again and held
//! until it is complete, because hyper must not see the first half of a head that is refused later. Writes pass
//! unchanged, vectored ones too.
//!
//! A refused head is replaced by [`Reason::substitute_request`], after which the connection yields no more bytes; the service
//! answers it from [`Connection::refusals`]. A refused body ends in an I/O error for its reader.

use crate::connection::Connection;
use crate::framing::Position;
use crate::inbound::{End, Inbound, RefusedPart};
use crate::interim::{InterimSlot, InterimWriter};
use crate::linger::Linger;
use crate::refusal::{Reason, Refusal};
use crate::sniff::{Sniffed, sniff};
use crate::splice::SpliceSocket;
use crate::timeouts::{TimeLimits, Timeouts, Wait};
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use store::splice::{NextRead, SpliceHandle, SpliceTransfer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// Size of a read that does not go into hyper's buffer.
const SCRATCH_LEN: usize = 8 << 10;
/// Maximum number of placeholder bytes passed to hyper at once: so many stay in the processor's cache.
const PLACEHOLDERS_MAX: usize = 64 << 10;

/// The wrapped connection that hyper reads from and writes to.
pub struct Guard<S, C> {
    io: S,
    conn: Arc<C>,
    inbound: Inbound,
    timeouts: Timeouts,
    linger: Option<Linger>,
    /// Handle through which request bodies are spliced, if the socket supports it.
    splice: Option<Arc<SpliceHandle>>,
    /// A pool thread is splicing the body: the read timeout does not run meanwhile.
    is_splicing: bool,
    interim: InterimWriter,
}

impl<S: SpliceSocket, C: Connection> Guard<S, C> {
    /// Wraps the plaintext side of a connection.
    pub fn new(io: S, conn: Arc<C>, limits: TimeLimits) -> Self {
        Self {
            io,
            conn,
            inbound: Inbound::new(),
            timeouts: Timeouts::new(limits),
            linger: None,
            splice: None,
            is_splicing: false,
            interim: InterimWriter::new(),
        }
    }

    /// Returns where routes put interim responses; `None` for HTTP/2, whose frames only hyper can write.
    pub fn interim(&self) -> Option<InterimSlot> {
        (self.inbound.position() != Position::Opaque).then(|| self.interim.slot())
    }

    /// Returns the byte stream that it guards.
    pub fn io(&self) -> &S {
        &self.io
    }

    /// Enables splicing of large bodies from the socket, if it supports that. Returns the handle.
    pub fn enable_splicing(&mut self) -> Option<Arc<SpliceHandle>> {
        self.splice = (self.io.can_splice() && self.inbound.position() != Position::Opaque).then(Arc::default);
        self.splice.clone()
    }

    /// Passes all further bytes unparsed, for HTTP/2.
    pub fn pass_through(&mut self) {
        self.inbound.pass_through();
    }

    /// Waits for the first bytes and detects the HTTP version. hyper still sees all bytes.
    ///
    /// # Errors
    /// Those of the socket.
    pub async fn sniff(&mut self) -> io::Result<Sniffed> {
        poll_fn(|cx| self.poll_sniff(cx)).await
    }

    fn poll_sniff(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Sniffed>> {
        loop {
            if let Some(sniffed) = sniff(self.inbound.held()) {
                if sniffed == Sniffed::Http2 {
                    self.pass_through();
                }
                let refusal = self.inbound.clear_held();
                self.refuse(refusal);
                return Poll::Ready(Ok(sniffed));
            }
            match self.poll_held(cx) {
                Poll::Ready(Ok(true)) => {}
                Poll::Ready(Ok(false)) => return Poll::Ready(Ok(Sniffed::Nothing)),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    let wait = if self.inbound.held().is_empty() { Wait::FirstHead } else { Wait::Head };
                    ready!(self.timeouts.read_blocked(wait, cx));
                    return Poll::Ready(Ok(Sniffed::Nothing));
                }
            }
        }
    }

    /// Reads once from the socket and holds the bytes. Returns false at the end of the stream.
    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut space = [MaybeUninit::<u8>::uninit(); SCRATCH_LEN];
        let mut buf = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut buf))?;
        self.conn.add_received(buf.filled().len() as u64);
        self.inbound.hold(buf.filled());
        Poll::Ready(Ok(!buf.filled().is_empty()))
    }

    /// Refuses the request, if there is a reason: no further byte of the client passes.
    fn refuse(&mut self, refusal: Option<Refusal>) {
        let Some(refusal) = refusal else { return };
        tracing::debug!(peer = %self.conn.client(), why = refusal.reason.code(), "request refused");
        match self.inbound.refuse(&refusal) {
            RefusedPart::Head => self.conn.refusals().refuse_head(refusal),
            RefusedPart::Body => self.conn.refusals().refuse_body(refusal),
        }
    }

    /// Reads into hyper's buffer and takes uncleared bytes out again. Returns true if bytes remain there.
    fn poll_direct(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<bool>> {
        if let (Some(left), Some(splice)) = (self.inbound.body_left(), &self.splice)
            && let Some(transfer) = splice.transfer()
            && let Some(shown) = ready!(self.poll_splice(cx, buf, &transfer, left))?
        {
            return Poll::Ready(Ok(shown));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        let new = &buf.filled()[before..];
        if new.is_empty() {
            self.inbound.set_eof();
            return Poll::Ready(Ok(true));
        }
        self.conn.add_received(new.len() as u64);
        let refusal = self.inbound.clear_read(buf, before);
        self.refuse(refusal);
        Poll::Ready(Ok(buf.filled().len() > before))
    }

    /// Passes placeholder bytes for body bytes that were spliced. `None`: the body has to be read normally.
    fn poll_splice(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        transfer: &Arc<SpliceTransfer>,
        left: u64,
    ) -> Poll<io::Result<Option<bool>>> {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buf.remaining()).min(PLACEHOLDERS_MAX);
        loop {
            match transfer.next_read(cx.waker(), left, most, || self.io.handle()) {
                NextRead::Direct => {
                    self.close_splice();
                    return Poll::Ready(Ok(None));
                }
                NextRead::Placeholders(bytes) => {
                    buf.initialize_unfilled_to(bytes).fill(0);
                    buf.advance(bytes);
                    self.conn.add_received(bytes as u64);
                    self.inbound.body_passed(bytes);
                    if self.inbound.body_left().is_none() {
                        self.close_splice();
                    }
                    return Poll::Ready(Ok(Some(true)));
                }
                NextRead::Wait => {
                    self.is_splicing = true;
                    return Poll::Pending;
                }
                NextRead::CheckSocket if ready!(self.io.poll_has_bytes(cx))? => transfer.start_batch(),
                NextRead::CheckSocket => return Poll::Ready(Ok(None)),
            }
        }
    }

    /// Closes a splice transfer that has ended.
    fn close_splice(&self) {
        if let Some(splice) = &self.splice {
            splice.close();
        }
    }

    /// Called when the socket has no bytes. Checks the timeout of the current position.
    ///
    /// Ready: the state has changed and the caller should check [`Inbound::end`] again.
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let wait = match self.inbound.position() {
            Position::Opaque => return Poll::Pending,
            Position::Body if std::mem::take(&mut self.is_splicing) => {
                self.timeouts.read_progressed();
                return Poll::Pending;
            }
            Position::Body => Wait::Body,
            _ if !self.inbound.held().is_empty() => Wait::Head,
            Position::Start => Wait::FirstHead,
            Position::Between => Wait::Idle,
        };
        if wait == Wait::FirstHead && self.conn.is_draining() {
            // hyper does not treat a connection without any request as idle, and would wait for it.
            self.inbound.set_eof();
            return Poll::Ready(());
        }
        ready!(self.timeouts.read_blocked(wait, cx));
        if wait == Wait::Idle {
            ready!(self.poll_idle(cx));
        }
        match wait {
            Wait::Head => self.refuse(Some(Reason::TooSlow.into())),
            Wait::Body => self.refuse(Some(Reason::Stalled.into())),
            Wait::FirstHead | Wait::Idle | Wait::Write => self.inbound.set_eof(),
        }
        Poll::Ready(())
    }

    /// Called when the idle timeout has expired once. Its clock started too early, because hyper does not read again
    /// when an answer ends; so the remaining time is computed from the last progress. While an answer is produced or
    /// sent, the client is not idle.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let still = if self.timeouts.write_is_blocked() { Duration::ZERO } else { self.conn.idle_for() };
            if still >= self.timeouts.limits().idle {
                return Poll::Ready(());
            }
            ready!(self.timeouts.read_blocked_since(Wait::Idle, Instant::now() - still, cx));
        }
    }

    /// Sends a queued interim response, if there is one. A client that does not read it may still send its body.
    fn poll_interim(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let written = ready!(self.interim.poll_send(&mut self.io, cx))?;
        self.conn.add_sent(written as u64);
        Poll::Ready(Ok(()))
    }

    /// Lets hyper write, after what is left of an interim response.
    fn poll_write_with(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let written = match self.interim.poll_before_write(&mut self.io, cx) {
            Poll::Ready(Ok(before)) => {
                self.conn.add_sent(before as u64);
                write(Pin::new(&mut self.io), cx)
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        };
        self.after_write(written, cx)
    }

    /// Updates timeouts and counters after a write.
    fn after_write(&mut self, written: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(bytes)) => {
                if self.timeouts.write_is_blocked() {
                    self.timeouts.write_progressed();
                    self.conn.set_blocked(false);
                }
                self.conn.add_sent(*bytes as u64);
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                if !self.timeouts.write_is_blocked() {
                    self.conn.set_blocked(true);
                }
                ready!(self.timeouts.write_blocked(cx));
                return Poll::Ready(Err(write_timeout()));
            }
        }
        written
    }
}

fn write_timeout() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the client does not read what is sent to it")
}

impl<S: SpliceSocket, C: Connection> AsyncRead for Guard<S, C> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Poll::Ready(Err(error)) = this.poll_interim(cx) {
            return Poll::Ready(Err(error));
        }
        loop {
            if this.inbound.take_cleared(buf) {
                this.timeouts.read_progressed();
                return Poll::Ready(Ok(()));
            }
            match this.inbound.end() {
                End::Open => {}
                End::Eof => return Poll::Ready(Ok(())),
                End::Silence => return Poll::Pending,
                End::Broken(kind) => return Poll::Ready(Err(kind.into())),
            }
            let read = if this.inbound.held().is_empty() {
                this.poll_direct(cx, buf)
            } else {
                this.poll_held(cx).map_ok(|more| {
                    if more {
                        let refusal = this.inbound.clear_held();
                        this.refuse(refusal);
                    } else {
                        this.inbound.set_eof();
                    }
                    !more
                })
            };
            match read {
                Poll::Ready(Ok(true)) => {
                    this.timeouts.read_progressed();
                    return Poll::Ready(Ok(()));
                }
                Poll::Ready(Ok(false)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => ready!(this.poll_wait(cx)),
            }
        }
    }
}

impl<S: SpliceSocket, C: Connection> AsyncWrite for Guard<S, C> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().poll_write_with(cx, |io, cx| io.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_write_with(cx, |io, cx| io.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.io).poll_flush(cx).map_ok(|()| 0);
        if matches!(flushed, Poll::Ready(Ok(_))) {
            this.interim.flushed();
        }
        this.after_write(flushed, cx).map_ok(|_| ())
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger.is_none() {
            let shut = Pin::new(&mut this.io).poll_shutdown(cx).map_ok(|()| 0);
            ready!(this.after_write(shut, cx))?;
        }
        let still_sends = this.inbound.position() == Position::Body || this.inbound.end() == End::Silence;
        if this.linger.is_some() || (still_sends && this.inbound.end() != End::Eof) {
            let is_draining = this.conn.is_draining();
            ready!(this.linger.get_or_insert_with(Linger::new).poll(&mut this.io, is_draining, cx));
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
