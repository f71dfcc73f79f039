//! PUT and POST of a raw body: `curl -T`, `?raw`, ownCloud's clients (docs/http-api.md "Uploads").

use super::upload::{self, ReplyFormat, UploadOptions};
use crate::extract::names::OC_MTIME;
use crate::extract::{RequestBody, digest};
use crate::failure::RouteResult;
use crate::reply;
use crate::reply::conditional::write_preconditions;
use crate::request::Request;
use engine::EngineError;
use engine::error::{Conflict, Interruption};
use engine::files::condition::Condition;
use engine::uploads::{Digest, SinkRequest, Stored, UploadSink};
use futures_util::StreamExt;
use http::{HeaderValue, Method, StatusCode, header};
use model::{FileName, VPath};
use warp::reply::Response;

/// Stores the body under the name at the end of the path, or at a folder under a generated name.
pub async fn put(request: &Request, body: RequestBody) -> RouteResult {
    store(request, &UploadOptions::read(request)?, body).await
}

/// Like [`put`], with options that were read.
pub async fn store(request: &Request, options: &UploadOptions, body: RequestBody) -> RouteResult {
    let size = request.head.text(header::CONTENT_LENGTH).and_then(|text| text.parse().ok());
    let checks = (digest::expected_digests(&request.head.headers)?, write_preconditions(&request.head.headers));
    let sink = open(request, options, size, checks).await?;
    Ok(stored(request, options, &fill(sink, body).await?))
}

/// Stores a body in a folder, under the name that the options have.
pub async fn store_in(
    request: &Request,
    options: &UploadOptions,
    folder: VPath,
    body: RequestBody,
) -> Result<Stored, EngineError> {
    let sink = options.sink(folder, Some(options.name_of(request)), None);
    fill(request.engine().uploads.sink(&request.access, sink).await?, body).await
}

/// Returns the answer for a stored file.
pub fn stored(request: &Request, options: &UploadOptions, stored: &Stored) -> Response {
    if options.owncloud {
        let mut response = reply::text(StatusCode::CREATED, "");
        if options.keeps_time(stored) {
            response.headers_mut().insert(OC_MTIME, HeaderValue::from_static("accepted"));
        }
        return response;
    }
    let url = request.absolute_url(&options.href(request, stored));
    let mut response = match options.format {
        ReplyFormat::Json => reply::json(StatusCode::CREATED, upload::put_json(stored, &url, options.checksum.1)),
        ReplyFormat::Url => reply::text(StatusCode::CREATED, format!("{url}\n")),
        ReplyFormat::Default => reply::text(StatusCode::CREATED, upload::put_lines(stored, &url)),
    };
    if *request.method() == Method::PUT
        && let Ok(location) = HeaderValue::from_str(&url)
    {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Handles POST `?raw`: the same as PUT.
pub async fn raw(request: &Request, body: RequestBody) -> RouteResult {
    put(request, body).await
}

/// Returns the folder and the name of the file that the path of a request may mean; `None`: it means a folder.
pub fn named_file(request: &Request) -> Option<(VPath, FileName)> {
    let mounted = request.access.volume_path(&request.path).is_some_and(|at| at.below.is_root());
    request.path.split_last().filter(|_| !request.trailing_slash && !mounted)
}

async fn open(
    request: &Request,
    options: &UploadOptions,
    size: Option<u64>,
    (digests, condition): (Vec<Digest>, Condition),
) -> Result<UploadSink, EngineError> {
    let uploads = &request.engine().uploads;
    let conditional =
        |sink: SinkRequest| SinkRequest { digests: digests.clone(), condition: condition.clone(), ..sink };
    let into_folder = |folder: VPath| conditional(options.sink(folder, None, size));
    let Some((folder, name)) = named_file(request) else {
        return uploads.sink(&request.access, into_folder(request.path.clone())).await;
    };
    let named = conditional(options.sink(folder, Some(name.as_bytes().to_vec()), size));
    match uploads.sink(&request.access, named).await {
        // The path names a folder, without a slash at its end.
        Err(EngineError::Conflict(Conflict::IsAFolder(_))) => {
            uploads.sink(&request.access, into_folder(request.path.clone())).await
        }
        other => other,
    }
}

/// Writes a body to a sink. If the connection breaks, nothing is stored.
pub async fn fill(mut sink: UploadSink, mut body: RequestBody) -> Result<Stored, EngineError> {
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| EngineError::Interrupted(Interruption::Client))?;
        sink.push(piece).await?;
    }
    sink.finish().await
}
