//! The JSON API of the pages, `/.potluck/api/v1/` (docs/http-api.md "Page API", ADR 0016).
//!
//! Reads are GET, changes are POST with a JSON body. The target is a parameter or a field, never a part of the URL's path,
//! so the limits of paths hold for it alone. Every endpoint is one call of the engine; types are in [`types`], and errors
//! are JSON for every request below the prefix.
//!
//! | file | |
//! |---|---|
//! | `types.rs`, `types_*.rs` | requests and answers; `web/src/api/types.gen.ts` is made from them |
//! | `answer.rs`, `error.rs` | answers; errors with codes, statuses, details |
//! | `paths.rs`, `limits.rs` | paths and names in JSON; limits that several files need |
//! | `rights.rs` | what may be done at a path |
//! | `ndjson.rs`, `places.rs` | answers in lines; rights of rows from several folders |
//! | `folder.rs`, `below.rs` | the streamed listing, and that of everything below a folder |
//! | `search.rs` | searches, completions |
//! | `reads.rs` | session, volumes, one entry, tree, own uploads |
//! | `markdown.rs` | Markdown as HTML |
//! | `changes.rs` | make, delete, move, copy, rename, notes |
//! | `batch.rs` | changes of many entries, with progress |
//! | `properties.rs`, `uploaders.rs` | properties and checksums; who uploaded what |
//! | `transfers.rs`, `indexes.rs` | transfers under way; state of indexes |
//! | `links.rs` | share links of the account |
//! | `trash.rs` | the trash, earlier versions, undoing |

mod answer;
mod batch;
mod below;
mod changes;
mod error;
mod folder;
mod indexes;
mod limits;
mod links;
mod markdown;
mod ndjson;
mod paths;
mod places;
mod properties;
mod reads;
mod rights;
mod search;
mod transfers;
mod trash;
pub mod types;
mod types_control;
mod types_many;
mod types_search;
#[cfg(test)]
mod typescript;
mod uploaders;

use crate::extract::RequestBody;
use crate::failure::{Failure, RouteResult};
use crate::request::Request;
use crate::urls;
use http::{HeaderValue, Method, StatusCode, header};

/// Prefix of the endpoints of this version.
const VERSION: &[u8] = b"v1/";

/// Returns the name of the requested endpoint; empty for other versions.
fn endpoint(request: &Request) -> &[u8] {
    urls::api_subpath(&request.path).strip_prefix(VERSION).unwrap_or_default()
}

/// Endpoints that are read.
const READS: [&[u8]; 15] = [
    b"session",
    b"volumes",
    b"folder",
    b"entry",
    b"tree",
    b"uploads",
    b"trash",
    b"versions",
    b"markdown",
    b"suggest",
    b"recent",
    b"transfers",
    b"indexes",
    b"links",
    b"link-qr",
];

/// Handles GET and HEAD. Errors are answered in JSON.
pub async fn read(request: &Request) -> RouteResult {
    let outcome = match endpoint(request) {
        b"session" => Ok(reads::session(request)),
        b"volumes" => Ok(reads::volumes(request)),
        b"folder" if request.query.has("below") => below::list(request).await,
        b"folder" => folder::folder(request).await,
        b"entry" => reads::entry(request).await,
        b"tree" => reads::tree(request).await,
        b"uploads" => reads::uploads(request).await,
        b"trash" => trash::list(request).await,
        b"versions" => trash::versions(request).await,
        b"suggest" => search::suggest(request).await,
        b"recent" => uploaders::recent(request).await,
        b"transfers" => Ok(transfers::list(request)),
        b"indexes" => indexes::indexes(request).await,
        b"links" => links::list(request).await,
        b"link-qr" => links::qr(request).await,
        b"markdown" => markdown::file(request).await,
        name if changes::is_change(name) => Err(wrong_method()),
        _ => Err(unknown_endpoint()),
    };
    with_json_errors(request, outcome).await
}

/// Handles every other method, except OPTIONS. The caller has refused pages of other sites before, and answers a failure by
/// [`with_json_errors`].
pub async fn change(request: &Request, body: RequestBody) -> RouteResult {
    let name = endpoint(request);
    match *request.method() {
        Method::POST if changes::is_change(name) => changes::change(request, name, body).await,
        _ if changes::is_change(name) || READS.contains(&name) => Err(wrong_method()),
        _ => Err(unknown_endpoint()),
    }
}

/// Replaces the failure of a request to the API by its answer in JSON. Outcomes of other requests stay.
pub async fn with_json_errors(request: &Request, outcome: RouteResult) -> RouteResult {
    match outcome {
        Err(failure) if urls::is_api(&request.path) => {
            let mut response = error::render(request, failure).await;
            if response.status() == StatusCode::METHOD_NOT_ALLOWED {
                let methods = match (changes::is_change(endpoint(request)), READS.contains(&endpoint(request))) {
                    (true, true) => "GET, HEAD, OPTIONS, POST",
                    (true, false) => "OPTIONS, POST",
                    (false, _) => "GET, HEAD, OPTIONS",
                };
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
            }
            Ok(response)
        }
        outcome => outcome,
    }
}

fn unknown_endpoint() -> Failure {
    Failure::text(StatusCode::NOT_FOUND, "Reload the page; a program needs another version of this server.")
}

fn wrong_method() -> Failure {
    Failure::text(StatusCode::METHOD_NOT_ALLOWED, "reads are GET, and changes are POST with a JSON body")
}
