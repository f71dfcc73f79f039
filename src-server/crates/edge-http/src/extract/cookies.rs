//! Names of the cookies that identify clients, and the token of a visitor without account.

use super::head::Head;

/// Returns the name of the session cookie. It differs on encrypted connections, so that a cookie set over TLS is never
/// sent over plain HTTP.
pub fn session_name(https: bool) -> &'static str {
    if https { "cppws" } else { "cppwd" }
}

/// Returns the name of the visitor's cookie. Like that of the session it differs on encrypted connections.
pub fn visitor_name(https: bool) -> &'static str {
    if https { "plguests" } else { "plguest" }
}

/// Returns the token in the visitor's cookie, if it has the expected form.
pub fn visitor_token(head: &Head, https: bool) -> Option<&str> {
    head.cookie(visitor_name(https)).filter(|token| token.len() == 32 && token.bytes().all(|b| b.is_ascii_hexdigit()))
}
