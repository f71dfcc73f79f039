//! Bundles: many handshakes and chunks of small files in one request (docs/up2k.md "Bundles"). Each part is answered as if it
//! had been sent alone: a browser needs some milliseconds for a request, the server a fraction of one for a part.

use super::wire::{self, Part, PartKind, WireFault};
use super::{fault, folder_of, no_length, parse_wark};
use crate::extract::RequestBody;
use crate::failure::{Failure, RouteResult};
use crate::render::pages;
use crate::reply;
use crate::reply::error::protocol_text;
use crate::request::Request;
use bytes::Bytes;
use engine::EngineError;
use engine::error::UploadError;
use engine::uploads::{ChunkSelection, Handshake, HandshakeReply};
use futures_util::StreamExt as _;
use futures_util::stream;
use http::{StatusCode, header};
use model::{ChunkHash, VPath, Wark};
use serde::Serialize;
use std::borrow::Cow;
use std::convert::Infallible;

/// Most bytes of all chunks of a bundle.
const CONTENT_MAX: usize = 8 << 20;
/// Parts that are carried out at the same time, so that several files reach the disk with one flush.
const CONCURRENT: usize = 32;

/// The answer to a part: what the request would have been answered.
#[derive(Serialize)]
struct PartAnswer {
    status: u16,
    text: Cow<'static, str>,
    /// The bytes that came with a handshake were missing, and have been received.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    received: bool,
}

/// Handles a bundle posted to a folder.
pub async fn bundle(request: &Request, mut body: RequestBody) -> RouteResult {
    if request.head.text(header::CONTENT_LENGTH).is_none() {
        return Err(no_length("you must supply a content-length for a bundle"));
    }
    let all = RequestBody::collect(&mut body, wire::JSON_MAX + CONTENT_MAX).await;
    let all = Bytes::from(all.map_err(|fault| super::super::body_failure(fault, "bundle 2big"))?);
    let parts = wire::parse_bundle(&all).map_err(fault)?;
    let answers = stream::iter(parts).map(|part| answer(request, part)).buffered(CONCURRENT);
    let answers: Vec<PartAnswer> = answers.collect().await;
    let json =
        serde_json::to_string(&answers).map_err(|error| EngineError::internal("The answer has no text.", error))?;
    Ok(reply::json(StatusCode::OK, json))
}

async fn answer(request: &Request, part: Result<Part, WireFault>) -> PartAnswer {
    let outcome = match part {
        Ok(part) => carry_out(request, part).await,
        Err(refused) => Err(fault(refused)),
    };
    outcome.unwrap_or_else(|failure| {
        let said = protocol_text(request, failure);
        let text = pages::plain_refusal(request, &said.text).into();
        PartAnswer { status: said.status.as_u16(), text, received: false }
    })
}

async fn carry_out(request: &Request, part: Part) -> Result<PartAnswer, Failure> {
    let folder = folder_of(&request.path).0.append(&part.below);
    let status = StatusCode::OK.as_u16();
    match part.asked {
        PartKind::Handshake(handshake, content) => {
            let (reply, received) = shake_hands(request, &folder, handshake, content).await?;
            let text = wire::print_handshake(&reply, &request.policy.base).into();
            Ok(PartAnswer { status, text, received })
        }
        PartKind::Chunk(wark, hash, content) => {
            receive(request, &folder, &parse_wark(&wark)?, hash, content).await?;
            Ok(PartAnswer { status, text: "thank".into(), received: false })
        }
    }
}

/// Carries out a handshake. Takes `content`, the file's only chunk, if it is missing; then the reply is that of the closing
/// handshake, and the second value true.
async fn shake_hands(
    request: &Request,
    folder: &VPath,
    handshake: Handshake,
    content: Option<Bytes>,
) -> Result<(HandshakeReply, bool), Failure> {
    let uploads = &request.engine().uploads;
    let Some(content) = content else {
        return Ok((uploads.handshake(&request.access, folder, handshake).await?, false));
    };
    let mut closing = handshake.clone();
    let reply = uploads.handshake(&request.access, folder, handshake).await?;
    let &[hash] = reply.missing.as_slice() else { return Ok((reply, false)) };
    match receive(request, &reply.folder, &reply.wark, hash, content).await {
        // Another connection sends the same file.
        Ok(()) | Err(EngineError::Upload(UploadError::ChunkKnown(_))) => {}
        Err(error) => return Err(error.into()),
    }
    // The server may have chosen another name.
    (closing.name, closing.random_name) = (reply.name, false);
    Ok((uploads.handshake(&request.access, &reply.folder, closing).await?, true))
}

async fn receive(
    request: &Request,
    folder: &VPath,
    wark: &Wark,
    hash: ChunkHash,
    content: Bytes,
) -> Result<(), EngineError> {
    let selection = ChunkSelection::One(hash, None);
    let lease = request.engine().uploads.claim(&request.access, folder, wark, selection, content.len() as u64).await?;
    lease.receive(stream::iter([Ok::<_, Infallible>(content)])).await?;
    Ok(())
}
