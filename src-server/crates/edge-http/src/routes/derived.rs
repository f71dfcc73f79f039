//! Sends what the server has made of a file: a thumbnail, a waveform.

use crate::failure::{Failure, RouteResult};
use crate::reply::conditional::{self, Decision, Validators};
use crate::reply::{self, headers};
use crate::request::Request;
use bytes::Bytes;
use engine::library::thumbnails::Candidate;
use http::{HeaderValue, StatusCode, header};
use warp::reply::Response;

/// What an answer that `Accept` has chosen depends on.
pub const VARY: HeaderValue = HeaderValue::from_static("Accept, Origin, PW, Cookie");

/// How a file that was made is shown.
pub struct Shown {
    /// Its media type.
    pub media_type: &'static str,
    /// Returns the body for what was made.
    pub of: fn(Bytes) -> Bytes,
}

/// Sends what was made of a file, or is made now; `None` if it cannot be made. `is_negotiated`: the choice depends on
/// `Accept`.
pub async fn send(request: &Request, candidate: Candidate, shown: Shown, is_negotiated: bool) -> Option<RouteResult> {
    let modified_secs = conditional::http_secs(candidate.modified);
    let decision = {
        let now = Validators { etag: &candidate.etag, modified_secs };
        conditional::evaluate(&request.head.headers, now)
    };
    let etag = format!("\"{}\"", candidate.etag);
    let mut response = match decision {
        Decision::Failed => {
            return Some(Err(Failure::text(StatusCode::PRECONDITION_FAILED, "the file is another one now")));
        }
        // The client has it: nothing needs to be made.
        Decision::NotModified => {
            let mut response = Response::new("".into());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        }
        Decision::Proceed => {
            let bytes = request.engine().library.thumbnails().get(candidate).await.ok().flatten()?;
            let mut response = Response::new((shown.of)(bytes).into());
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(shown.media_type));
            response
        }
    };
    let sent = response.headers_mut();
    sent.insert(header::ETAG, HeaderValue::from_str(&etag).expect("hexadecimal digits"));
    if let Ok(date) = HeaderValue::from_maybe_shared(bytes::Bytes::from(conditional::http_date(modified_secs))) {
        sent.insert(header::LAST_MODIFIED, date);
    }
    sent.insert(header::CACHE_CONTROL, reply::file::cache_control(&request.query));
    sent.insert(header::CONTENT_SECURITY_POLICY, headers::FILE_POLICY);
    if is_negotiated {
        sent.insert(header::VARY, VARY);
    }
    Some(Ok(response))
}
