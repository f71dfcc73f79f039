//! PUT (RFC 4918, 9.7): a whole file, which replaces the one that has the name.

use crate::answer::Answer;
use crate::apple;
use crate::failure::Failure;
use crate::preconditions;
use crate::request::{ContentStream, DavRequest};
use crate::target;
use engine::EngineError;
use engine::error::Interruption;
use engine::files::target::Target;
use engine::uploads::SinkRequest;
use futures_util::StreamExt;
use http::{HeaderName, HeaderValue, StatusCode};
use model::UnixMillis;

/// Modification time of ownCloud's clients, in seconds since 1970.
const OC_MTIME: &str = "x-oc-mtime";

/// Stores a file.
///
/// # Errors
/// 405 for a folder, 409 without the folder around it, 403 if the client may not replace the file.
pub(crate) async fn put(request: &DavRequest<'_>, mut body: ContentStream) -> Result<Answer, Failure> {
    let is_folder = || Failure::Status(StatusCode::METHOD_NOT_ALLOWED);
    apple::refuse(request)?;
    let access = preconditions::check(request).await?;
    let Some((folder, name)) = request.path.split_last().filter(|_| !request.trailing_slash) else {
        return Err(is_folder());
    };
    let there = target::look(request, &access, &request.path).await?;
    if there.is_folder() {
        return Err(is_folder());
    }
    let on_conflict = there.on_conflict(&access, &request.path)?;
    let lmod = sent_time(request);
    let order = SinkRequest {
        size: request.text("content-length").and_then(|text| text.parse().ok()),
        lmod,
        digests: request.digests.clone(),
        condition: request.condition.clone(),
        ..SinkRequest::exact(folder, Some(name.as_bytes().to_vec()), on_conflict)
    };
    let mut sink = request.engine.uploads.sink(&access, order).await?;
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|()| EngineError::Interrupted(Interruption::Client))?;
        sink.push(piece).await?;
    }
    let stored = sink.finish().await?;
    let is_replaced = matches!(there, Target::There(_));
    let answer = Answer::empty(if is_replaced { StatusCode::NO_CONTENT } else { StatusCode::CREATED });
    Ok(match lmod {
        Some(lmod) if lmod == stored.lmod => {
            answer.with(HeaderName::from_static(OC_MTIME), HeaderValue::from_static("accepted"))
        }
        _ => answer,
    })
}

/// Returns the modification time that the client sent. Out-of-range numbers are clamped; the engine does not accept such
/// times.
fn sent_time(request: &DavRequest<'_>) -> Option<UnixMillis> {
    let seconds = request.text(OC_MTIME)?.trim().parse::<f64>().ok().filter(|seconds| !seconds.is_nan())?;
    Some(UnixMillis((seconds * 1000.0) as i64))
}
