//! What is at a path: a file, or a folder in the form that was asked for (spec/http-api.md 4.1).

use super::download;
use crate::extract::Request;
use crate::reply::Outcome;
use engine::EngineError;
use engine::files::read::Found;

/// GET of a path.
pub async fn at_path(request: &Request) -> Outcome {
    let key = request.query.text("k");
    match request.engine().reader.open(&request.access, &request.path, key.as_deref()).await? {
        Found::File(found) => download::file(request, found),
        Found::Folder { .. } => folder_page(request).await,
    }
}

/// The page of the folder asked for.
pub async fn folder_page(request: &Request) -> Outcome {
    Err(EngineError::NotFound(request.path.clone()).into())
}
