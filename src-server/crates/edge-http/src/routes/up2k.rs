//! up2k: handshakes and chunks.

use crate::extract::{Request, RequestBody};
use crate::reply::Outcome;
use engine::EngineError;

/// POST of JSON.
pub async fn handshake(_request: &Request, _body: RequestBody) -> Outcome {
    Err(EngineError::SwitchedOff("up2k").into())
}

/// POST of `application/octet-stream`.
pub async fn chunk(_request: &Request, _body: RequestBody) -> Outcome {
    Err(EngineError::SwitchedOff("up2k").into())
}
