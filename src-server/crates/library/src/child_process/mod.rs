//! Runs other programs (FFmpeg, FFprobe, parsers of tags), each in a process with limits (ADR 0023).
//!
//! ```text
//! ChildProcesses::start ─► thread: spawn ─► launcher (this program, re-executed): limits, sandbox ─► exec: program
//!    RunningChild::read ◄─ threads: stdout (bounded queue), stderr (its last bytes)
//!                          thread: input; end of the process
//! ```
//!
//! A program is run with a list of arguments, never by a shell. Its input is bytes, or a file that is open already: it
//! never learns a name that it could take for an option, a playlist or a URL. Its time, memory, output and number at
//! once are bounded; it and its descendants are killed when the time is over, when [`RunningChild`] is dropped, and when
//! the server ends, `kill -9` included (Linux).
//!
//! Every function blocks. Call them on background threads.
//!
//! | module | |
//! |---|---|
//! | `command.rs` | what to run, with which limits |
//! | `program.rs` | finds programs in `PATH` |
//! | `process.rs` | a running process: its output and its end |
//! | `launch.rs` | the arguments of the hidden mode |
//! | `launcher.rs` | the hidden mode of this program that sets limits, then executes the program |
//! | `platform/` | all that depends on the system |

mod command;
mod launch;
mod launcher;
mod platform;
mod process;
mod program;
#[cfg(test)]
pub(crate) mod tests;

pub use command::{ChildCommand, ChildLimits, Input, Isolation};
pub use launcher::{OwnTask, run_if_launcher};
pub use process::{Canceller, ChildError, ChildOutput, ChildProcesses, RunningChild};
pub use program::Program;
