//! WebDAV, which `edge-dav` answers: hands requests over, and sends its answers.

use super::body_failure;
use super::manage::{self, path_of_url};
use crate::extract::{ProofKind, RequestBody, dav, digest};
use crate::failure::{Failure, RouteResult};
use crate::render::row_stream::RowStream;
use crate::reply::conditional::write_preconditions;
use crate::reply::mime;
use crate::request::Request;
use edge_dav::{Answer, AnswerBody, Content, DavRequest, MULTISTATUS_END, MULTISTATUS_START, UrlFault};
use engine::{Access, EngineError};
use futures_util::{StreamExt, stream};
use std::convert::Infallible;
use warp::reply::{Reply, Response};

/// Answers a request of WebDAV.
pub async fn answer(request: &Request, body: RequestBody) -> RouteResult {
    dav::note_client(request);
    if must_sign_in(request) {
        return Err(EngineError::denied(&request.path, "read").into());
    }
    let digests = match edge_dav::is_streamed(request.method()) {
        true => digest::expected_digests(&request.head.headers)?,
        false => Vec::new(),
    };
    let path_of_url = |url: &str| {
        path_of_url(request, url).map_err(|fault| match fault {
            manage::UrlFault::OtherServer => UrlFault::OtherServer,
            manage::UrlFault::Path(_) => UrlFault::Invalid,
        })
    };
    let order = DavRequest {
        engine: request.engine(),
        access: &request.access,
        method: request.method(),
        headers: &request.head.headers,
        path: request.path.clone(),
        trailing_slash: request.trailing_slash,
        prefix: request.url_prefix(),
        condition: write_preconditions(&request.head.headers),
        digests,
        path_of_url: &path_of_url,
        media_type: mime::by_extension,
        may_sign_in: may_sign_in(request),
        infinite_depth: request.settings().dav.infinite_depth,
        keeps_apple_files: request.settings().dav.keeps_apple_files,
    };
    let (content, _memory) = content(request, body).await?;
    Ok(send(request, edge_dav::handle(order, content).await))
}

/// Reads the body of a request, except that of a file. The body counts the memory for as long as it lives.
async fn content(request: &Request, mut body: RequestBody) -> Result<(Content, Option<RequestBody>), Failure> {
    if edge_dav::is_streamed(request.method()) {
        return Ok((Content::Stream(Box::pin(body.map(|piece| piece.map_err(|_| ())))), None));
    }
    let collected = RequestBody::collect(&mut body, edge_dav::XML_MAX).await;
    let collected = collected.map_err(|fault| body_failure(fault, "the XML is too long"))?;
    Ok((Content::Collected(collected), Some(body)))
}

fn send(request: &Request, answer: Answer) -> Response {
    let mut response = match answer.body {
        AnswerBody::Whole(text) => Response::new(text.into()),
        AnswerBody::Rows { count, write, reservation } => {
            let (head, tail) = (MULTISTATUS_START.to_owned(), MULTISTATUS_END.to_owned());
            RowStream { head, rows: count, render_row: write, reservation, tail }
                .reply(request, "text/xml; charset=utf-8")
        }
        AnswerBody::Pieces(mut pieces) => {
            let pieces = stream::poll_fn(move |context| pieces.poll_recv(context));
            warp::reply::stream(pieces.map(Ok::<_, Infallible>)).into_response()
        }
    };
    *response.status_mut() = answer.status;
    for (name, value) in &answer.headers {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

/// Whether the client has sent no password, and could be asked for one.
fn may_sign_in(request: &Request) -> bool {
    let has_no_proof = request.proof == ProofKind::None && request.access.account().is_anonymous();
    has_no_proof && !request.settings().login.no_basic
}

/// Whether WebDAV requires a login at the path of a request (`--dav-auth`); in a virtual folder, if every volume does.
fn must_sign_in(request: &Request) -> bool {
    let access: &Access = &request.access;
    if !access.account().is_anonymous() || access.is_guest() {
        return false;
    }
    match access.volume_path(&request.path) {
        Some(at) => at.volume.config.flags.dav_login,
        None => {
            let volumes = &access.snapshot().tree.volumes;
            !volumes.is_empty() && volumes.iter().all(|volume| volume.config.flags.dav_login)
        }
    }
}
