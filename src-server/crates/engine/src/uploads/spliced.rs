//! A body that is carried past this program: turns of it are taken on threads of the gate, between which nothing is held
//! (`store::splice`).
//!
//! ```text
//! connection ── asks ──► turn, on a thread of the gate: carries what is there, up to a bound
//!      ▲                        │
//!      └──────── is woken ──────┘
//! ```

use super::body_pipe::{EndResult, OnEnd, Stopped};
use super::chunk_writer::ChunkWriter;
use crate::blocking_pool::BlockingPool;
use crate::core::Core;
use crate::error::{EngineError, Result};
use bytes::Bytes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::splice::{SpliceHandle, SpliceOutcome, SpliceReceiver, SpliceTransfer};

/// Bytes of one turn; then others have theirs.
const BATCH: u64 = 4 << 20;

/// The receiver's side of such a body.
pub(super) struct SplicedBody(Arc<Shared>);

struct Shared {
    pool: BlockingPool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// `None`: at work.
    writer: Option<ChunkWriter>,
    /// What comes before all that is carried.
    head: Vec<Bytes>,
    fault: Option<EngineError>,
    /// What happens when nobody is at work any more.
    end: Option<OnEnd<ChunkWriter>>,
    /// Whoever was at work panicked, and will not come back.
    panicked: bool,
}

impl SplicedBody {
    pub fn new(core: &Core) -> Self {
        Self(Arc::new(Shared { pool: core.pool.clone(), state: Mutex::default() }))
    }

    /// Opens the splice for a body of `length` bytes; `None`: there is no way now. [`Flow::take_in`] follows before the first
    /// byte is asked for.
    pub fn open(&self, splice: &SpliceHandle, length: u64) -> Option<SpliceReceiver> {
        let shared = self.0.clone();
        splice.open(length, move |transfer| {
            let one = shared.clone();
            shared.pool.spawn(move || one.run_batch(&transfer));
        })
    }

    /// Where the bytes go.
    pub fn set_writer(&self, writer: ChunkWriter) {
        self.0.lock().writer = Some(writer);
    }

    /// Takes bytes that the connection had read before it knew.
    pub fn push(&self, piece: Bytes) -> std::result::Result<(), Stopped> {
        let mut state = self.0.lock();
        if state.fault.is_some() || state.panicked {
            return Err(Stopped);
        }
        if !piece.is_empty() {
            state.head.push(piece);
        }
        Ok(())
    }

    /// Calls `end`, on a thread of the gate, when the last turn is over.
    ///
    /// # Errors
    /// `Internal` if a turn panicked.
    pub async fn finish<T: Send + 'static>(
        self,
        end: impl FnOnce(ChunkWriter, Result<()>) -> T + Send + 'static,
    ) -> Result<T> {
        let (end, ended) = EndResult::channel(end);
        {
            let mut state = self.0.lock();
            state.end = Some(end).filter(|_| !state.panicked);
        }
        let shared = self.0.clone();
        self.0.pool.spawn(move || shared.end());
        ended.value().await
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// The end, if it is time for it.
    fn end(&self) {
        let mut state = self.lock();
        let Some(end) = state.end.take() else { return };
        let Some(mut writer) = state.writer.take() else {
            // Whoever is at work will come here.
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

/// Until the turn is over or nothing is there; whether there will be more.
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

/// Tells the connection and the receiver if a turn panics.
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
