//! Why something failed: one sentence for the person, and whether trying again can help.

use std::io;
use std::time::Duration;
use thiserror::Error;

/// Why a file or a whole command failed.
#[derive(Debug, Error)]
pub enum Fault {
    /// The command line makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The server has not answered at all.
    #[error("{origin} cannot be reached; check the address, and whether the server runs ({why})")]
    Unreachable {
        /// Its address.
        origin: String,
        /// Why.
        why: String,
    },
    /// A connection broke, or none was made after others.
    #[error("the connection was lost, and trying again did not help: {0}")]
    Connection(String),
    /// The server refuses for now.
    #[error("the server is busy ({status}): {text}")]
    Busy {
        /// Status of HTTP.
        status: u16,
        /// What it said.
        text: String,
        /// When it wants to be asked again.
        after: Option<Duration>,
    },
    /// The server refuses this.
    #[error("{}", refusal(*status, text))]
    Refused {
        /// Status of HTTP.
        status: u16,
        /// What it said.
        text: String,
    },
    /// The server sent something that makes no sense.
    #[error("the server's answer is not understood: {0}")]
    Answer(String),
    /// A file of this computer cannot be read or written.
    #[error("{what}: {source}")]
    Disk {
        /// What was done with which file.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
    /// What was received is not what the server has.
    #[error("what arrived differs from what the server has; run the command again")]
    Corrupt,
    /// The file changed while it was transferred.
    #[error("it changed while it was transferred; run the command again")]
    Changed,
    /// The name cannot be used here or there.
    #[error("{0}")]
    Name(String),
}

impl Fault {
    /// A fault of a file of this computer.
    pub fn disk(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Disk { what, source }
    }

    /// Whether the same request may succeed later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Connection(_) | Self::Busy { .. } | Self::Corrupt)
    }

    /// Whether no other file can succeed either: the person has to do something first.
    pub fn ends_all(&self) -> bool {
        matches!(
            self,
            Self::Refused { status: 401 | 403 | 507, .. }
                | Self::Usage(_)
                | Self::Connection(_)
                | Self::Unreachable { .. }
        )
    }
}

fn refusal(status: u16, text: &str) -> String {
    match status {
        401 => format!("the server wants another password: give one by POTLUCK_PASSWORD or --password-file ({text})"),
        403 => format!("the server does not allow that; check the address and the password ({text})"),
        404 => "the server has nothing at this address".into(),
        507 => format!("the server has no room left ({text})"),
        _ => format!("the server refuses that ({status}): {text}"),
    }
}
