//! PUT, and POST of a raw body.

use crate::extract::{Request, RequestBody};
use crate::reply::Outcome;
use engine::EngineError;

/// PUT.
pub async fn put(_request: &Request, _body: RequestBody) -> Outcome {
    Err(EngineError::SwitchedOff("PUT").into())
}

/// POST `?raw`.
pub async fn raw(_request: &Request, _body: RequestBody) -> Outcome {
    Err(EngineError::SwitchedOff("raw POST").into())
}
