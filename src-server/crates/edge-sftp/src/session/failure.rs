//! Why a request has no usual answer.

use crate::reply::{Code, Reply};
use engine::EngineError;

/// Why a request has no usual answer.
pub(super) enum Failure {
    /// The engine refused it.
    Engine(EngineError),
    /// It is refused here.
    Reply(Reply),
}

impl Failure {
    pub fn reply(code: Code, text: &'static str) -> Self {
        Self::Reply(Reply::Status(code, text))
    }

    /// The handle is not open, or of another kind.
    pub fn no_handle() -> Self {
        Self::reply(Code::Failure, "The handle is not valid.")
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}
