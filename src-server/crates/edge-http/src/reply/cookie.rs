//! Cookies that we set: the session, and what pages remember.

use crate::extract::head::Head;
use crate::extract::{Request, proofs};
use engine::accounts::Session;
use http::{HeaderValue, header};
use warp::reply::Response;

/// Hands out a session.
///
/// `SameSite=Lax` and not `Strict`: with `Strict`, a link from a chat or a mail would open the page signed out. Nothing
/// changes by GET, and every change checks its origin, so `Strict` would protect nothing more.
pub fn set_session(request: &Request, session: &Session, response: &mut Response) {
    set(request, &session.token, session.lives_secs, response);
}

/// Takes the session away.
pub fn clear_session(request: &Request, response: &mut Response) {
    set(request, "x", 0, response);
}

fn set(request: &Request, value: &str, lives_secs: u64, response: &mut Response) {
    let https = request.connection.https;
    let name = proofs::cookie_name(https);
    let secure = if https { "; Secure" } else { "" };
    let base = &request.policy.base;
    let expires = if lives_secs == 0 { "; Expires=Fri, 15 Aug 1997 01:00:00 GMT" } else { "" };
    let line = format!("{name}={value}; Path={base}/; Max-Age={lives_secs}{expires}; HttpOnly; SameSite=Lax{secure}");
    append(&line, response);
}

/// Seconds that a browser keeps what tells its visitor from others: a year.
const VISITOR_SECS: u64 = 365 * 86_400;

/// The visitor's cookie has another name on encrypted connections, as the session's has.
fn visitor_name(https: bool) -> &'static str {
    if https { "plguests" } else { "plguest" }
}

/// What the browser of a visitor without account keeps, if it has the form of ours.
pub fn visitor_token(head: &Head, https: bool) -> Option<&str> {
    head.cookie(visitor_name(https)).filter(|token| token.len() == 32 && token.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Has the browser of a visitor keep what tells it from others. It gives no right, only back what the visitor sent.
pub fn set_visitor(request: &Request, token: &str, response: &mut Response) {
    let https = request.connection.https;
    let (name, base, secure) = (visitor_name(https), &request.policy.base, if https { "; Secure" } else { "" });
    append(&format!("{name}={token}; Path={base}/; Max-Age={VISITOR_SECS}; HttpOnly; SameSite=Lax{secure}"), response);
}

/// Cookies that pages may set through `?setck=`: how things look, never who somebody is.
pub const PAGE_COOKIES: [&str; 7] = ["dots", "cplng", "idxh", "js", "k304", "no304", "b"];

/// Sets one of [`PAGE_COOKIES`] for 300 days, or takes it away if `value` is empty.
///
/// `name` and `value` were checked by the caller: letters, digits, `-` and `_` only.
pub fn set_page_cookie(request: &Request, name: &str, value: &str, response: &mut Response) {
    let age = if value.is_empty() { 0 } else { 300 * 86_400 };
    append(&format!("{name}={value}; Path={}/; Max-Age={age}; SameSite=Lax", request.policy.base), response);
}

fn append(line: &str, response: &mut Response) {
    // Nothing but token characters goes in; should a value ever be unfit, no cookie is better than a split header.
    if let Ok(line) = HeaderValue::from_str(line) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
}
