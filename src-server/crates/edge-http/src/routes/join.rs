//! Invitations: the page behind a QR code, the page where six digits are typed, and the form that both submit.
//! `/.potluck/join/CODE` (or `?invite=CODE`) contains the long code, `/.potluck/join` asks for the digits. Opening
//! either page does not use the invitation: chat programs and mail scanners open links too, and would leave a used code
//! to the guest. Only the button redeems it.

use crate::extract::{Query, RequestBody, device};
use crate::failure::{Failure, RouteResult};
use crate::render::join::{self, Form};
use crate::render::pages;
use crate::reply::{self, cookie};
use crate::request::Request;
use crate::urls;
use engine::EngineError;
use engine::accounts::{DEVICE_NAME_MAX, DeviceName};
use http::{StatusCode, header};
use std::borrow::Cow;

/// Longest form, in bytes as sent: a code, and 60 characters that may take twelve bytes each.
const FORM_MAX: usize = 4 << 10;
/// Longest code that is checked, in bytes.
const CODE_MAX: usize = 128;

/// Returns the code in the URL; `None` if the URL has none, and the page asks for the digits.
///
/// # Errors
/// 404 for an invalid code.
fn code_in_address(request: &Request) -> Result<Option<Cow<'_, str>>, Failure> {
    let in_query = || request.query.text(urls::INVITE);
    let Some(code) = urls::join_code(&request.path).or_else(in_query) else { return Ok(None) };
    let is_plausible =
        (1..=CODE_MAX).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    match is_plausible {
        true => Ok(Some(code)),
        false => Err(Failure::text(StatusCode::NOT_FOUND, "404 not found")),
    }
}

/// Renders the page of an invitation.
pub fn page(request: &Request) -> RouteResult {
    let code = code_in_address(request)?;
    let name = device::device_name(request.head.text(header::USER_AGENT));
    let form = Form { code: code.as_deref(), device: name.as_str(), typed: "", problem: None };
    Ok(reply::html(StatusCode::OK, join::page(request, &form)))
}

/// Redeems an invitation: creates a session for the guest and redirects to the folder it is for. An invalid device name
/// does not use the invitation.
pub async fn join(request: &Request, mut body: RequestBody) -> RouteResult {
    let (t, code) = (request.texts(), code_in_address(request)?);
    let sent = body.collect(FORM_MAX).await.map_err(|fault| super::body_failure(fault, "that form is too long"))?;
    let fields = Query::parse(std::str::from_utf8(&sent).ok());
    let typed = fields.text("code").unwrap_or_default();
    let given = fields.text("device").unwrap_or_default();
    let form = Form { code: code.as_deref(), device: &given, typed: &typed, problem: None };
    let name = match given.trim().is_empty() {
        true => device::device_name(request.head.text(header::USER_AGENT)),
        false => match DeviceName::parse(&given) {
            Ok(name) => name,
            Err(_) => {
                let is_long = given.trim().chars().count() > DEVICE_NAME_MAX;
                let problem = if is_long { t.join_device_long() } else { t.join_device_letters() };
                let page = join::page(request, &Form { problem: Some(problem), ..form });
                return Ok(reply::html(StatusCode::UNPROCESSABLE_ENTITY, page));
            }
        },
    };
    let used = code.as_deref().unwrap_or(&typed);
    if used.trim().is_empty() || used.len() > CODE_MAX {
        let page = join::page(request, &Form { problem: Some(t.join_code_missing()), ..form });
        return Ok(reply::html(StatusCode::UNPROCESSABLE_ENTITY, page));
    }
    match request.engine().accounts.redeem(used, name, request.access.client()).await {
        Ok(session) => {
            let mut response = reply::redirect(StatusCode::SEE_OTHER, &request.folder_href(&session.landing));
            cookie::set_session(request, &session, &mut response);
            Ok(response)
        }
        Err(EngineError::WrongPassword) => Ok(reply::html(StatusCode::FORBIDDEN, refusal(request, &form))),
        Err(error) => Err(error.into()),
    }
}

/// Renders the refusal of a code: typed digits can be corrected, a link cannot.
fn refusal(request: &Request, form: &Form<'_>) -> String {
    let t = request.texts();
    if form.code.is_none() {
        return join::page(request, &Form { problem: Some(t.join_code_wrong()), ..*form });
    }
    let page = pages::Message {
        heading: t.join_used(),
        problem: Some(t.join_used_lead()),
        actions: &[(&urls::home(request), t.page_home())],
        ..pages::Message::default()
    };
    pages::message(request, &page)
}
