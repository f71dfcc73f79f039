//! PROPFIND (RFC 4918, 9.1): the properties of a resource, and of what is in it. Rows are rendered while they are sent.

use super::rows::{Context, FolderRows, OwnRow};
use super::walk;
use crate::answer::{Answer, AnswerBody, RowWriter};
use crate::failure::Failure;
use crate::headers::depth::Depth;
use crate::preconditions;
use crate::request::DavRequest;
use crate::wanted::Wanted;
use http::StatusCode;
use std::sync::Arc;

/// Tells the properties of a file or folder, and of what is in it.
///
/// # Errors
/// 403 for an infinite depth unless the settings allow it; 401 where an account may see something.
pub(crate) async fn propfind(request: &DavRequest<'_>, body: &[u8]) -> Result<Answer, Failure> {
    let depth = Depth::of(request)?;
    let wanted = Arc::new(Wanted::parse(body)?);
    if depth == Depth::Infinity && !request.infinite_depth {
        return Err(Failure::Condition(StatusCode::FORBIDDEN, "propfind-finite-depth"));
    }
    let access = preconditions::check(request).await?;
    let (itself, opened) = OwnRow::find(request, &access, &wanted).await?;
    let Some(opened) = opened.filter(|_| depth != Depth::Zero) else {
        let write: RowWriter = Box::new(move |out, _| itself.push(out, &wanted));
        return Ok(multistatus(AnswerBody::Rows { count: 1, write, reservation: None }));
    };
    let context = Context {
        engine: request.engine.clone(),
        access,
        wanted,
        prefix: request.prefix.clone(),
        media_type: request.media_type,
        space: itself.space,
    };
    if depth == Depth::Infinity {
        return Ok(multistatus(AnswerBody::Pieces(walk::start(context, itself, request.path.clone())?)));
    }
    let mut rows = FolderRows::read(&context, &request.path, Some(opened)).await?;
    let reservation = rows.listing.reservation.take();
    let count = rows.listing.entries.len() + 1;
    let write: RowWriter = Box::new(move |out, index| match index.checked_sub(1) {
        None => itself.push(out, &context.wanted),
        Some(index) => rows.push(out, &context, index),
    });
    Ok(multistatus(AnswerBody::Rows { count, write, reservation }))
}

fn multistatus(body: AnswerBody) -> Answer {
    Answer::xml(StatusCode::MULTI_STATUS, body)
}
