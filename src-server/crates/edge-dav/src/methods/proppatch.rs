//! PROPPATCH (RFC 4918, 9.2): attaches properties to a file or folder, and sets its modification time.

use crate::answer::{Answer, AnswerBody, MULTISTATUS_END, MULTISTATUS_START};
use crate::error;
use crate::failure::{BAD_REQUEST, Failure};
use crate::live::LiveProperty;
use crate::multistatus::{push_propstat, push_response_end, push_response_start};
use crate::preconditions;
use crate::request::DavRequest;
use crate::wanted::xml_failure;
use crate::xml::{DAV, Element, Name, parse};
use engine::error::Denial;
use engine::files::stat::FileKind;
use engine::properties::{Property, PropertyChange};
use engine::{Access, EngineError};
use http::StatusCode;
use model::UnixMillis;
use std::time::UNIX_EPOCH;

/// Namespace of Microsoft's clients.
const MICROSOFT: &str = "urn:schemas-microsoft-com:";

/// What a client wants to do with one property.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Edit {
    /// A property of clients.
    Dead(PropertyChange),
    /// The modification time.
    Time(UnixMillis),
    /// A property that the server computes.
    Protected,
    /// A value that cannot be read.
    BadValue,
}

/// Makes all changes of properties, or none.
///
/// # Errors
/// 400 if the body cannot be read; those of the path. What is wrong with a property is told in the answer.
pub(crate) async fn proppatch(request: &DavRequest<'_>, body: &[u8]) -> Result<Answer, Failure> {
    let root = parse(body).map_err(xml_failure)?;
    if !root.name.is_dav("propertyupdate") {
        return Err(BAD_REQUEST);
    }
    let edits = edits(&root);
    let access = preconditions::check(request).await?;
    let stat = request.engine.reader.stat(&access, &request.path).await?;
    let is_folder = stat.kind == FileKind::Folder;
    let refusals: Vec<Option<&str>> = edits.iter().map(|(_, edit)| refusal(edit)).collect();
    let statuses: Vec<String> = if refusals.iter().any(Option::is_some) {
        refusals.into_iter().map(|refusal| refusal.unwrap_or("424 Failed Dependency").to_owned()).collect()
    } else {
        let status = apply(request, &access, &edits).await?;
        edits.iter().map(|_| status.clone()).collect()
    };
    let mut xml = String::from(MULTISTATUS_START);
    push_response_start(&mut xml, &request.href(&request.path, is_folder));
    push_statuses(&mut xml, &edits, &statuses);
    push_response_end(&mut xml);
    xml.push_str(MULTISTATUS_END);
    Ok(Answer::xml(StatusCode::MULTI_STATUS, AnswerBody::Whole(xml)))
}

/// Appends the properties, grouped by their status.
fn push_statuses(xml: &mut String, edits: &[(Name, Edit)], statuses: &[String]) {
    let mut kinds: Vec<&String> = statuses.iter().collect();
    kinds.sort();
    kinds.dedup();
    for kind in kinds {
        let mut names = String::new();
        let of_kind = edits.iter().zip(statuses).filter(|(_, status)| *status == kind);
        of_kind.for_each(|((name, _), _)| name.push_empty(&mut names));
        push_propstat(xml, kind, &names);
    }
}

/// Returns the changes of the request, in its order.
fn edits(propertyupdate: &Element) -> Vec<(Name, Edit)> {
    let mut edits = Vec::new();
    for step in propertyupdate.elements() {
        let is_set = step.name.is_dav("set");
        if !is_set && !step.name.is_dav("remove") {
            continue;
        }
        for property in step.elements().filter(|inner| inner.name.is_dav("prop")).flat_map(Element::elements) {
            edits.push((property.name.clone(), if is_set { to_set(property) } else { to_remove(property) }));
        }
    }
    edits
}

fn to_set(property: &Element) -> Edit {
    let Name { namespace, local } = &property.name;
    match (&**namespace, &**local) {
        // Seconds since 1970, as rclone sends it.
        (DAV, "lastmodified") => property
            .text()
            .trim()
            .parse()
            .map_or(Edit::BadValue, |secs: i64| Edit::Time(UnixMillis(secs.saturating_mul(1000)))),
        (DAV, "getlastmodified") | (MICROSOFT, "Win32LastModifiedTime") => {
            let time = httpdate::parse_http_date(property.text().trim()).ok();
            let since = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            since.map_or(Edit::BadValue, |since| Edit::Time(UnixMillis(since.as_millis() as i64)))
        }
        _ if LiveProperty::find(&property.name).is_some() => Edit::Protected,
        _ => {
            let mut value = String::new();
            property.push(&mut value);
            Edit::Dead(PropertyChange::Set(Property { name: property.name.to_key(), value }))
        }
    }
}

fn to_remove(property: &Element) -> Edit {
    match LiveProperty::find(&property.name) {
        Some(_) => Edit::Protected,
        None => Edit::Dead(PropertyChange::Remove(property.name.to_key())),
    }
}

/// Returns the status of a change that is refused whatever the others are.
fn refusal(edit: &Edit) -> Option<&'static str> {
    match edit {
        Edit::Protected => Some("403 Forbidden"),
        Edit::BadValue => Some("409 Conflict"),
        Edit::Dead(_) | Edit::Time(_) => None,
    }
}

/// Makes the changes. Returns the status of all of them.
///
/// # Errors
/// What concerns the request as a whole: the client should sign in, or present the token of a lock.
async fn apply(request: &DavRequest<'_>, access: &Access, edits: &[(Name, Edit)]) -> Result<String, Failure> {
    let mut changes = Vec::new();
    let mut time = None;
    for (_, edit) in edits {
        match edit {
            Edit::Dead(change) => changes.push(change.clone()),
            Edit::Time(wanted) => time = Some(*wanted),
            Edit::Protected | Edit::BadValue => {}
        }
    }
    // The time first: it is refused more often.
    if let Some(time) = time
        && let Err(error) = request.engine.ops.set_mtime(access, &request.path, time).await
    {
        return status_of(request, error);
    }
    if changes.is_empty() {
        return Ok("200 OK".to_owned());
    }
    match request.engine.properties.change(access, &request.path, changes).await {
        Ok(true) => Ok("200 OK".to_owned()),
        Ok(false) => Ok("507 Insufficient Storage".to_owned()),
        Err(error) => status_of(request, error),
    }
}

fn status_of(request: &DavRequest<'_>, error: EngineError) -> Result<String, Failure> {
    match &error {
        EngineError::Denied(Denial::Right { .. }) if !request.may_sign_in => {}
        EngineError::Invalid(_) => {}
        _ => return Err(error.into()),
    }
    let status = error::refusal_of(request, &error).status;
    Ok(format!("{} {}", status.as_str(), status.canonical_reason().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(inner: &str) -> Vec<(String, Edit)> {
        let body = format!("<D:propertyupdate xmlns:D='DAV:' xmlns:Z='{MICROSOFT}'>{inner}</D:propertyupdate>");
        let root = parse(body.as_bytes()).expect("parses");
        edits(&root).into_iter().map(|(name, edit)| (name.local, edit)).collect()
    }

    #[test]
    fn times_are_set_and_other_properties_kept() {
        let time = Edit::Time(UnixMillis(1_700_000_000_000));
        let set = |inner: &str| parsed(&format!("<D:set><D:prop>{inner}</D:prop></D:set>")).pop().expect("one").1;
        assert_eq!(set("<Z:Win32LastModifiedTime>Tue, 14 Nov 2023 22:13:20 GMT</Z:Win32LastModifiedTime>"), time);
        assert_eq!(set("<D:getlastmodified>Tue, 14 Nov 2023 22:13:20 GMT</D:getlastmodified>"), time);
        assert_eq!(set("<D:lastmodified>1700000000</D:lastmodified>"), time);
        assert_eq!(set("<D:lastmodified>soon</D:lastmodified>"), Edit::BadValue);
        assert_eq!(set("<D:getetag>x</D:getetag>"), Edit::Protected);
        let value = format!("<Win32FileAttributes xmlns=\"{MICROSOFT}\">00000020</Win32FileAttributes>");
        let name = format!("{{{MICROSOFT}}}Win32FileAttributes");
        assert_eq!(
            set("<Z:Win32FileAttributes>00000020</Z:Win32FileAttributes>"),
            Edit::Dead(PropertyChange::Set(Property { name, value }))
        );
    }

    #[test]
    fn changes_are_kept_in_order() {
        let names: Vec<_> = parsed(
            "<D:remove><D:prop><a/><b/></D:prop></D:remove><D:other><D:prop><x/></D:prop></D:other>\
             <D:set><D:prop><a>1</a></D:prop><D:prop><c/></D:prop></D:set>",
        )
        .into_iter()
        .map(|(name, edit)| (name, matches!(edit, Edit::Dead(PropertyChange::Set(_)))))
        .collect();
        let expected = [("a", false), ("b", false), ("a", true), ("c", true)].map(|(name, set)| (name.to_owned(), set));
        assert_eq!(names, expected);
    }
}
