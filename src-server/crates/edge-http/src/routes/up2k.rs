//! up2k: the handshake (hash list in, missing chunks out) and the chunks (docs/up2k.md).
//! The engine makes the decisions; this module contains only the wire format. The texts that clients compare are in
//! `reply/error.rs`.

pub mod bundle;
pub mod wire;

use crate::extract::RequestBody;
use crate::extract::names::{CHUNK_HASH, SUBCHUNK, UPLOAD_WARK};
use crate::failure::{Failure, RouteResult};
use crate::reply;
use crate::request::Request;
use engine::EngineError;
use engine::error::UploadError;
use http::{StatusCode, header};
use model::{ChunkHash, VPath, Wark};
use wire::{ClientHint, HandshakeBody, WireFault};

/// Handles JSON posted to a folder: a handshake, or a search for files by content.
pub async fn handshake(request: &Request, mut body: RequestBody) -> RouteResult {
    if request.head.text(header::CONTENT_LENGTH).is_none() {
        return Err(no_length("you must supply a content-length for JSON POST"));
    }
    let json = collect_json(&mut body).await?;
    let (folder, old_client) = folder_of(&request.path);
    let hint = match &*super::media_type(request) {
        _ if old_client => ClientHint::LegacyUrl,
        "application/json" => ClientHint::JsonType,
        _ => ClientHint::None,
    };
    match wire::parse_handshake(&json, hint).map_err(fault)? {
        HandshakeBody::Upload(handshake) => {
            let answer = request.engine().uploads.handshake(&request.access, &folder, handshake).await?;
            Ok(reply::json(StatusCode::OK, wire::print_handshake(&answer, &request.policy.base)))
        }
        HandshakeBody::Search { size, hashes } => find_content(request, size, &hashes).await,
    }
}

/// Handles the JSON of a search for files by content.
pub async fn search_by_content(request: &Request, json: &[u8]) -> RouteResult {
    match wire::parse_handshake(json, ClientHint::None).map_err(fault)? {
        HandshakeBody::Search { size, hashes } => find_content(request, size, &hashes).await,
        HandshakeBody::Upload(_) => Err(Failure::text(StatusCode::BAD_REQUEST, "'srch' is not true")),
    }
}

async fn find_content(request: &Request, size: u64, hashes: &[ChunkHash]) -> RouteResult {
    let hits = request.engine().uploads.find(&request.access, size, hashes).await?;
    Ok(reply::json(StatusCode::OK, wire::print_hits(&hits)))
}

/// Handles bytes posted to a folder with the headers of a chunk.
pub async fn chunk(request: &Request, body: RequestBody) -> RouteResult {
    let bad = |text: &'static str| Failure::text(StatusCode::BAD_REQUEST, text);
    let (Some(hashes), Some(wark)) = (request.head.text(CHUNK_HASH), request.head.text(UPLOAD_WARK)) else {
        return Err(bad("need hash and wark headers for binary POST"));
    };
    let Some(length) = request.head.text(header::CONTENT_LENGTH).and_then(|text| text.parse().ok()) else {
        return Err(no_length("you must supply a content-length for binary POST"));
    };
    let wark = parse_wark(wark)?;
    let selection = wire::parse_selection(hashes, request.head.text(SUBCHUNK)).map_err(fault)?;
    let (folder, _) = folder_of(&request.path);
    let lease = request.engine().uploads.claim(&request.access, &folder, &wark, selection, length).await?;
    lease.through(request.head.splice.clone()).receive(body).await?;
    Ok(reply::typed(StatusCode::OK, "text/html; charset=utf-8", "thank"))
}

/// Parses the name of an upload.
///
/// # Errors
/// `UnknownWark`: no upload has another one.
fn parse_wark(text: &str) -> Result<Wark, EngineError> {
    Wark::parse(text.trim()).map_err(|_| EngineError::Upload(UploadError::UnknownWark))
}

/// Returns the target folder, and true for old clients, which post to `handshake.php` and `chunkpit.php` inside it.
pub fn folder_of(path: &VPath) -> (VPath, bool) {
    match path.split_last() {
        Some((folder, name)) if matches!(name.as_bytes(), b"handshake.php" | b"chunkpit.php") => (folder, true),
        _ => (path.clone(), false),
    }
}

/// Reads a JSON body of bounded size.
///
/// # Errors
/// 413 with the text that makes clients send less.
pub async fn collect_json(body: &mut RequestBody) -> Result<Vec<u8>, Failure> {
    body.collect(wire::JSON_MAX).await.map_err(|fault| super::body_failure(fault, "json 2big"))
}

fn fault(fault: WireFault) -> Failure {
    match fault {
        WireFault::NotJson(text) => Failure::text(StatusCode::UNPROCESSABLE_ENTITY, text),
        WireFault::BadField(text) => Failure::text(StatusCode::BAD_REQUEST, text),
    }
}

fn no_length(text: &'static str) -> Failure {
    Failure::text(StatusCode::LENGTH_REQUIRED, text)
}
