//! Share links of the account: `GET links`, `GET link-qr`, `POST make-link`, `POST renew-link`, `POST revoke-link`. A link gives what its owner may
//! do at the time of its use, and no more (`accounts::links`).

use super::types::ErrorCode;
use super::types_control::{
    LinkIdRequest, MakeLinkRequest, RenewLinkRequest, ShareKind, ShareLink, ShareLinks, ShareState,
};
use super::{answer, error, paths};
use crate::failure::{Failure, RouteResult};
use crate::request::Request;
use crate::{reply, urls};
use engine::EngineError;
use engine::error::Gone;
use engine::links::{LinkDraft, LinkInfo, LinkKind, LinkState, PinChange};
use engine::volumes::resolve::refusal;
use http::StatusCode;
use model::{LinkId, Operation, Perm, UnixMillis, VPath, Verdict};

/// Longest life of a link, in days.
const DAYS_MAX: u32 = 3650;
const DAY_MS: i64 = 86_400_000;

/// `GET links`.
pub async fn list(request: &Request) -> RouteResult {
    let own = request.engine().links.list_own(&request.access).await?;
    let links = own.iter().map(|info| share_link(request, info)).collect();
    Ok(answer::json(StatusCode::OK, &ShareLinks { links }))
}

fn share_link(request: &Request, info: &LinkInfo) -> ShareLink {
    let (link, path) = (&info.link, info.link.scope.path());
    ShareLink {
        id: link.id.as_str().to_owned(),
        kind: match link.kind {
            LinkKind::Show => ShareKind::Share,
            LinkKind::Request => ShareKind::Request,
        },
        url: request.absolute_url(&urls::link_page(request, link)),
        path: paths::encoded(&path),
        name: paths::last_name(&path),
        note: link.note.clone(),
        has_pin: link.has_pin(),
        created_ms: link.created.0,
        expires_ms: link.expires.map(|end| end.0),
        uses: info.uses,
        max_uses: link.max_uses,
        received: info.received,
        state: match info.state {
            LinkState::Works => ShareState::Works,
            LinkState::Expired => ShareState::Expired,
            LinkState::UsedUp => ShareState::UsedUp,
            LinkState::Dead => ShareState::Dead,
        },
    }
}

/// `POST make-link`.
pub async fn make(request: &Request, body: MakeLinkRequest) -> RouteResult {
    let target = paths::from_body(&body.path)?;
    check_own_right(request, &target, body.kind).await?;
    let draft = draft(target, body)?;
    match request.engine().links.make_own(&request.access, draft).await {
        Ok(info) => Ok(answer::json(StatusCode::CREATED, &share_link(request, &info))),
        Err(error) => refused(request, error),
    }
}

fn refused(request: &Request, error: EngineError) -> RouteResult {
    let EngineError::BadSettings(faults) = error else { return Err(error.into()) };
    let why: Vec<_> = faults.iter().map(|fault| fault.sentence.as_str()).collect();
    let heading = request.texts().link_refused();
    Ok(error::answer(StatusCode::BAD_REQUEST, ErrorCode::BadRequest, heading, &why.join(" ")))
}

/// Who may not do it learns no more than from the request to do it.
async fn check_own_right(request: &Request, target: &VPath, kind: ShareKind) -> Result<(), Failure> {
    match kind {
        ShareKind::Share => {
            if request.access.verdict(target, Operation::Download) != Verdict::Allow {
                return Err(refusal(&request.access, target, Operation::Download).into());
            }
            request.engine().reader.open(&request.access, target, None).await?;
        }
        ShareKind::Request => {
            if request.access.verdict(target, Operation::Upload) != Verdict::Allow {
                return Err(refusal(&request.access, target, Operation::Upload).into());
            }
        }
    }
    Ok(())
}

/// Returns the time `days` from now.
///
/// # Errors
/// 400 for more days than a link may have.
fn end_after(days: Option<u32>) -> Result<Option<UnixMillis>, Failure> {
    if days.is_some_and(|days| days == 0 || days > DAYS_MAX) {
        return Err(Failure::text(StatusCode::BAD_REQUEST, "'days' is a number from 1 to 3650"));
    }
    Ok(days.map(|days| UnixMillis(engine::clock::now().0.saturating_add(i64::from(days) * DAY_MS))))
}

fn draft(target: VPath, body: MakeLinkRequest) -> Result<LinkDraft, Failure> {
    let expires = end_after(body.days)?;
    Ok(LinkDraft {
        kind: match body.kind {
            ShareKind::Share => LinkKind::Show,
            ShareKind::Request => LinkKind::Request,
        },
        target,
        note: body.note,
        rights: match body.kind {
            ShareKind::Share => Perm::Read.into(),
            ShareKind::Request => Perm::Write.into(),
        },
        pin: body.pin.filter(|pin| !pin.is_empty()).map_or(PinChange::None, PinChange::New),
        expires,
        max_uses: body.uses,
        max_bytes: None,
    })
}

/// `POST renew-link`.
pub async fn renew(request: &Request, body: RenewLinkRequest) -> RouteResult {
    let (id, expires) = (LinkId::from(body.id.as_str()), end_after(body.days)?);
    match request.engine().links.renew_own(&request.access, &id, expires).await {
        Ok(info) => Ok(answer::json(StatusCode::OK, &share_link(request, &info))),
        Err(error) => refused(request, error),
    }
}

/// `POST revoke-link`.
pub async fn revoke(request: &Request, body: LinkIdRequest) -> RouteResult {
    request.engine().links.revoke_own(&request.access, &LinkId::from(body.id.as_str())).await?;
    Ok(answer::done())
}

/// `GET link-qr?id=`: the address as a picture.
pub async fn qr(request: &Request) -> RouteResult {
    let id = request.query.text("id").unwrap_or_default();
    let own = request.engine().links.list_own(&request.access).await?;
    let info = own.iter().find(|info| info.link.id.as_str() == &*id).ok_or(EngineError::Gone(Gone::Link))?;
    let url = request.absolute_url(&urls::link_page(request, &info.link));
    reply::qr_code(&url)
}
