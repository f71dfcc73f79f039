//! COPY and MOVE (RFC 4918, 9.8 and 9.9), also between volumes.

use crate::answer::Answer;
use crate::failure::{BAD_REQUEST, Failure};
use crate::headers::depth::Depth;
use crate::preconditions;
use crate::request::{DavRequest, UrlFault};
use crate::target;
use engine::error::Conflict;
use engine::files::ops::{IfExists, Relocation};
use engine::files::stat::FileKind;
use engine::files::target::Target;
use engine::properties::PropertyChange;
use engine::{Access, EngineError};
use http::StatusCode;
use model::VPath;

/// Copies or moves a file or folder.
///
/// # Errors
/// 400 without a valid destination or with another depth, 403 onto itself, 409 without the folder around the destination,
/// 412 if something is there and may not be replaced, 502 on another server.
pub(crate) async fn relocate(request: &DavRequest<'_>) -> Result<Answer, Failure> {
    let is_move = request.method.as_str() == "MOVE";
    let depth = Depth::of(request)?;
    if depth == Depth::One || is_move && depth == Depth::Zero && request.trailing_slash {
        return Err(BAD_REQUEST);
    }
    let to = destination(request)?;
    let if_exists = match request.text("overwrite").map(str::trim) {
        Some(flag) if flag.eq_ignore_ascii_case("f") => IfExists::Refuse,
        _ => IfExists::Replace,
    };
    let access = preconditions::check(request).await?;
    if to == request.path {
        return Err(Failure::Status(StatusCode::FORBIDDEN));
    }
    let there = target::look(request, &access, &to).await?;
    let is_taken = matches!(there, Target::There(_));
    if is_taken && if_exists == IfExists::Refuse {
        return Err(Failure::Status(StatusCode::PRECONDITION_FAILED));
    }
    let relocation = Relocation { from: request.path.clone(), to, if_exists, condition: request.condition.clone() };
    let done = match (is_move, depth) {
        (true, _) => request.engine.ops.move_if(&access, relocation).await,
        (false, Depth::Zero) => copy_alone(request, &access, relocation, is_taken).await,
        (false, _) => request.engine.ops.copy_if(&access, relocation).await,
    };
    done.map_err(|error| refusal(error, if_exists))?;
    Ok(Answer::empty(if is_taken { StatusCode::NO_CONTENT } else { StatusCode::CREATED }))
}

/// What exists although it may be replaced is the top of a volume, or contains one.
fn refusal(error: EngineError, if_exists: IfExists) -> Failure {
    match (error, if_exists) {
        (EngineError::Conflict(Conflict::Exists(_)), IfExists::Replace) => Failure::Status(StatusCode::FORBIDDEN),
        (EngineError::Conflict(Conflict::Exists(_)), _) => Failure::Status(StatusCode::PRECONDITION_FAILED),
        (error, _) => error.into(),
    }
}

/// Copies a folder without what is in it, or a file.
async fn copy_alone(
    request: &DavRequest<'_>,
    access: &Access,
    relocation: Relocation,
    is_taken: bool,
) -> Result<(), EngineError> {
    let engine = request.engine;
    if engine.reader.stat(access, &relocation.from).await?.kind == FileKind::File {
        return engine.ops.copy_if(access, relocation).await;
    }
    relocation.condition.check(access, &relocation.from)?;
    let Some((folder, name)) = relocation.to.split_last() else {
        return Err(EngineError::Conflict(Conflict::Exists(relocation.to)));
    };
    if is_taken {
        engine.ops.delete(access, &relocation.to).await?;
    }
    let made = engine.ops.make_folder(access, &folder, name.as_bytes()).await?;
    let properties = engine.properties.of(access, &relocation.from).await?;
    if properties.is_empty() {
        return Ok(());
    }
    let changes = properties.into_iter().map(PropertyChange::Set).collect();
    engine.properties.change(access, &made, changes).await.map(drop)
}

fn destination(request: &DavRequest<'_>) -> Result<VPath, Failure> {
    let url = request.text("destination").ok_or(BAD_REQUEST)?;
    (request.path_of_url)(url).map_err(|fault| match fault {
        UrlFault::Invalid => BAD_REQUEST,
        UrlFault::OtherServer => Failure::Status(StatusCode::BAD_GATEWAY),
    })
}
