//! Properties that the server computes.

use crate::headers::timeout;
use crate::multistatus::push_escaped;
use crate::xml::{DAV, Name};
use engine::files::client_locks::VisibleLock;
use engine::listing::VolumeSpace;
use engine::volumes::lock_table::{LockDepth, LockMode};
use httpdate::HttpDate;
use model::calendar::DateTime;
use model::{Perm, PermSet, UnixMillis};
use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Namespace of ownCloud's properties.
const OWNCLOUD: &str = "http://owncloud.org/ns";

/// A property that the server computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LiveProperty {
    CreationDate,
    DisplayName,
    ContentLength,
    ContentType,
    Etag,
    LastModified,
    LockDiscovery,
    ResourceType,
    SupportedLock,
    /// RFC 4331.
    QuotaAvailable,
    /// RFC 4331.
    QuotaUsed,
    /// Rights as letters, of ownCloud and Nextcloud.
    OwncloudPermissions,
}

use LiveProperty as P;

/// What clients get that name no properties (RFC 4918, 9.1): all that cost nothing.
pub(crate) const ALLPROP: [LiveProperty; 9] = [
    P::ResourceType,
    P::DisplayName,
    P::ContentLength,
    P::LastModified,
    P::CreationDate,
    P::Etag,
    P::ContentType,
    P::SupportedLock,
    P::LockDiscovery,
];

/// What clients get only by its name.
const NAMED: [LiveProperty; 3] = [P::QuotaAvailable, P::QuotaUsed, P::OwncloudPermissions];

/// What is known of a file or folder.
pub(crate) struct Resource<'a> {
    /// Its URL.
    pub href: &'a str,
    /// Its name; empty for the root.
    pub name: &'a str,
    pub is_folder: bool,
    pub size: u64,
    /// `None`: unknown.
    pub modified: Option<UnixMillis>,
    /// `None` for folders.
    pub etag: Option<&'a str>,
    /// `None` for folders.
    pub media_type: Option<&'static str>,
    /// Locks that cover it.
    pub locks: &'a [LockText],
    /// The space of its volume.
    pub space: Option<VolumeSpace>,
    pub rights: PermSet,
}

/// A lock, and the URL of what was locked.
#[derive(Clone, Debug)]
pub(crate) struct LockText {
    pub lock: VisibleLock,
    pub root: String,
}

impl LiveProperty {
    /// Returns the property with this name.
    pub(crate) fn find(name: &Name) -> Option<Self> {
        ALLPROP.into_iter().chain(NAMED).find(|property| {
            let (namespace, local) = property.name();
            namespace == name.namespace && local == name.local
        })
    }

    fn name(self) -> (&'static str, &'static str) {
        match self {
            P::CreationDate => (DAV, "creationdate"),
            P::DisplayName => (DAV, "displayname"),
            P::ContentLength => (DAV, "getcontentlength"),
            P::ContentType => (DAV, "getcontenttype"),
            P::Etag => (DAV, "getetag"),
            P::LastModified => (DAV, "getlastmodified"),
            P::LockDiscovery => (DAV, "lockdiscovery"),
            P::ResourceType => (DAV, "resourcetype"),
            P::SupportedLock => (DAV, "supportedlock"),
            P::QuotaAvailable => (DAV, "quota-available-bytes"),
            P::QuotaUsed => (DAV, "quota-used-bytes"),
            P::OwncloudPermissions => (OWNCLOUD, "permissions"),
        }
    }

    /// Appends an empty element with its name.
    pub(crate) fn push_name(self, out: &mut String) {
        let (namespace, local) = self.name();
        Name { namespace: namespace.into(), local: local.into() }.push_empty(out);
    }

    /// Appends the element with its value. Returns false, and appends nothing, if `resource` does not have it.
    pub(crate) fn push(self, out: &mut String, resource: &Resource<'_>) -> bool {
        match self {
            P::ResourceType if resource.is_folder => {
                out.push_str("<D:resourcetype><D:collection/></D:resourcetype>");
            }
            P::ResourceType => out.push_str("<D:resourcetype/>"),
            P::DisplayName => push_element(out, "displayname", resource.name),
            P::ContentLength if !resource.is_folder => {
                push_formatted(out, "getcontentlength", format_args!("{}", resource.size));
            }
            P::LastModified => {
                let Some(time) = resource.modified.map(system_time) else { return false };
                push_formatted(out, "getlastmodified", format_args!("{}", HttpDate::from(time)));
            }
            P::CreationDate => {
                let Some(time) = resource.modified else { return false };
                push_formatted(out, "creationdate", format_args!("{}", IsoDate(seconds(time))));
            }
            P::Etag => {
                let Some(etag) = resource.etag else { return false };
                push_formatted(out, "getetag", format_args!("\"{etag}\""));
            }
            P::ContentType => {
                let Some(media_type) = resource.media_type else { return false };
                push_element(out, "getcontenttype", media_type);
            }
            P::SupportedLock => out.push_str(SUPPORTED_LOCK),
            P::LockDiscovery => push_lock_discovery(out, resource.locks),
            P::QuotaAvailable | P::QuotaUsed => {
                let Some(space) = resource.space.filter(|_| resource.is_folder) else { return false };
                match self {
                    P::QuotaAvailable => {
                        push_formatted(out, "quota-available-bytes", format_args!("{}", space.free.0));
                    }
                    _ => {
                        let used = space.total.0.saturating_sub(space.free.0);
                        push_formatted(out, "quota-used-bytes", format_args!("{used}"));
                    }
                }
            }
            P::OwncloudPermissions => {
                let letters = owncloud_letters(resource.rights, resource.is_folder);
                write!(out, "<permissions xmlns=\"{OWNCLOUD}\">{letters}</permissions>").expect("writes to memory");
            }
            P::ContentLength => return false,
        }
        true
    }
}

const SUPPORTED_LOCK: &str = "<D:supportedlock><D:lockentry><D:lockscope><D:exclusive/></D:lockscope><D:locktype>\
    <D:write/></D:locktype></D:lockentry><D:lockentry><D:lockscope><D:shared/></D:lockscope><D:locktype><D:write/>\
    </D:locktype></D:lockentry></D:supportedlock>";

/// Appends `lockdiscovery` (RFC 4918, 15.8).
pub(crate) fn push_lock_discovery(out: &mut String, locks: &[LockText]) {
    if locks.is_empty() {
        out.push_str("<D:lockdiscovery/>");
        return;
    }
    out.push_str("<D:lockdiscovery>");
    for LockText { lock, root } in locks {
        let request = &lock.lock.request;
        let mode = match request.mode {
            LockMode::Exclusive => "exclusive",
            LockMode::Shared => "shared",
        };
        let depth = match request.depth {
            LockDepth::Entry => "0",
            LockDepth::Tree => "infinity",
        };
        write!(
            out,
            "<D:activelock><D:locktype><D:write/></D:locktype><D:lockscope><D:{mode}/></D:lockscope>\
             <D:depth>{depth}</D:depth>"
        )
        .expect("writes to memory");
        if !request.note.is_empty() {
            // XML already: `lock` has written what it had read.
            write!(out, "<D:owner>{}</D:owner>", request.note).expect("writes to memory");
        }
        write!(out, "<D:timeout>{}</D:timeout>", timeout::format(lock.lock.ends)).expect("writes to memory");
        if lock.is_own {
            write!(out, "<D:locktoken><D:href>{}</D:href></D:locktoken>", lock.lock.token.as_str())
                .expect("writes to memory");
        }
        out.push_str("<D:lockroot><D:href>");
        push_escaped(out, root);
        out.push_str("</D:href></D:lockroot></D:activelock>");
    }
    out.push_str("</D:lockdiscovery>");
}

/// Returns rights as ownCloud writes them: G read, D delete, N rename, V move, W write, C and K create files and folders.
fn owncloud_letters(rights: PermSet, is_folder: bool) -> String {
    let letters =
        [(Perm::Read, "G"), (Perm::Delete, "D"), (Perm::Move, "NV"), (Perm::Write, if is_folder { "CK" } else { "W" })];
    letters.into_iter().filter(|(perm, _)| rights.has(*perm)).map(|(_, letters)| letters).collect()
}

fn push_element(out: &mut String, local: &str, text: &str) {
    write!(out, "<D:{local}>").expect("writes to memory");
    push_escaped(out, text);
    write!(out, "</D:{local}>").expect("writes to memory");
}

fn push_formatted(out: &mut String, local: &str, text: std::fmt::Arguments<'_>) {
    write!(out, "<D:{local}>{text}</D:{local}>").expect("writes to memory");
}

/// 9999-12-31T23:59:59Z
const LAST_SECOND: u64 = 253_402_300_799;

/// Returns seconds since 1970 that HTTP dates can express.
fn seconds(time: UnixMillis) -> u64 {
    u64::try_from(time.secs()).unwrap_or(0).min(LAST_SECOND)
}

fn system_time(time: UnixMillis) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds(time))
}

/// Formats seconds since 1970 as `1997-12-01T17:42:21Z` (RFC 3339).
struct IsoDate(u64);

impl std::fmt::Display for IsoDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let time = UnixMillis::from_secs(i64::try_from(self.0).unwrap_or(i64::MAX));
        let DateTime { year, month, day, hour, minute, second } = DateTime::of(time);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Resource<'static> {
        Resource {
            href: "/f",
            name: "<f>",
            is_folder: false,
            size: 5,
            modified: Some(UnixMillis(1_700_000_000_500)),
            etag: Some("a-b"),
            media_type: Some("text/plain"),
            locks: &[],
            space: None,
            rights: PermSet::parse("rw").expect("letters"),
        }
    }

    fn pushed(property: LiveProperty, resource: &Resource<'_>) -> Option<String> {
        let mut out = String::new();
        property.push(&mut out, resource).then_some(out)
    }

    #[test]
    fn values() {
        for (property, value) in [
            (P::DisplayName, "<D:displayname>&lt;f&gt;</D:displayname>"),
            (P::ContentLength, "<D:getcontentlength>5</D:getcontentlength>"),
            (P::LastModified, "<D:getlastmodified>Tue, 14 Nov 2023 22:13:20 GMT</D:getlastmodified>"),
            (P::CreationDate, "<D:creationdate>2023-11-14T22:13:20Z</D:creationdate>"),
            (P::Etag, "<D:getetag>\"a-b\"</D:getetag>"),
            (P::ResourceType, "<D:resourcetype/>"),
            (P::LockDiscovery, "<D:lockdiscovery/>"),
            (P::OwncloudPermissions, "<permissions xmlns=\"http://owncloud.org/ns\">GW</permissions>"),
        ] {
            assert_eq!(pushed(property, &file()).as_deref(), Some(value));
        }
        let folder = Resource { is_folder: true, etag: None, media_type: None, modified: None, ..file() };
        for property in [P::ContentLength, P::LastModified, P::CreationDate, P::Etag, P::ContentType, P::QuotaUsed] {
            assert_eq!(pushed(property, &folder), None, "{property:?}");
        }
    }

    #[test]
    fn dates() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (LAST_SECOND, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(IsoDate(seconds).to_string(), text);
        }
    }

    #[test]
    fn every_property_is_found_by_its_name() {
        for property in ALLPROP.into_iter().chain(NAMED) {
            let (namespace, local) = property.name();
            let name = Name { namespace: namespace.into(), local: local.into() };
            assert_eq!(LiveProperty::find(&name), Some(property));
        }
    }
}
