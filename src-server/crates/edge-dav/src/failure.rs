//! Reasons why a request is refused: values that `error` renders at the end.

use engine::EngineError;
use http::StatusCode;

/// Why a request is refused.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The engine refused it.
    Engine(EngineError),
    /// This edge refused it.
    Status(StatusCode),
    /// This edge refused it; the name of the condition of RFC 4918, 16 that was violated.
    Condition(StatusCode, &'static str),
    /// Finder's own files are not kept; it goes on as if the file were locked.
    AppleFile,
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

/// The XML of a request cannot be read.
pub(crate) const BAD_REQUEST: Failure = Failure::Status(StatusCode::BAD_REQUEST);
