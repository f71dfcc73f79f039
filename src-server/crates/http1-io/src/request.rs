//! The rules of HTTP/1 that can only be checked once hyper has parsed a request.

use crate::refusal::{REFUSED_PATH, Reason, Refusal, Refusals};
use http::{HeaderValue, Method, Request, Uri, Version, header};

/// Checks a request that hyper has parsed. Returns what must be answered instead if it is the stand-in for a refused
/// head (recorded in `refusals`), asks for a tunnel or names no host.
pub fn check<B>(request: &Request<B>, refusals: &Refusals) -> Option<Refusal> {
    if request.method() == Method::CONNECT {
        return Some(Reason::Upgrade.into());
    }
    if request.uri().path() == REFUSED_PATH
        && let Some(refusal) = refusals.head()
    {
        return Some(refusal);
    }
    // RFC 9112 3.2: required even if the target contains an authority.
    let nameless = request.version() == Version::HTTP_11 && !request.headers().contains_key(header::HOST);
    nameless.then(|| Refusal { reason: Reason::NoHost, target: request.uri().to_string().chars().take(1024).collect() })
}

/// Moves the authority of the target into `Host`. HTTP/2 and absolute-form requests carry it in the target, where it
/// takes precedence (RFC 9112 3.2.2).
pub fn normalize_authority<B>(request: &mut Request<B>) {
    let Some(authority) = request.uri().authority() else { return };
    let host = authority.as_str().rsplit('@').next().unwrap_or_default();
    if let Ok(value) = HeaderValue::from_str(host) {
        request.headers_mut().insert(header::HOST, value);
    }
    if let Some(Ok(origin_form)) =
        request.uri().path_and_query().cloned().map(|rest| Uri::builder().path_and_query(rest).build())
    {
        *request.uri_mut() = origin_form;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_in_the_target_replaces_the_host() {
        let request = Request::get("http://me@h:8/a?b").header(header::HOST, "other");
        let mut request = request.body(()).expect("a valid request");
        normalize_authority(&mut request);
        assert_eq!(request.headers()[header::HOST], "h:8");
        assert_eq!(request.uri(), "/a?b");
    }

    #[test]
    fn only_a_recorded_refusal_makes_the_substitute_special() {
        let request = Request::get(REFUSED_PATH).header(header::HOST, "h").body(()).expect("a valid request");
        let refusals = Refusals::default();
        assert_eq!(check(&request, &refusals), None);
        refusals.refuse_head(Reason::BareLf.into());
        assert_eq!(check(&request, &refusals), Some(Reason::BareLf.into()));
    }
}
