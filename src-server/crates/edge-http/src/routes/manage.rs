//! Delete, move, copy.

use crate::extract::{Request, RequestBody};
use crate::reply::Outcome;
use engine::EngineError;

/// DELETE, POST `?delete`.
pub async fn delete(_request: &Request, _body: RequestBody) -> Outcome {
    Err(EngineError::SwitchedOff("delete").into())
}

/// MOVE, POST `?move=`.
pub async fn move_to(_request: &Request, _body: RequestBody) -> Outcome {
    Err(EngineError::SwitchedOff("move").into())
}

/// COPY, POST `?copy=`.
pub async fn copy_to(_request: &Request, _body: RequestBody) -> Outcome {
    Err(EngineError::SwitchedOff("copy").into())
}
