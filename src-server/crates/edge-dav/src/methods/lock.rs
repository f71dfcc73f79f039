//! LOCK (RFC 4918, 9.10): takes a lock, or prolongs one.

use crate::answer::{Answer, AnswerBody};
use crate::apple;
use crate::failure::{BAD_REQUEST, Failure};
use crate::headers::depth::Depth;
use crate::headers::timeout;
use crate::live::{LockText, push_lock_discovery};
use crate::preconditions;
use crate::request::DavRequest;
use crate::target;
use crate::wanted::xml_failure;
use crate::xml::{Element, XmlFault, parse};
use engine::error::Conflict;
use engine::files::client_locks::{VisibleLock, WantedLock};
use engine::files::target::Target;
use engine::uploads::SinkRequest;
use engine::volumes::lock_table::{LockDepth, LockMode, LockToken, NOTE_MAX};
use engine::{Access, EngineError, random};
use http::{HeaderName, HeaderValue, StatusCode};
use model::OnConflict;

/// Takes or prolongs a lock. A name that is free gets an empty file (RFC 4918, 7.3).
///
/// # Errors
/// 400 for a depth of 1; 409 without the folder around the path; 412 if no lock of the client is named to be prolonged; 423 if
/// another lock forbids it.
pub(crate) async fn lock(request: &DavRequest<'_>, body: &[u8]) -> Result<Answer, Failure> {
    let time = timeout::parse(request.text("timeout"));
    if body.trim_ascii().is_empty() {
        return prolong(request, time).await;
    }
    apple::refuse(request)?;
    let depth = match Depth::of(request)? {
        Depth::Zero => LockDepth::Entry,
        Depth::One => return Err(BAD_REQUEST),
        Depth::Infinity => LockDepth::Tree,
    };
    let (mode, note) = wanted_lock(body)?;
    let access = preconditions::check(request).await?;
    let is_free = matches!(target::look(request, &access, &request.path).await?, Target::Free);
    if is_free {
        make_empty_file(request, &access).await?;
    }
    let (wanted, token) = (WantedLock { depth, mode, note, time }, new_token()?);
    let locked = request.engine.client_locks.lock(&access, &request.path, wanted, token).await;
    let lock = locked.map_err(|error| match error {
        EngineError::Conflict(Conflict::Locked(_)) => Failure::Condition(StatusCode::LOCKED, "no-conflicting-lock"),
        error => error.into(),
    })?;
    Ok(answer(request, lock, if is_free { StatusCode::CREATED } else { StatusCode::OK }))
}

async fn prolong(request: &DavRequest<'_>, time: std::time::Duration) -> Result<Answer, Failure> {
    if !request.headers.contains_key("if") {
        return Err(BAD_REQUEST);
    }
    let access = preconditions::check(request).await?;
    match request.engine.client_locks.refresh(&access, &request.path, time).await? {
        Some(lock) => Ok(answer(request, lock, StatusCode::OK)),
        None => Err(Failure::Condition(StatusCode::PRECONDITION_FAILED, "lock-token-matches-request-uri")),
    }
}

fn answer(request: &DavRequest<'_>, lock: VisibleLock, status: StatusCode) -> Answer {
    let token = format!("<{}>", lock.lock.token.as_str());
    let root = request.href(&lock.path, false);
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:prop xmlns:D=\"DAV:\">");
    push_lock_discovery(&mut xml, &[LockText { lock, root }]);
    xml.push_str("</D:prop>\n");
    let answer = Answer::xml(status, AnswerBody::Whole(xml));
    match HeaderValue::from_str(&token) {
        Ok(token) => answer.with(HeaderName::from_static("lock-token"), token),
        Err(_) => answer,
    }
}

/// Returns mode and note of the lock that a body asks for. A body that is no XML is taken as an exclusive lock: a lock that is
/// refused for its XML makes programs of Microsoft save the file under another name.
///
/// # Errors
/// 403 for a document type, 413 for too many elements.
fn wanted_lock(body: &[u8]) -> Result<(LockMode, String), Failure> {
    match parse(body) {
        Ok(lockinfo) => Ok(mode_and_note(&lockinfo)),
        Err(XmlFault::Malformed) => Ok((LockMode::Exclusive, String::new())),
        Err(fault @ (XmlFault::HasDocumentType | XmlFault::TooLarge)) => Err(xml_failure(fault)),
    }
}

/// Returns mode and note of a lock. Elements are known by their local name alone, and what is missing is taken as an exclusive lock.
fn mode_and_note(lockinfo: &Element) -> (LockMode, String) {
    let child = |element: &Element, local: &str| element.elements().find(|inner| inner.name.local == local).cloned();
    let is_shared = child(lockinfo, "lockscope").is_some_and(|scope| child(&scope, "shared").is_some());
    let mut note = String::new();
    if let Some(owner) = child(lockinfo, "owner") {
        owner.push_children(&mut note);
    }
    if note.len() > NOTE_MAX {
        note.clear();
    }
    (if is_shared { LockMode::Shared } else { LockMode::Exclusive }, note)
}

async fn make_empty_file(request: &DavRequest<'_>, access: &Access) -> Result<(), Failure> {
    let Some((folder, name)) = request.path.split_last().filter(|_| !request.trailing_slash) else {
        return Err(Failure::Status(StatusCode::NOT_FOUND));
    };
    let order = SinkRequest::exact(folder, Some(name.as_bytes().to_vec()), OnConflict::Skip);
    request.engine.uploads.sink(access, order).await?.finish().await?;
    Ok(())
}

/// Returns a random token (RFC 4122, 4.4), which is hard to guess.
fn new_token() -> Result<LockToken, EngineError> {
    let mut bytes = random::bytes::<16>()?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    Ok(LockToken::from(&*format!("urn:uuid:{}", parts.join("-"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_bodies_are_exclusive_locks() {
        for (body, mode, note) in [
            ("<lockinfo xmlns='DAV:'><lockscope><shared/></lockscope></lockinfo>", LockMode::Shared, ""),
            (
                "<D:lockinfo xmlns:D='DAV:'><D:lockscope><D:exclusive/></D:lockscope><D:owner><D:href>a&amp;b</D:href>\
                 </D:owner></D:lockinfo>",
                LockMode::Exclusive,
                "<D:href>a&amp;b</D:href>",
            ),
            ("<lockinfo><lockscope><shared/></lockscope><owner>ann</owner></lockinfo>", LockMode::Shared, "ann"),
            ("<other/>", LockMode::Exclusive, ""),
            ("<lockinfo><lockscope><shared/></lockinfo>", LockMode::Exclusive, ""),
            ("owner=ann", LockMode::Exclusive, ""),
        ] {
            assert_eq!(wanted_lock(body.as_bytes()).ok(), Some((mode, note.to_owned())), "{body}");
        }
        let long = format!("<lockinfo><owner>{}</owner></lockinfo>", "x".repeat(NOTE_MAX + 1));
        assert_eq!(mode_and_note(&parse(long.as_bytes()).expect("parses")).1, "");
    }

    #[test]
    fn a_body_with_a_document_type_is_refused() {
        let bomb = b"<!DOCTYPE a [<!ENTITY b 'c'>]><lockinfo><owner>&b;</owner></lockinfo>";
        assert!(wanted_lock(bomb).is_err());
    }

    #[test]
    fn tokens_are_random_identifiers() {
        let (one, other) = (new_token().expect("random"), new_token().expect("random"));
        assert!(one != other && one.as_str().len() == 45 && one.as_str().starts_with("urn:uuid:"), "{one:?}");
        assert_eq!(&one.as_str()[23..24], "4");
    }
}
