//! Share links (`/.potluck/l/TOKEN`): the page of a link, and opening it.
//! GET of the page changes nothing: chat programs and mail scanners open links too, and would use them up. Only the
//! button counts a use, once for each visitor.

use crate::extract::urlencoded::field;
use crate::extract::{RequestBody, device};
use crate::failure::{Failure, RouteResult};
use crate::render::guest::{self, EntryProblem};
use crate::reply::{self, cookie};
use crate::request::Request;
use crate::urls;
use engine::EngineError;
use engine::error::TooMany;
use engine::links::{LinkEnd, LinkKind, LinkLogin, LinkPreview};
use http::{HeaderValue, StatusCode, header};
use warp::reply::Response;

/// Longest form, in bytes.
const FORM_MAX: usize = 4096;

/// Handles GET of a link.
pub async fn page(request: &Request) -> RouteResult {
    if let Err(EngineError::TooMany(TooMany::Guesses { retry_secs })) =
        request.engine().accounts.check_not_banned(request.access.client())
    {
        return banned_page(request, retry_secs).await;
    }
    let preview = match preview(request).await? {
        Ok(preview) => preview,
        Err(end) => return Ok(ended_page(request, end)),
    };
    if !has_opened(request, &preview) {
        return Ok(reply::html(StatusCode::OK, guest::entry_page(request, &preview, None)));
    }
    Ok(match preview.info.link.kind {
        LinkKind::Show => reply::html(StatusCode::OK, guest::shared_page(request, &preview)),
        LinkKind::Request => {
            let mut uploads = request.engine().uploads.own_uploads(&request.access).await?;
            let target = preview.info.link.scope.path();
            uploads.retain(|upload| upload.path.is_within(&target));
            reply::html(StatusCode::OK, guest::request_page(request, &preview, &uploads))
        }
    })
}

async fn preview(request: &Request) -> Result<Result<LinkPreview, LinkEnd>, Failure> {
    match urls::link_token(&request.path) {
        Some(token) => Ok(request.engine().links.preview(token, &request.access).await?),
        None => Ok(Err(LinkEnd::Unknown)),
    }
}

fn has_opened(request: &Request, preview: &LinkPreview) -> bool {
    request.access.link() == Some(&preview.info.link.id)
}

/// Handles POST to a link: creates a session and redirects to what the button asked for.
pub async fn open_link(request: &Request, mut body: RequestBody) -> RouteResult {
    if let Err(EngineError::TooMany(TooMany::Guesses { retry_secs })) =
        request.engine().accounts.check_not_banned(request.access.client())
    {
        return banned_page(request, retry_secs).await;
    }
    let form = body.collect(FORM_MAX).await.map_err(|fault| super::body_failure(fault, "that form is too long"))?;
    let preview = match preview(request).await? {
        Ok(preview) => preview,
        Err(end) => return Ok(ended_page(request, end)),
    };
    let onward = redirect_target(request, &preview, field(&form, "then").as_deref());
    if has_opened(request, &preview) {
        return Ok(reply::redirect(StatusCode::SEE_OTHER, &onward));
    }
    let pin = field(&form, "pin");
    let client = request.access.client();
    let device = device::device_name(request.head.text(header::USER_AGENT));
    match request.engine().links.open(&preview.info.link.token, pin.as_deref(), device, client).await {
        Ok(LinkLogin::LoggedIn(session)) => {
            let mut response = reply::redirect(StatusCode::SEE_OTHER, &onward);
            cookie::set_session(request, &session, &mut response);
            Ok(response)
        }
        Ok(LinkLogin::PinNeeded) => Ok(refused_page(request, &preview, EntryProblem::PinNeeded)),
        Ok(LinkLogin::PinWrong) => Ok(refused_page(request, &preview, EntryProblem::PinWrong)),
        Ok(LinkLogin::Ended(end)) => Ok(ended_page(request, end)),
        Err(EngineError::TooMany(TooMany::Guesses { retry_secs })) => {
            Ok(too_many_pins_page(request, &preview, retry_secs))
        }
        Err(error) => Err(error.into()),
    }
}

/// Answers a banned client: the page of the link says when the ban ends.
async fn banned_page(request: &Request, retry_secs: u64) -> RouteResult {
    match preview(request).await? {
        Ok(preview) => Ok(too_many_pins_page(request, &preview, retry_secs)),
        Err(_) => Err(EngineError::TooMany(TooMany::Guesses { retry_secs }).into()),
    }
}

fn too_many_pins_page(request: &Request, preview: &LinkPreview, retry_secs: u64) -> Response {
    let page = guest::entry_page(request, preview, Some(EntryProblem::TooMany { minutes: retry_secs.div_ceil(60) }));
    let mut response = reply::html(StatusCode::TOO_MANY_REQUESTS, page);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_secs));
    response
}

fn refused_page(request: &Request, preview: &LinkPreview, problem: EntryProblem) -> Response {
    reply::html(StatusCode::FORBIDDEN, guest::entry_page(request, preview, Some(problem)))
}

/// Renders the page of a link that cannot be opened. Links that never existed and revoked links look the same.
fn ended_page(request: &Request, end: LinkEnd) -> Response {
    let status = match end {
        LinkEnd::Unknown => StatusCode::NOT_FOUND,
        LinkEnd::Expired | LinkEnd::UsedUp => StatusCode::GONE,
    };
    reply::html(status, guest::ended_page(request, end))
}

/// Returns the URL that a visitor is redirected to after opening the link.
fn redirect_target(request: &Request, preview: &LinkPreview, then: Option<&str>) -> String {
    let link = &preview.info.link;
    match (link.kind, preview.is_folder, then) {
        (LinkKind::Request, ..) => urls::link_page(request, link),
        (LinkKind::Show, true, Some("zip")) => urls::shared_zip(request, link),
        (LinkKind::Show, true, _) => request.folder_href(&link.scope.path()),
        (LinkKind::Show, false, Some("download")) => urls::shared_download(request, link),
        (LinkKind::Show, false, _) => request.href(&link.scope.path()),
    }
}
