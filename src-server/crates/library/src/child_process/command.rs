//! What to run, with which input, limits and rights.

use super::program::Program;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::disk::OpenFile;

/// The standard input of a program.
#[derive(Clone, Debug)]
pub enum Input {
    /// It is empty.
    Nothing,
    /// These bytes, through a pipe. The program may ignore them.
    Bytes(Vec<u8>),
    /// The file itself, opened again for reading: the program can seek in it. It does not learn the file's name.
    File(Arc<OpenFile>),
}

/// What a program may do besides computing. Enforced by Linux; other systems have only the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// A program that decodes what others have sent (FFmpeg): no network, no writing to any file, no further processes,
    /// no signals to others; it can read the system's files and its standard input.
    Decoder,
    /// A program that the administrator has chosen: it may do what the server may. Its descendants are killed with it
    /// where the system has PID namespaces, else those that stay in its process group.
    Plugin,
}

impl Isolation {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Decoder => "decoder",
            Self::Plugin => "plugin",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Decoder, Self::Plugin].into_iter().find(|isolation| isolation.as_str() == text)
    }
}

/// What one process may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildLimits {
    /// Time from start to end, waiting for a slot not included.
    pub time: Duration,
    /// Processor time of all threads of one process; whole seconds, rounded up.
    pub processor_time: Duration,
    /// Bytes of memory that a process may allocate. Program and libraries themselves do not count.
    pub memory: u64,
    /// Most bytes of standard output.
    pub output: u64,
}

impl Default for ChildLimits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(60),
            processor_time: Duration::from_secs(120),
            memory: 1 << 30,
            output: 64 << 20,
        }
    }
}

/// A program with its arguments.
#[derive(Clone, Debug)]
pub struct ChildCommand {
    pub(super) program: Program,
    pub(super) args: Vec<OsString>,
    pub(super) input: Input,
    pub(super) limits: ChildLimits,
    pub(super) isolation: Isolation,
    pub(super) folder: Option<PathBuf>,
}

impl ChildCommand {
    /// A program without arguments and input, with the default limits, as a [`Isolation::Decoder`].
    pub fn new(program: &Program) -> Self {
        Self {
            program: program.clone(),
            args: Vec::new(),
            input: Input::Nothing,
            limits: ChildLimits::default(),
            isolation: Isolation::Decoder,
            folder: None,
        }
    }

    /// Appends arguments. None of them is interpreted by a shell. Text from outside must not stand where the program
    /// takes an option: put `--` before it, or an absolute path.
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets the standard input.
    pub fn input(self, input: Input) -> Self {
        Self { input, ..self }
    }

    /// Sets the limits.
    pub fn limits(self, limits: ChildLimits) -> Self {
        Self { limits, ..self }
    }

    /// Sets the working directory, which is the root of the file system otherwise.
    pub fn folder(self, folder: PathBuf) -> Self {
        Self { folder: Some(folder), ..self }
    }

    /// Sets what the program may do.
    pub fn isolation(self, isolation: Isolation) -> Self {
        Self { isolation, ..self }
    }
}
