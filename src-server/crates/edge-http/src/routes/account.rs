//! Signing in and out, and display settings in cookies.

use crate::extract::device;
use crate::extract::query;
use crate::failure::{Failure, RouteResult};
use crate::render::pages::{self, MessageResult};
use crate::render::{layout, login, password};
use crate::reply::{self, cookie};
use crate::request::{LANGUAGE_COOKIE, Request};
use crate::urls;
use engine::EngineError;
use engine::accounts::Password;
use engine::error::Denial;
use http::{HeaderValue, StatusCode, header};
use std::borrow::Cow;
use warp::reply::Response;

/// Longest password that is checked, in bytes. A longer one is refused before it is hashed.
const PASSWORD_MAX: usize = 64;

/// `act=login`: checks a password and creates a session. `name` may be absent or empty.
///
/// # Errors
/// 422 for an empty or overlong password, 429 for a banned client. A wrong password is answered with a page and 200, as
/// clients expect.
pub async fn login(request: &Request, name: Option<&str>, password: &str) -> RouteResult {
    let t = request.texts();
    if password.is_empty() {
        return invalid_password(request, "password cannot be blank", t.login_missing());
    }
    if password.len() > PASSWORD_MAX {
        return invalid_password(request, "password is too long", t.login_too_long());
    }
    let name = name.filter(|name| !name.is_empty());
    let device = device::device_name(request.head.text(header::USER_AGENT));
    match request.engine().accounts.login(name, password, device, request.access.client()).await {
        Ok(session) => {
            let greeting = format!("hi {}", session.account.as_str());
            let mut response = continue_page(request, t.done_signed_in(), &greeting);
            cookie::set_session(request, &session, &mut response);
            Ok(response)
        }
        Err(EngineError::WrongPassword) => {
            // Programs search the page for `naw dude`.
            let problem = match request.head.is_page_load() {
                true => t.login_wrong(),
                false => "Wrong name or password (naw dude). Check for capital letters and try again.",
            };
            let mut response = reply::html(StatusCode::OK, login::page(request, &greeting(request), Some(problem)));
            cookie::clear_session(request, &mut response);
            Ok(response)
        }
        Err(error) => Err(error.into()),
    }
}

/// Refuses an invalid password: with the form for people, with the protocol's text for programs.
fn invalid_password(request: &Request, protocol_text: &'static str, problem: &str) -> RouteResult {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    match request.head.is_page_load() {
        true => Ok(reply::html(status, login::page(request, &greeting(request), Some(problem)))),
        false => Err(Failure::text(status, protocol_text)),
    }
}

/// What people fill in to change their password.
#[derive(Default)]
pub struct PasswordForm {
    /// The present password.
    pub old: String,
    /// The new one.
    pub new: String,
    /// The new one again; `None`: a program sends it once.
    pub again: Option<String>,
}

/// `?chpw`: the form to change the password of the account.
///
/// # Errors
/// 403 if the visitor may not.
pub fn password_page(request: &Request) -> RouteResult {
    check_may_change_password(request)?;
    Ok(reply::html(StatusCode::OK, password::page(request, None)))
}

fn check_may_change_password(request: &Request) -> Result<(), Failure> {
    if request.may_change_password() { Ok(()) } else { Err(EngineError::Denied(Denial::SwitchedOff("chpw")).into()) }
}

/// `act=chpw`: changes the password of the account. All its sessions end, and this browser gets a new one.
///
/// # Errors
/// 403 if the visitor may not, 429 for a banned client. What is wrong with the passwords is said by the form; programs get 422.
pub async fn change_password(request: &Request, form: PasswordForm) -> RouteResult {
    check_may_change_password(request)?;
    let (t, accounts) = (request.texts(), &request.engine().accounts);
    // Browsers report other statuses as faults of the page.
    let status = if request.head.is_page_load() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let refuse = |why: &str| Ok(reply::html(status, password::page(request, Some(why))));
    if form.new.is_empty() || form.old.is_empty() {
        return refuse(t.login_missing());
    }
    if form.again.as_ref().is_some_and(|again| *again != form.new) {
        return refuse(t.password_differ());
    }
    match accounts.confirm_password(&request.access, &form.old).await {
        Ok(()) => {}
        Err(EngineError::WrongPassword) => return refuse(t.password_wrong()),
        Err(error) => return Err(error.into()),
    }
    let Some(admin) = &request.site.options.admin else {
        return Err(EngineError::Denied(Denial::SwitchedOff("chpw")).into());
    };
    let account = request.access.account().clone();
    if let Err(why) = admin.change_password(account.clone(), form.new.clone(), t).await {
        return refuse(&why);
    }
    let device = device::device_name(request.head.text(header::USER_AGENT));
    let session = accounts.login(Some(account.as_str()), &form.new, device, request.access.client()).await?;
    let mut response = continue_page(request, t.done_password(), "password changed");
    cookie::set_session(request, &session, &mut response);
    Ok(response)
}

/// Which sessions `act=logout` ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignOut {
    /// That of the request.
    ThisDevice,
    /// All of the account.
    AllDevices,
}

/// `act=logout`: ends sessions of the account.
pub async fn logout(request: &Request, which: SignOut) -> RouteResult {
    let accounts = &request.engine().accounts;
    match which {
        SignOut::ThisDevice => accounts.end_session(&request.access).await?,
        SignOut::AllDevices => accounts.logout(&request.access).await?,
    }
    let mut response = continue_page(request, request.texts().done_signed_out(), "bye");
    cookie::clear_session(request, &mut response);
    Ok(response)
}

/// Returns a short page that redirects to the requested path after 0.8 s.
fn continue_page(request: &Request, heading: &str, protocol_text: &str) -> Response {
    let to = request.self_href();
    let page = pages::Message {
        heading,
        result: MessageResult::Text(protocol_text),
        actions: &[(&to, request.texts().page_continue())],
        ..pages::Message::default()
    };
    let mut response = reply::html(StatusCode::OK, pages::message(request, &page));
    if let Ok(refresh) = HeaderValue::from_str(&format!("0.8; url={to}")) {
        response.headers_mut().insert(header::REFRESH, refresh);
    }
    response
}

/// Handles a browser that opens a URL with `?pw=`: signs in and redirects to the URL without the password, which would
/// otherwise stay in the history, in bookmarks, and in links passed on to others.
pub async fn login_and_redirect(request: &Request, sent: Option<&Password<'_>>) -> RouteResult {
    let mut response = redirect_to_clean_url(request);
    let Some(sent) = sent else { return Ok(response) };
    if sent.candidates.first().is_some_and(|password| password.len() > PASSWORD_MAX) {
        cookie::clear_session(request, &mut response);
        return Ok(response);
    }
    let device = device::device_name(request.head.text(header::USER_AGENT));
    match request.engine().accounts.login_by(sent, device, request.access.client()).await {
        Ok(session) => cookie::set_session(request, &session, &mut response),
        Err(EngineError::WrongPassword) => cookie::clear_session(request, &mut response),
        Err(error) => return Err(error.into()),
    }
    Ok(response)
}

/// Redirects to the URL without `?pw=`; changes nothing about the session.
pub fn redirect_to_clean_url(request: &Request) -> Response {
    let rest = query::without(request.head.uri.query().unwrap_or(""), "pw");
    let mut location = request.self_href();
    if !rest.is_empty() {
        location.push('?');
        location.push_str(&rest);
    }
    reply::redirect(StatusCode::SEE_OTHER, &location)
}

/// Returns the heading of the sign-in page. Without accounts it does not suggest to sign in.
fn greeting(request: &Request) -> Cow<'static, str> {
    let (t, account) = (request.texts(), request.access.account());
    match (account.is_anonymous(), layout::has_accounts(request)) {
        _ if request.access.is_guest() => Cow::Borrowed(t.control_welcome()),
        (true, true) => Cow::Borrowed(t.account_sign_in()),
        (true, false) => Cow::Borrowed(t.control_welcome()),
        (false, _) => Cow::Owned(t.control_hello(account.as_str())),
    }
}

/// `?setck=name=value`: stores a display setting in a cookie, for pages without script.
pub fn set_cookie(request: &Request) -> RouteResult {
    let wanted = request.query.text("setck").unwrap_or_default();
    let (name, value) = wanted.split_once('=').unwrap_or((&wanted, ""));
    let plain = value.len() <= 64 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    // The form of the control page leads back to it.
    let mut response = match name == LANGUAGE_COOKIE && request.head.is_page_load() {
        true => reply::redirect(StatusCode::SEE_OTHER, &format!("{}?{}#language", request.self_href(), urls::CONTROL)),
        false => reply::text(StatusCode::OK, "o7\n"),
    };
    if plain && cookie::PAGE_COOKIES.contains(&name) {
        cookie::set_page_cookie(request, name, value, &mut response);
    }
    Ok(response)
}

/// `?reset`: deletes the display settings.
pub fn reset(request: &Request) -> Response {
    let home = urls::home(request);
    let page = pages::Message {
        heading: request.texts().done_reset(),
        actions: &[(&home, request.texts().page_home())],
        ..pages::Message::default()
    };
    let mut response = reply::html(StatusCode::OK, pages::message(request, &page));
    for name in cookie::PAGE_COOKIES {
        cookie::set_page_cookie(request, name, "", &mut response);
    }
    response
}

/// `?qr`: returns the requested URL as a QR code.
pub fn qr_code(request: &Request) -> RouteResult {
    let kept = ["qr", "pw", urls::INVITE]
        .iter()
        .fold(request.head.uri.query().unwrap_or("").to_owned(), |rest, name| query::without(&rest, name));
    let mut address = request.absolute_url(&request.self_href());
    if !kept.is_empty() {
        address.push('?');
        address.push_str(&kept);
    }
    reply::qr_code(&address)
}
