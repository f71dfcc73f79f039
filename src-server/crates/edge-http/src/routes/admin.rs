//! `/.potluck/admin`: the settings window for a server without a screen.

use super::assets;
use crate::admin::AdminApi;
use crate::extract::{Request, RequestBody};
use crate::render::pages;
use crate::reply::headers::{UNBUFFERED, X_ACCEL_BUFFERING};
use crate::reply::{self, Failure, RouteResult};
use bytes::Bytes;
use engine::accounts::AccessProof;
use futures_util::stream::{BoxStream, StreamExt};
use http::{HeaderValue, StatusCode, header};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use warp::reply::{Reply, Response};

/// Where it is, without slash at its end.
pub const PATH: &[u8] = b".potluck/admin";
/// Most bytes of a call.
const CALL_MAX: usize = 1 << 20;
/// A sign of life for proxies, and for us to notice that nobody listens any more.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(15);
/// How often it is looked whether the visitor is still an administrator.
const RECHECK_INTERVAL: Duration = Duration::from_secs(2);
/// No stranger's form can send this header, and no stranger's script without being asked about first (CORS).
const ADMIN_HEADER: &str = "x-potluck";

/// What a page hears that is open while its visitor is no administrator any more.
const SIGNED_OUT: &str = r#"{"code":"not_here","sentence":"You are not signed in as an administrator any more. Load this page again to sign in.","faults":[]}"#;

/// Whether a path belongs to the desk.
pub fn is_below(path: &[u8]) -> bool {
    path.strip_prefix(PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// What is below the desk's path.
fn subpath(request: &Request) -> &[u8] {
    let rest = &request.path.as_bytes()[PATH.len()..];
    rest.strip_prefix(b"/").unwrap_or(rest)
}

/// The desk, if there is one and the visitor may sit at it.
fn admin_api(request: &Request) -> Result<&Arc<dyn AdminApi>, Failure> {
    let admins = &request.settings().login.admins;
    let none = || Failure::text(StatusCode::NOT_FOUND, "404 not found");
    let api = request.site.options.admin.as_ref().filter(|_| !admins.is_empty()).ok_or_else(none)?;
    // A guest by invitation has a name that no account has, and an account could be called so.
    match admins.contains(request.access.account()) && !request.access.is_guest() {
        true => Ok(api),
        false => Err(Failure::text(StatusCode::FORBIDDEN, "only administrators of this server may see this")),
    }
}

/// GET: the page, what it is made of, and the stream of notices. Whoever has not signed in is asked to.
pub fn read(request: &Request) -> RouteResult {
    let api = match admin_api(request) {
        Err(Failure::Text(StatusCode::FORBIDDEN, _)) if subpath(request).is_empty() => {
            let heading = "Sign in as an administrator.";
            let signed_in = !request.access.account().is_anonymous();
            let problem = signed_in.then_some("This account may not change the settings of this server.");
            return Ok(reply::html(StatusCode::FORBIDDEN, pages::login(request, heading, problem)));
        }
        api => api?,
    };
    match subpath(request) {
        b"" if !request.trailing_slash => {
            let here = format!("{}/.potluck/admin/", request.policy.base);
            Ok(reply::redirect(StatusCode::SEE_OTHER, &here))
        }
        b"" => assets::admin_asset(request, "index.html"),
        b"events" => Ok(events(request, api.notices())),
        name => assets::admin_asset(request, &String::from_utf8_lossy(name)),
    }
}

/// POST `call`: one call in JSON. Faults of the door are 422, with their JSON.
pub async fn call(request: &Request, mut body: RequestBody) -> RouteResult {
    let api = match admin_api(request) {
        Ok(api) => api.clone(),
        // The page shows the sentence where it would show any other refusal of the door.
        Err(Failure::Text(status, _)) => return Ok(reply::json(status, SIGNED_OUT)),
        Err(failure) => return Err(failure),
    };
    if subpath(request) != b"call" {
        return Err(Failure::text(StatusCode::NOT_FOUND, "404 not found"));
    }
    if !request.head.headers.contains_key(ADMIN_HEADER) {
        return Err(Failure::text(StatusCode::FORBIDDEN, "calls carry the header X-Potluck"));
    }
    let call = RequestBody::collect(&mut body, CALL_MAX)
        .await
        .map_err(|_| Failure::text(StatusCode::PAYLOAD_TOO_LARGE, "the call is too long, or was cut off on its way"))?;
    Ok(match api.call(Bytes::from(call), request.access.clone(), request.absolute_url("/")).await {
        Ok(answer) => reply::json(StatusCode::OK, answer),
        Err(fault) => reply::json(StatusCode::UNPROCESSABLE_ENTITY, fault),
    })
}

/// Server-sent events (HTML standard 9.2), for as long as the visitor is an administrator.
fn events(request: &Request, mut notices: BoxStream<'static, String>) -> Response {
    let (engine, account) = (request.engine().clone(), request.access.account().clone());
    let (sender, mut receiver) = mpsc::channel::<Bytes>(16);
    let proof = AccessProof::of(&request.access);
    tokio::spawn(async move {
        // The first bytes go at once, so that the page knows that it is connected.
        let mut text = ": hello\n\n".to_owned();
        let mut quiet = Duration::ZERO;
        loop {
            let is_admin = engine.live().settings.login.admins.contains(&account);
            if !is_admin || !engine.accounts.is_in_force(&proof) {
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
