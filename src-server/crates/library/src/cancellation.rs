//! Ends background work that runs other programs.

use crate::child_process::{Canceller, ChildCommand, ChildError, ChildOutput, ChildProcesses};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Tells background work to end, and kills the programs that it runs.
#[derive(Default)]
pub struct Cancellation {
    is_cancelled: AtomicBool,
    /// Programs that run, with a number for each.
    running: Mutex<Vec<(u64, Canceller)>>,
}

/// What a program wrote, and whether it ended well.
pub(crate) struct Ran {
    /// The output. After an error, what was written before.
    pub output: ChildOutput,
    /// Why it ended early, or that its exit status was not 0.
    pub error: Option<ChildError>,
}

impl Cancellation {
    /// Ends the work. Never blocks.
    pub fn cancel(&self) {
        self.is_cancelled.store(true, Relaxed);
        self.running.lock().iter().for_each(|(_, program)| program.cancel());
    }

    /// Returns whether the work is to end.
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Relaxed)
    }

    /// Runs a program to its end. Blocks; waits while too many others run.
    ///
    /// # Errors
    /// It cannot be started, or the work is to end.
    pub(crate) fn run(&self, children: &ChildProcesses, command: ChildCommand) -> Result<Ran, ChildError> {
        let mut child = children.start(command)?;
        let own = {
            let mut running = self.running.lock();
            let number = running.last().map_or(0, |(last, _)| last + 1);
            running.push((number, child.canceller()));
            number
        };
        // After it was added: `cancel` either has seen it or has set the flag.
        if self.is_cancelled() {
            child.canceller().cancel();
        }
        let (mut stdout, mut error) = (Vec::new(), None);
        loop {
            match child.read() {
                Ok(Some(bytes)) => stdout.extend_from_slice(&bytes),
                Ok(None) => break,
                Err(ended) => {
                    error = Some(ended);
                    break;
                }
            }
        }
        self.running.lock().retain(|(number, _)| *number != own);
        match error {
            Some(ChildError::Cancelled) => Err(ChildError::Cancelled),
            error => Ok(Ran { output: ChildOutput { stdout, stderr: child.stderr() }, error }),
        }
    }
}
