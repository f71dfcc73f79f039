//! Receives a body that the kernel splices from the socket into the partial file (`store::splice`). Batches run on pool
//! threads; between batches no thread is held.
//!
//! ```text
//! connection ── requests ──► batch, on a pool thread: splices available bytes, up to a limit
//!      ▲                        │
//!      └──────── is woken ──────┘
//! ```

use super::body_pipe::{EndResult, OnEnd, Stopped};
use super::chunk_writer::ChunkWriter;
use super::core::Core;
use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use store::splice::{SpliceHandle, SpliceOutcome, SpliceReceiver, SpliceTransfer};
use vfs::blocking_pool::BlockingPool;
use vfs::error::{EngineError, Result};

/// Bytes per batch; then other bodies get the thread.
const BATCH: u64 = 4 << 20;

/// The receiving side of a spliced body.
pub(super) struct SplicedBody {
    shared: Arc<Shared>,
    /// While it exists, batches may start.
    receiver: SpliceReceiver,
}

struct Shared {
    pool: BlockingPool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// `None`: a batch is running.
    writer: Option<ChunkWriter>,
    /// Bytes that precede all spliced ones.
    head: Vec<Bytes>,
    fault: Option<EngineError>,
    /// Called when no batch is running any more.
    end: Option<OnEnd<ChunkWriter>>,
    /// A batch panicked; the writer is lost.
    panicked: bool,
}

impl SplicedBody {
    /// Opens the splice for a body of `length` bytes; `None`: splicing is not possible now. The caller must call
    /// [`SplicedBody::set_writer`] before it requests the first byte.
    pub fn open(core: &Core, splice: &SpliceHandle, length: u64) -> Option<Self> {
        let shared = Arc::new(Shared { pool: core.pool.clone(), state: Mutex::default() });
        let batches = shared.clone();
        let receiver = splice.open(length, move |transfer| {
            let one = batches.clone();
            batches.pool.spawn(move || one.run_batch(&transfer));
        })?;
        Some(Self { shared, receiver })
    }

    /// Sets the writer that receives the bytes.
    pub fn set_writer(&self, writer: ChunkWriter) {
        self.shared.lock().writer = Some(writer);
    }

    /// Takes the next bytes that the connection yields: those that it had read before the splice was open, and then
    /// placeholders for spliced bytes.
    pub fn push(&self, mut piece: Bytes) -> std::result::Result<(), Stopped> {
        // `None`: the splice is broken, and bytes that arrive otherwise do not count.
        piece.truncate(self.receiver.count_received(piece.len()).ok_or(Stopped)?);
        let mut state = self.shared.lock();
        if state.fault.is_some() || state.panicked {
            return Err(Stopped);
        }
        if !piece.is_empty() {
            state.head.push(piece);
        }
        Ok(())
    }

    /// Calls `end`, on a pool thread, after the last batch.
    ///
    /// # Errors
    /// `Internal` if a batch panicked.
    pub async fn finish<T: Send + 'static>(
        self,
        end: impl FnOnce(ChunkWriter, Result<()>) -> T + Send + 'static,
    ) -> Result<T> {
        let Self { shared, receiver } = self;
        drop(receiver);
        let (end, ended) = EndResult::channel(end);
        {
            let mut state = shared.lock();
            state.end = Some(end).filter(|_| !state.panicked);
        }
        let pool = shared.pool.clone();
        pool.spawn(move || shared.end());
        ended.value().await
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    fn run_batch(&self, transfer: &SpliceTransfer) {
        let guard = PanicGuard { shared: self, transfer };
        let (writer, head) = {
            let mut state = self.lock();
            (state.writer.take(), std::mem::take(&mut state.head))
        };
        let Some(mut writer) = writer else { return };
        let consumed = splice_batch(&mut writer, head, transfer);
        {
            let mut state = self.lock();
            state.writer = Some(writer);
            if let Err(fault) = &consumed {
                state.fault = Some(fault.clone());
            }
        }
        std::mem::forget(guard);
        transfer.end_batch(consumed.unwrap_or(false));
        self.end();
    }

    /// Calls the end callback if it is set and no batch is running.
    fn end(&self) {
        let mut state = self.lock();
        let Some(end) = state.end.take() else { return };
        let Some(mut writer) = state.writer.take() else {
            // The running batch calls this function when it is done.
            state.end = Some(end);
            return;
        };
        let head = std::mem::take(&mut state.head);
        let fault = state.fault.take();
        drop(state);
        let consumed = fault.map_or_else(|| writer.write_head(head), Err);
        end(writer, consumed);
    }
}

/// Splices until the batch is full or no byte is available. Returns whether more bytes may follow.
fn splice_batch(writer: &mut ChunkWriter, head: Vec<Bytes>, transfer: &SpliceTransfer) -> Result<bool> {
    writer.write_head(head)?;
    let mut done = 0;
    while done < BATCH {
        match writer.splice_next(transfer)? {
            SpliceOutcome::Bytes(bytes) => done += bytes,
            SpliceOutcome::WouldBlock => return Ok(true),
            SpliceOutcome::End => return Ok(false),
        }
    }
    Ok(true)
}

/// Notifies the connection and the receiver if a batch panics.
struct PanicGuard<'a> {
    shared: &'a Shared,
    transfer: &'a SpliceTransfer,
}

impl Drop for PanicGuard<'_> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.panicked = true;
        state.end = None;
        drop(state);
        self.transfer.end_batch(false);
    }
}
