//! Cookies that this server sets: the session, the visitor's token, and display settings.

use crate::extract::cookies::{session_name, visitor_name};
use crate::request::{LANGUAGE_COOKIE, Request};
use engine::accounts::Session;
use http::{HeaderValue, header};
use warp::reply::Response;

/// Sets the session cookie.
///
/// `SameSite=Lax` and not `Strict`: with `Strict`, a link from a chat or a mail would open the page signed out. No GET
/// changes anything, and every change checks its origin, so `Strict` would protect nothing more.
pub fn set_session(request: &Request, session: &Session, response: &mut Response) {
    set(request, &session.token, session.lives_secs, response);
}

/// Deletes the session cookie.
pub fn clear_session(request: &Request, response: &mut Response) {
    set(request, "x", 0, response);
}

fn set(request: &Request, value: &str, lives_secs: u64, response: &mut Response) {
    let https = request.connection.https;
    let name = session_name(https);
    let secure = if https { "; Secure" } else { "" };
    let base = &request.policy.base;
    let expires = if lives_secs == 0 { "; Expires=Fri, 15 Aug 1997 01:00:00 GMT" } else { "" };
    let line = format!("{name}={value}; Path={base}/; Max-Age={lives_secs}{expires}; HttpOnly; SameSite=Lax{secure}");
    append(&line, response);
}

/// Lifetime of the visitor's cookie in seconds: a year.
const VISITOR_SECS: u64 = 365 * 86_400;

/// Sets the visitor's cookie. It grants no rights; it only lets a visitor without account manage its own uploads.
pub fn set_visitor(request: &Request, token: &str, response: &mut Response) {
    let https = request.connection.https;
    let (name, base, secure) = (visitor_name(https), &request.policy.base, if https { "; Secure" } else { "" });
    append(&format!("{name}={token}; Path={base}/; Max-Age={VISITOR_SECS}; HttpOnly; SameSite=Lax{secure}"), response);
}

/// Cookies that pages may set through `?setck=`: display settings, never anything about identity.
pub const PAGE_COOKIES: [&str; 8] = ["dots", LANGUAGE_COOKIE, "cplng", "idxh", "js", "k304", "no304", "b"];

/// Sets one of [`PAGE_COOKIES`] for 300 days, or deletes it if `value` is empty.
///
/// The caller has validated `name` and `value`: letters, digits, `-`, `_` and `.` only.
pub fn set_page_cookie(request: &Request, name: &str, value: &str, response: &mut Response) {
    let age = if value.is_empty() { 0 } else { 300 * 86_400 };
    append(&format!("{name}={value}; Path={}/; Max-Age={age}; SameSite=Lax", request.policy.base), response);
}

fn append(line: &str, response: &mut Response) {
    // Only token characters are inserted. If a value is invalid after all, no cookie is better than a split header.
    if let Ok(line) = HeaderValue::from_str(line) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
}
