//! Why a command has no usual reply.

use crate::reply::Reply;
use engine::EngineError;

/// Why a command has no usual reply.
pub(super) enum Failure {
    /// The engine refused it.
    Engine(EngineError),
    /// It is refused here.
    Reply(Reply),
    /// All replies have been sent.
    Answered,
    /// The password was changed, the account removed, the address banned.
    LoginEnded,
    /// The control connection has ended.
    Closed,
}

impl Failure {
    pub fn reply(code: u16, text: &str) -> Self {
        Self::Reply(Reply::new(code, text))
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}
