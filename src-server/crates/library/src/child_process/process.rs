//! A running process: its output and its end.

use super::command::{ChildCommand, Input};
use super::{launcher, platform};
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Size of one read of output.
const READ: usize = 64 << 10;
/// Bytes of output that wait for [`RunningChild::read`]; the program waits while there are more.
const QUEUED_MAX: usize = 1 << 20;
/// Bytes of standard error that are kept: the last ones.
const STDERR_KEPT: usize = 4 << 10;
/// How long a command waits for a slot.
const SLOT_WAIT: Duration = Duration::from_secs(600);

/// Why a program did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// It cannot be started.
    #[error("cannot be started: {0}")]
    NotStarted(#[source] io::Error),
    /// It ended with an error, or was ended by a signal: also by its limits of memory and processor time.
    #[error("{status}: {stderr}")]
    Failed {
        /// How it ended.
        status: ExitStatus,
        /// The end of its standard error.
        stderr: String,
    },
    /// It took longer than its limit, and was killed.
    #[error("took too long")]
    TimedOut,
    /// It wrote more than its limit, and was killed.
    #[error("wrote too much")]
    TooMuchOutput,
    /// It was killed on demand.
    #[error("was cancelled")]
    Cancelled,
    /// Too many others run.
    #[error("too many other programs run")]
    Busy,
}

/// What a program wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildOutput {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// The end of standard error.
    pub stderr: String,
}

/// Starts processes, a bounded number at once. Clones share the bound.
#[derive(Clone)]
pub struct ChildProcesses(Arc<Slots>);

struct Slots {
    free: Mutex<usize>,
    freed: Condvar,
}

/// One of the processes that may run; returned when the process has ended.
struct Slot(Arc<Slots>);

impl Drop for Slot {
    fn drop(&mut self) {
        *self.0.free.lock() += 1;
        self.0.freed.notify_one();
    }
}

impl ChildProcesses {
    /// `at_once`: most processes that run at the same time, at least 1.
    pub fn new(at_once: usize) -> Self {
        Self(Arc::new(Slots { free: Mutex::new(at_once.max(1)), freed: Condvar::new() }))
    }

    /// Runs a program to its end. Waits while too many others run.
    ///
    /// # Errors
    /// See [`ChildError`].
    pub fn run(&self, command: ChildCommand) -> Result<ChildOutput, ChildError> {
        let mut child = self.start(command)?;
        let mut stdout = Vec::new();
        while let Some(bytes) = child.read()? {
            stdout.extend_from_slice(&bytes);
        }
        Ok(ChildOutput { stdout, stderr: child.stderr() })
    }

    /// Starts a program. Waits while too many others run.
    ///
    /// # Errors
    /// `NotStarted`, `Busy`.
    pub fn start(&self, command: ChildCommand) -> Result<RunningChild, ChildError> {
        let slot = self.slot()?;
        let shared = Arc::new(Shared::new(command.limits.output));
        let ends = Instant::now() + command.limits.time;
        spawn_threads(command, slot, shared.clone()).map_err(ChildError::NotStarted)?;
        Ok(RunningChild { shared, ends })
    }

    fn slot(&self) -> Result<Slot, ChildError> {
        let mut free = self.0.free.lock();
        let until = Instant::now() + SLOT_WAIT;
        while *free == 0 {
            if self.0.freed.wait_until(&mut free, until).timed_out() {
                return Err(ChildError::Busy);
            }
        }
        *free -= 1;
        Ok(Slot(self.0.clone()))
    }
}

/// What the threads of one process share.
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    output_max: u64,
}

#[derive(Default)]
struct State {
    /// The process, until it is reaped: its number may belong to another one then.
    pid: Option<u32>,
    exited: Option<ExitStatus>,
    /// Output that was not read yet.
    queue: VecDeque<Vec<u8>>,
    queued: usize,
    /// Bytes of output until now.
    written: u64,
    stdout_ended: bool,
    stderr_ended: bool,
    stderr: Vec<u8>,
    /// Why it was killed.
    killed: Option<Killed>,
}

#[derive(Clone, Copy)]
enum Killed {
    TimedOut,
    TooMuchOutput,
    Cancelled,
}

impl Shared {
    fn new(output_max: u64) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), output_max }
    }

    fn kill(&self, why: Killed) {
        self.kill_locked(&mut self.state.lock(), why);
    }

    fn kill_locked(&self, state: &mut MutexGuard<'_, State>, why: Killed) {
        state.killed.get_or_insert(why);
        if let Some(pid) = state.pid {
            platform::kill_group(pid);
        }
        self.changed.notify_all();
    }
}

/// A process. Dropping it kills the process and its descendants.
pub struct RunningChild {
    shared: Arc<Shared>,
    ends: Instant,
}

/// Kills a process from another thread.
#[derive(Clone)]
pub struct Canceller(Arc<Shared>);

impl Canceller {
    /// Kills the process and its descendants; [`RunningChild::read`] then returns `Cancelled`. Never blocks.
    pub fn cancel(&self) {
        self.0.kill(Killed::Cancelled);
    }
}

impl RunningChild {
    /// Waits for output and returns it; `None` once the program has ended with success.
    ///
    /// # Errors
    /// See [`ChildError`]. What was read before is not all then.
    pub fn read(&mut self) -> Result<Option<Vec<u8>>, ChildError> {
        let shared = self.shared.clone();
        let mut state = shared.state.lock();
        loop {
            match state.killed {
                Some(Killed::TimedOut) => return Err(ChildError::TimedOut),
                Some(Killed::TooMuchOutput) => return Err(ChildError::TooMuchOutput),
                Some(Killed::Cancelled) => return Err(ChildError::Cancelled),
                None => {}
            }
            if let Some(bytes) = state.queue.pop_front() {
                state.queued -= bytes.len();
                shared.changed.notify_all();
                return Ok(Some(bytes));
            }
            if let Some(status) = state.exited.filter(|_| state.stdout_ended && state.stderr_ended) {
                return match status.success() {
                    true => Ok(None),
                    false => Err(ChildError::Failed { status, stderr: text(&state.stderr) }),
                };
            }
            if shared.changed.wait_until(&mut state, self.ends).timed_out() {
                shared.kill_locked(&mut state, Killed::TimedOut);
            }
        }
    }

    /// Returns what the program wrote to standard error: the last bytes.
    pub fn stderr(&self) -> String {
        text(&self.shared.state.lock().stderr)
    }

    /// Returns what kills the process from another thread.
    pub fn canceller(&self) -> Canceller {
        Canceller(self.shared.clone())
    }
}

impl Drop for RunningChild {
    fn drop(&mut self) {
        self.shared.kill(Killed::Cancelled);
    }
}

fn text(stderr: &[u8]) -> String {
    String::from_utf8_lossy(stderr).trim().to_owned()
}

/// The pipes of a process that was started.
type Pipes = (Option<ChildStdin>, Option<ChildStdout>, Option<ChildStderr>);

/// Starts the process and the threads that serve it. The thread that starts it also waits for its end: on Linux the
/// process is killed when that thread ends.
fn spawn_threads(command: ChildCommand, slot: Slot, shared: Arc<Shared>) -> io::Result<()> {
    let (started, result) = std::sync::mpsc::channel::<io::Result<Pipes>>();
    let (mut process, bytes) = prepare(&command)?;
    let waiting = shared.clone();
    let wait = move || {
        let _slot = slot;
        let mut child = match process.spawn() {
            Ok(child) => child,
            Err(error) => {
                let _is_awaited = started.send(Err(error));
                return;
            }
        };
        waiting.state.lock().pid = Some(child.id());
        let _is_awaited = started.send(Ok((child.stdin.take(), child.stdout.take(), child.stderr.take())));
        platform::wait_for_end(&child);
        let mut state = waiting.state.lock();
        // What the program left behind in its group. Its number is not reused before it is reaped.
        platform::kill_group(child.id());
        state.pid = None;
        state.exited = child.wait().ok();
        drop(state);
        waiting.changed.notify_all();
    };
    std::thread::Builder::new().name("child-wait".into()).spawn(wait)?;
    let ended = || io::Error::other("the thread that starts programs has ended");
    let (stdin, stdout, stderr) = result.recv().map_err(|_| ended())??;
    let served = serve(&shared, (stdin, stdout, stderr), bytes);
    if served.is_err() {
        shared.kill(Killed::Cancelled);
    }
    served
}

fn prepare(command: &ChildCommand) -> io::Result<(Command, Option<Vec<u8>>)> {
    let mut process = launcher::command_of(command)?;
    platform::prepare(&mut process);
    if let Some(folder) = &command.folder {
        process.current_dir(folder);
    }
    process.env_clear().envs(platform::environment()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let bytes = match &command.input {
        Input::Nothing => None,
        Input::Bytes(bytes) => Some(bytes.clone()),
        Input::File(file) => {
            process.stdin(file.reopen()?);
            return Ok((process, None));
        }
    };
    process.stdin(if bytes.is_some() { Stdio::piped() } else { Stdio::null() });
    Ok((process, bytes))
}

fn serve(shared: &Arc<Shared>, (stdin, stdout, stderr): Pipes, bytes: Option<Vec<u8>>) -> io::Result<()> {
    let thread = |name: &str, work: Box<dyn FnOnce() + Send>| {
        std::thread::Builder::new().name(name.into()).spawn(work).map(drop)
    };
    if let (Some(mut stdin), Some(bytes)) = (stdin, bytes) {
        // A program that does not read its input closes the pipe.
        thread("child-stdin", Box::new(move || drop(stdin.write_all(&bytes))))?;
    }
    let (out, err) = (shared.clone(), shared.clone());
    if let Some(stdout) = stdout {
        thread("child-stdout", Box::new(move || read_stdout(&out, stdout)))?;
    }
    if let Some(stderr) = stderr {
        thread("child-stderr", Box::new(move || read_stderr(&err, stderr)))?;
    }
    Ok(())
}

fn read_stdout(shared: &Shared, mut stdout: impl Read) {
    let mut buffer = vec![0; READ];
    while let Some(length) = read_some(&mut stdout, &mut buffer) {
        let mut state = shared.state.lock();
        state.written += length as u64;
        if state.written > shared.output_max {
            shared.kill_locked(&mut state, Killed::TooMuchOutput);
        }
        while state.queued >= QUEUED_MAX && state.killed.is_none() {
            shared.changed.wait(&mut state);
        }
        if state.killed.is_some() {
            break;
        }
        state.queued += length;
        state.queue.push_back(buffer[..length].to_vec());
        shared.changed.notify_all();
    }
    shared.state.lock().stdout_ended = true;
    shared.changed.notify_all();
}

fn read_stderr(shared: &Shared, mut stderr: impl Read) {
    let mut buffer = vec![0; READ];
    while let Some(length) = read_some(&mut stderr, &mut buffer) {
        let mut state = shared.state.lock();
        state.stderr.extend_from_slice(&buffer[..length]);
        let surplus = state.stderr.len().saturating_sub(STDERR_KEPT);
        state.stderr.drain(..surplus);
        if state.killed.is_some() {
            break;
        }
    }
    shared.state.lock().stderr_ended = true;
    shared.changed.notify_all();
}

/// Returns the number of bytes read; `None` at the end, and after an error.
fn read_some(from: &mut impl Read, into: &mut [u8]) -> Option<usize> {
    loop {
        match from.read(into) {
            Ok(0) => return None,
            Ok(length) => return Some(length),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}
