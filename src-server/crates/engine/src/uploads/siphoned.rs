//! A body that is carried past this program: turns of it are taken on threads of the gate, between which nothing is held
//! (`store::splice`).
//!
//! ```text
//! connection ── asks ──► turn, on a thread of the gate: carries what is there, up to a bound
//!      ▲                        │
//!      └──────── is woken ──────┘
//! ```

use super::conveyor::{End, Ending, Stopped};
use super::intake::Intake;
use crate::blocking_pool::BlockingPool;
use crate::core::Core;
use crate::error::{EngineError, Result};
use bytes::Bytes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::splice::{SpliceHandle, SpliceOutcome, SpliceReceiver, SpliceTransfer};

/// Bytes of one turn; then others have theirs.
const TURN: u64 = 4 << 20;

/// The receiver's side of such a body.
pub(super) struct Flow(Arc<Shared>);

struct Shared {
    pool: BlockingPool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// `None`: at work.
    intake: Option<Intake>,
    /// What comes before all that is carried.
    head: Vec<Bytes>,
    fault: Option<EngineError>,
    /// What happens when nobody is at work any more.
    end: Option<End<Intake>>,
    /// Whoever was at work panicked, and will not come back.
    is_lost: bool,
}

impl Flow {
    pub fn new(core: &Core) -> Self {
        Self(Arc::new(Shared { pool: core.pool.clone(), state: Mutex::default() }))
    }

    /// Opens the splice for a body of `length` bytes; `None`: there is no way now. [`Flow::take_in`] follows before the first
    /// byte is asked for.
    pub fn open(&self, splice: &SpliceHandle, length: u64) -> Option<SpliceReceiver> {
        let shared = self.0.clone();
        splice.open(length, move |transfer| {
            let one = shared.clone();
            shared.pool.spawn(move || one.turn(&transfer));
        })
    }

    /// Where the bytes go.
    pub fn take_in(&self, intake: Intake) {
        self.0.lock().intake = Some(intake);
    }

    /// Takes bytes that the connection had read before it knew.
    pub fn push(&self, piece: Bytes) -> std::result::Result<(), Stopped> {
        let mut state = self.0.lock();
        if state.fault.is_some() || state.is_lost {
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
        end: impl FnOnce(Intake, Result<()>) -> T + Send + 'static,
    ) -> Result<T> {
        let (end, ended) = Ending::by(end);
        {
            let mut state = self.0.lock();
            state.end = Some(end).filter(|_| !state.is_lost);
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

    fn turn(&self, transfer: &SpliceTransfer) {
        let rest = Rest { shared: self, transfer };
        let (intake, head) = {
            let mut state = self.lock();
            (state.intake.take(), std::mem::take(&mut state.head))
        };
        let Some(mut intake) = intake else { return };
        let worked = carry(&mut intake, head, transfer);
        {
            let mut state = self.lock();
            state.intake = Some(intake);
            if let Err(fault) = &worked {
                state.fault = Some(fault.clone());
            }
        }
        std::mem::forget(rest);
        transfer.end_batch(worked.unwrap_or(false));
        self.end();
    }

    /// The end, if it is time for it.
    fn end(&self) {
        let mut state = self.lock();
        let Some(end) = state.end.take() else { return };
        let Some(mut intake) = state.intake.take() else {
            // Whoever is at work will come here.
            state.end = Some(end);
            return;
        };
        let head = std::mem::take(&mut state.head);
        let fault = state.fault.take();
        drop(state);
        let worked = fault.map_or_else(|| intake.take_head(head), Err);
        end(intake, worked);
    }
}

/// Until the turn is over or nothing is there; whether there will be more.
fn carry(intake: &mut Intake, head: Vec<Bytes>, transfer: &SpliceTransfer) -> Result<bool> {
    intake.take_head(head)?;
    let mut done = 0;
    while done < TURN {
        match intake.carry(transfer)? {
            SpliceOutcome::Bytes(bytes) => done += bytes,
            SpliceOutcome::WouldBlock => return Ok(true),
            SpliceOutcome::End => return Ok(false),
        }
    }
    Ok(true)
}

/// Tells the connection and the receiver if a turn panics.
struct Rest<'a> {
    shared: &'a Shared,
    transfer: &'a SpliceTransfer,
}

impl Drop for Rest<'_> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_lost = true;
        state.end = None;
        drop(state);
        self.transfer.end_batch(false);
    }
}
