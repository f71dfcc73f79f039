//! Routes, one file per feature. `lib.rs` selects the route of a request.

pub mod account;
pub mod admin;
pub mod archive;
pub mod assets;
mod audio;
pub mod browse;
pub mod checksums;
pub mod confirm;
pub mod control;
pub mod dav;
mod derived;
pub mod device;
pub mod download;
pub mod entry;
pub mod form;
pub mod install;
pub mod join;
mod line_ends;
pub mod links;
pub mod manage;
pub mod markdown;
pub mod message;
pub mod my_uploads;
pub mod options;
pub mod put;
pub mod resumable;
pub mod search;
pub mod text;
pub mod thumbnail;
pub mod trash;
pub mod tus;
pub mod up2k;
pub mod upload;

use crate::extract::head::SEC_FETCH_SITE;
use crate::extract::secrets::masked;
use crate::extract::{BodyFault, RequestOrigin};
use crate::failure::Failure;
use crate::request::Request;
use engine::EngineError;
use engine::error::Interruption;
use http::{HeaderName, StatusCode, header};
use model::invisible::one_line;
use std::borrow::Cow;

/// Start of the refusal of a change that another site's page initiated. Clients compare it.
const FOREIGN: &str = "rejected by cors-check (see fileserver log)";

/// Returns true if this request may change something: a page of ours or a program sent it, or it carries a correct
/// password in a header that no other site's form can send (docs/http-api.md "Cross-site requests and host names").
pub fn may_change(request: &Request) -> bool {
    request.origin != RequestOrigin::Foreign || request.settings().behaviour.allow_foreign_origin
}

/// Returns the refusal of a change that another site's page initiated, and logs it. Both name what was compared: a
/// reverse proxy that hides the host that the browser used looks the same from here.
pub fn refuse_foreign(request: &Request) -> Failure {
    let value_of =
        |name: HeaderName| request.head.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let (origin, referrer, site) = (value_of(header::ORIGIN), value_of(header::REFERER), value_of(SEC_FETCH_SITE));
    let host = request.connection.authority.as_deref().unwrap_or("");
    let scheme = if request.connection.https { "https" } else { "http" };
    let logged = |text: &Option<Cow<'_, str>>| text.as_deref().map(|text| one_line(&shortened(&masked(text))));
    let (from, told_by, to) = (logged(&origin), logged(&site), one_line(&shortened(&masked(host))));
    tracing::warn!(
        address = %request.connection.client, origin = ?from, sec_fetch_site = ?told_by, host = to, scheme,
        "a change was refused: another site's page requested it, or a proxy hides the host that the browser used"
    );
    let page = match (origin, referrer) {
        (Some(origin), _) => format!("a page of '{}'", shortened(&masked(&origin))),
        (None, Some(referrer)) => format!("the page '{}'", shortened(&masked(without_query(&referrer)))),
        (None, None) => "a page of another site".to_owned(),
    };
    let site_words = site.map(|site| format!(", which the browser calls {}", shortened(&site))).unwrap_or_default();
    Failure::ForeignPage(format!(
        "{FOREIGN}\nIt was requested by {page}{site_words}; this server was addressed as '{scheme}://{}'. Open that \
         address itself and try again. Behind a proxy: let it pass on the host (X-Forwarded-Host) and the scheme \
         (X-Forwarded-Proto), or start the server with --host NAME.",
        shortened(host)
    ))
}

/// Returns a URL without query and fragment, which may contain secrets.
fn without_query(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or("")
}

/// Returns at most 100 characters of a text from a client.
fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

/// Returns the refusal of an unsupported method.
pub fn unknown_verb(request: &Request) -> Failure {
    Failure::text(StatusCode::BAD_REQUEST, format!("invalid HTTP verb '{}'", request.method()))
}

/// Returns the media type of the request's body without its parameters, in lower case (RFC 9110 8.3.1); empty if there
/// is none.
pub fn media_type(request: &Request) -> Cow<'_, str> {
    let whole = request.head.text(header::CONTENT_TYPE).unwrap_or("");
    let kind = whole.split(';').next().unwrap_or("").trim();
    match kind.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => kind.to_ascii_lowercase().into(),
        false => kind.into(),
    }
}

/// Converts a body that could not be collected to the failure of the request. `too_long`: the text of a 413.
pub(crate) fn body_failure(fault: BodyFault, too_long: &'static str) -> Failure {
    match fault {
        BodyFault::TooLong => Failure::text(StatusCode::PAYLOAD_TOO_LARGE, too_long),
        BodyFault::Broken => EngineError::Interrupted(Interruption::Client).into(),
        BodyFault::TooMany(error) => error.into(),
    }
}
