//! The HTTP edge: translates requests into calls of the engine, and its answers into HTTP responses.
//! This crate makes no decision that another protocol would have to make as well. A request is parsed once
//! ([`extract`]), is handled by one route ([`routes`]), and its result is rendered once ([`reply`], [`render`]).
//! Routes call the other three, which do not know them; below are [`markdown`], [`request`], [`failure`], [`urls`], [`site`] and [`texts`].

pub mod admin;
pub mod announced;
pub mod api;
pub mod assets;
pub mod extract;
pub mod failure;
pub mod markdown;
pub mod render;
pub mod reply;
pub mod request;
pub mod routes;
pub mod site;
pub mod texts;
pub mod urls;

pub use admin::AdminApi;
pub use extract::interim::InterimSender;
pub use extract::{ConnectionProofs, Peer, PeerAddr, RequestHead, with_head};
pub use reply::AccessLine;
pub use site::HttpOptions;

use extract::{RequestBody, Unrouted, UnroutedReason};
use failure::{Failure, RouteResult};
use http::StatusCode;
use model::{Operation, Verdict};
use request::Request;
use routes::{
    account, admin as admin_routes, assets as asset_routes, browse, confirm, control, dav, device, entry, form,
    install, join, links, manage, message, my_uploads, options, put, resumable, search, thumbnail, trash, tus, up2k,
};
use site::Site;
use std::sync::Arc;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::Response;

/// Returns the filter for the whole site. Reads are matched first: they are the most frequent and the cheapest
/// requests.
pub fn routes(engine: engine::Engine, options: HttpOptions) -> BoxedFilter<(Response,)> {
    let site = Arc::new(Site::new(engine, options));
    let on_site = move || {
        let site = site.clone();
        warp::any().map(move || site.clone()).and(extract::head())
    };
    let read = warp::get().or(warp::head()).unify().and(on_site()).then(read);
    // Boxed separately: the future of a change holds five kilobytes across its awaits, and without the box every read
    // would allocate that much.
    let change = on_site().and(extract::body()).then(|site, head, body| Box::pin(change(site, head, body)));
    read.or(change).unify().boxed()
}

/// Handles GET and HEAD, which change nothing.
async fn read(site: Arc<Site>, head: RequestHead) -> Response {
    let request = match extract::read_request(site, head).await {
        Ok(request) => request,
        Err(unrouted) => return answer_unrouted(*unrouted).await,
    };
    let outcome = route_read(&request).await;
    let response = reply::finish(&request, outcome);
    if request.is_head() { reply::without_body(response) } else { response }
}

/// Answers a request that no route handles.
async fn answer_unrouted(Unrouted { request, reason }: Unrouted) -> Response {
    let outcome = match reason {
        UnroutedReason::Refused(failure) => api::with_json_errors(&request, Err(failure)).await,
        UnroutedReason::DropPassword => Ok(account::redirect_to_clean_url(&request)),
        UnroutedReason::LogIn { proof, is_foreign } => {
            account::login_and_redirect(&request, proof.password(is_foreign).as_ref()).await
        }
    };
    reply::finish(&request, outcome)
}

/// Routes a read: fixed paths first, then parameters that mean the same on every path, then the file or folder at the
/// path.
async fn route_read(request: &Request) -> RouteResult {
    let query = &request.query;
    match request.path.as_bytes() {
        b"favicon.ico" => return asset_routes::favicon(request).await,
        b"robots.txt" => return asset_routes::robots(request).await,
        _ if urls::is_manifest(&request.path) => return Ok(install::manifest(request)),
        _ if urls::is_device(&request.path) => return device::description(request),
        _ if urls::is_embedded(&request.path) => return asset_routes::asset(request),
        _ if urls::is_join(&request.path) => return join::page(request),
        _ if urls::is_admin(&request.path) => return admin_routes::read(request),
        // Boxed, so that other reads do not allocate for its futures.
        _ if urls::is_api(&request.path) => return Box::pin(api::read(request)).await,
        _ if urls::is_link(&request.path) => return links::page(request).await,
        _ if query.is_empty() => return browse::at_path(request).await,
        _ => {}
    }
    match () {
        () if resumable::is_upload_url(request) && tus::is_tus(request) => tus::offset(request).await,
        () if resumable::is_upload_url(request) => resumable::state(request).await,
        () if query.has(urls::INVITE) => join::page(request),
        () if query.has("setck") => account::set_cookie(request),
        () if query.has("reset") => Ok(account::reset(request)),
        () if query.has("qr") => account::qr_code(request),
        () if query.has(urls::PASSWORD) => account::password_page(request),
        () if query.has(urls::CONTROL) => control::page(request).await,
        () if query.has(urls::CONNECT) => control::connect(request).await,
        () if query.has(urls::OWN_UPLOADS) => my_uploads::uploads(request).await,
        () if query.has(urls::TRASH) => trash::page(request).await,
        () if query.has(urls::VERSIONS) => trash::versions(request).await,
        () if query.has(urls::VERSION) => trash::version(request).await,
        () if query.has("scan") || query.has("reload") || query.has("stack") => Err(manage_by_get(request)),
        () if query.has("th") => Box::pin(thumbnail::picture(request)).await,
        () if entry::is_wanted(request) => entry::page(request).await,
        () if confirm::is_change_by_get(request) => change_by_get(request).await,
        () if confirm::is_change(request) => confirm::confirm_page(request),
        () => browse::at_path(request).await,
    }
}

/// Refuses `?scan` (which needs POST), `?reload=cfg` and `?stack`. Administrators use the admin API instead.
fn manage_by_get(request: &Request) -> Failure {
    let names = [("scan", "scanvol"), ("reload", "reload_cfg"), ("stack", "stack")];
    let name = names.iter().find(|(parameter, _)| request.query.has(parameter)).map_or("", |(_, name)| name);
    if request.query.has("scan") && request.access.verdict(&request.path, Operation::Rescan) == Verdict::Allow {
        return Failure::text(
            StatusCode::METHOD_NOT_ALLOWED,
            "a scan is started by POST: POST to this address with ?scan",
        );
    }
    let account = request.access.shown_account();
    Failure::text(StatusCode::FORBIDDEN, format!("'{name}' not allowed for user {account}"))
}

/// Carries out a change requested by GET. Reached only if `--getmod` is on.
async fn change_by_get(request: &Request) -> RouteResult {
    let body = RequestBody::empty();
    match () {
        () if !routes::may_change(request) => Err(routes::refuse_foreign(request)),
        () if request.query.has(urls::DELETE) && request.query.has(urls::UNPOST) => {
            my_uploads::unpost(request, body).await
        }
        () if request.query.has(urls::DELETE) => manage::delete(request, body).await,
        () if request.query.has("move") => manage::move_to(request, body).await,
        () => manage::copy_to(request, body).await,
    }
}

/// Handles every method except GET and HEAD.
async fn change(site: Arc<Site>, head: RequestHead, mut body: RequestBody) -> Response {
    body.set_expects_continue(head.headers.contains_key(http::header::EXPECT));
    let request = match extract::read_request(site, head).await {
        Ok(request) => request,
        Err(unrouted) => return answer_unrouted(*unrouted).await,
    };
    body.count_memory(request.site.body_memory.reservation(request.access.client().address));
    let outcome = api::with_json_errors(&request, route_change(&request, body).await).await;
    reply::finish(&request, outcome)
}

/// Routes a change. Requests that were initiated by another site's page are refused before any routing.
async fn route_change(request: &Request, body: RequestBody) -> RouteResult {
    match request.method().as_str() {
        "OPTIONS" => return Ok(options::options(request)),
        _ if !routes::may_change(request) => return Err(routes::refuse_foreign(request)),
        _ => extract::unsupported::refuse_unsupported(&request.head.headers)?,
    }
    if urls::is_api(&request.path) {
        return api::change(request, body).await;
    }
    if urls::is_own_page(&request.path) {
        return Err(Failure::text(StatusCode::NOT_FOUND, "this address is kept for the server's own pages"));
    }
    if extract::dav::is_change_of_dav(request) {
        // Boxed, so that other changes do not carry its futures.
        return Box::pin(dav::answer(request, body)).await;
    }
    if tus::is_tus(request) {
        return Box::pin(tus::change(request, body)).await;
    }
    if resumable::is_upload_url(request) {
        return Box::pin(resumable::change(request, body)).await;
    }
    if resumable::is_creation(request) {
        return Box::pin(resumable::create(request, body)).await;
    }
    match request.method().as_str() {
        "PUT" => return put::put(request, body).await,
        "DELETE" => return manage::delete(request, body).await,
        "MOVE" => return manage::move_to(request, body).await,
        "COPY" => return manage::copy_to(request, body).await,
        "POST" => {}
        _ => return Err(routes::unknown_verb(request)),
    }
    let query = &request.query;
    let kind = routes::media_type(request);
    let is_verb =
        [urls::DELETE, "move", "copy", urls::RAW].iter().any(|verb| query.has(verb)) && !query.has(urls::UNPOST);
    if !is_verb {
        extract::unsupported::refuse_conditions(&request.head.headers)?;
    }
    match () {
        () if urls::is_join(&request.path) => join::join(request, body).await,
        // The sign-in form posts to the same path as multipart.
        () if urls::is_admin(&request.path) && kind != "multipart/form-data" => admin_routes::call(request, body).await,
        () if urls::is_link(&request.path) => links::open_link(request, body).await,
        () if query.has(urls::DELETE) && query.has(urls::UNPOST) => my_uploads::unpost(request, body).await,
        () if query.has(urls::DELETE) => manage::delete(request, body).await,
        () if query.has("move") => manage::move_to(request, body).await,
        () if query.has("copy") => manage::copy_to(request, body).await,
        () if query.has(urls::TRASH) => trash::change(request, body).await,
        () if query.has(urls::VERSIONS) => trash::restore_version(request, body).await,
        () if query.has(urls::UNDO) => trash::undo(request).await,
        () if query.has(urls::RAW) => put::raw(request, body).await,
        () if query.has("scan") => search::rescan(request),
        () if query.has(urls::CONTROL) && kind == "application/x-www-form-urlencoded" => {
            control::change(request, body).await
        }
        // The last one is what `curl -d` says of JSON.
        () if query.has("srch")
            && matches!(&*kind, "application/json" | "text/plain" | "application/x-www-form-urlencoded") =>
        {
            search::search(request, body).await
        }
        () if kind == "application/octet-stream" => up2k::chunk(request, body).await,
        () if kind == "application/x-up2k-bundle" => up2k::bundle::bundle(request, body).await,
        () if kind == "multipart/form-data" => form::form(request, body).await,
        () if kind == "application/x-www-form-urlencoded" => message::message(request, body).await,
        () if matches!(&*kind, "application/json" | "text/plain" | "application/xml") => {
            up2k::handshake(request, body).await
        }
        () if kind.is_empty() => {
            Err(Failure::text(StatusCode::BAD_REQUEST, "you can't post without a content-type header"))
        }
        () => Err(Failure::text(StatusCode::METHOD_NOT_ALLOWED, format!("don't know how to handle POST({kind})"))),
    }
}
