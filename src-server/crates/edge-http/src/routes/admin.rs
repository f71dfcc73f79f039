//! `/.potluck/admin`: the settings window for a server without a screen, and its admin API.

use super::assets;
use crate::admin::AdminApi;
use crate::extract::RequestBody;
use crate::failure::{Failure, RouteResult};
use crate::render::login;
use crate::reply;
use crate::reply::headers::{UNBUFFERED, X_ACCEL_BUFFERING};
use crate::request::Request;
use crate::urls;
use bytes::Bytes;
use engine::accounts::AccessProof;
use futures_util::stream::{BoxStream, StreamExt};
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use warp::reply::{Reply, Response};

/// Largest call in bytes.
const CALL_MAX: usize = 1 << 20;
/// Interval of heartbeats on the event stream. They keep proxies from closing it, and let the server notice a closed
/// connection.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(15);
/// Interval at which the visitor's rights are checked again.
const RECHECK_INTERVAL: Duration = Duration::from_secs(2);
/// Header that calls must carry. No form of another site can send it, and no script of another site without a CORS
/// preflight.
const ADMIN_HEADER: &str = "x-potluck";

/// Returns the answer to calls from a page that is still open when the visitor is no administrator any more.
fn signed_out(request: &Request) -> String {
    let sentence = Value::from(request.texts().login_admin_ended());
    format!("{{\"code\":\"not_here\",\"sentence\":{sentence},\"faults\":[]}}")
}

/// Returns the admin API.
///
/// # Errors
/// 404 if it is switched off, 403 if the visitor is no administrator.
fn admin_api(request: &Request) -> Result<&Arc<dyn AdminApi>, Failure> {
    let none = || Failure::text(StatusCode::NOT_FOUND, "404 not found");
    let api =
        request.site.options.admin.as_ref().filter(|_| !request.settings().login.admins.is_empty()).ok_or_else(none)?;
    match request.is_admin() {
        true => Ok(api),
        false => Err(Failure::text(StatusCode::FORBIDDEN, "only administrators of this server may see this")),
    }
}

/// Handles GET: the page, its assets, and the event stream. Visitors who have not signed in get the sign-in form.
pub fn read(request: &Request) -> RouteResult {
    let subpath = urls::admin_subpath(&request.path).unwrap_or_default();
    let api = match admin_api(request) {
        Err(Failure::Text(StatusCode::FORBIDDEN, _)) if subpath.is_empty() => {
            let t = request.texts();
            let signed_in = !request.access.account().is_anonymous();
            let problem = signed_in.then_some(t.login_no_admin());
            return Ok(reply::html(StatusCode::FORBIDDEN, login::page(request, t.login_admin(), problem)));
        }
        api => api?,
    };
    match subpath {
        b"" if !request.trailing_slash => Ok(reply::redirect(StatusCode::SEE_OTHER, &urls::admin_page(request))),
        b"" => assets::admin_asset(request, "index.html"),
        b"events" => Ok(events(request, api.notices())),
        name => assets::admin_asset(request, &String::from_utf8_lossy(name)),
    }
}

/// Handles POST to `call`: one call in JSON. Errors of the admin API are 422, with their JSON.
pub async fn call(request: &Request, mut body: RequestBody) -> RouteResult {
    let api = match admin_api(request) {
        Ok(api) => api.clone(),
        // The page shows this sentence like any other error of the admin API.
        Err(Failure::Text(status, _)) => return Ok(reply::json(status, signed_out(request))),
        Err(failure) => return Err(failure),
    };
    if urls::admin_subpath(&request.path) != Some(b"call") {
        return Err(Failure::text(StatusCode::NOT_FOUND, "404 not found"));
    }
    if !request.head.headers.contains_key(ADMIN_HEADER) {
        return Err(Failure::text(StatusCode::FORBIDDEN, "calls need the header X-Potluck"));
    }
    let call = RequestBody::collect(&mut body, CALL_MAX)
        .await
        .map_err(|fault| super::body_failure(fault, "the call is too long"))?;
    let asked_at = request.absolute_url("/");
    Ok(match api.call(Bytes::from(call), request.access.clone(), asked_at, request.texts()).await {
        Ok(answer) => reply::json(StatusCode::OK, answer),
        Err(fault) => reply::json(StatusCode::UNPROCESSABLE_ENTITY, fault),
    })
}

/// Returns a stream of server-sent events (HTML standard 9.2). It ends when the visitor is no administrator any more.
fn events(request: &Request, mut notices: BoxStream<'static, String>) -> Response {
    let (engine, account) = (request.engine().clone(), request.access.account().clone());
    let (sender, mut receiver) = mpsc::channel::<Bytes>(16);
    let proof = AccessProof::of(&request.access);
    tokio::spawn(async move {
        // The first bytes are sent at once, so that the page knows that it is connected.
        let mut text = ": hello\n\n".to_owned();
        let mut quiet = Duration::ZERO;
        loop {
            let is_admin = engine.snapshot().settings.login.admins.contains(&account);
            if !is_admin || !engine.accounts.is_still_valid(&proof) {
                return;
            }
            if !text.is_empty() && sender.send(std::mem::take(&mut text).into()).await.is_err() {
                return;
            }
            let notice = tokio::select! {
                notice = tokio::time::timeout(RECHECK_INTERVAL, notices.next()) => notice,
                () = sender.closed() => return,
            };
            quiet += RECHECK_INTERVAL;
            match notice {
                Ok(Some(notice)) => text = format!("data: {notice}\n\n"),
                Ok(None) => return,
                Err(_) if quiet >= HEARTBEAT_INTERVAL => text = ": still here\n\n".to_owned(),
                Err(_) => continue,
            }
            quiet = Duration::ZERO;
        }
    });
    let stream = futures_util::stream::poll_fn(move |context| receiver.poll_recv(context));
    let mut response = warp::reply::stream(stream.map(Ok::<_, Infallible>)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response.headers_mut().insert(X_ACCEL_BUFFERING, UNBUFFERED);
    response
}
