//! The URLs of this site: path prefixes and query parameters that select routes, and functions that build links to
//! them. All links are percent-encoded and begin with the base path of the site.

use crate::announced::DEVICE_PATH;
use crate::request::Request;
use engine::files::trash::VersionId;
use engine::links::{Link, LinkKind};
use engine::uploads::OwnUpload;
use model::VPath;
use model::vpath::push_percent_encoded;
use std::borrow::Cow;

/// Path of all pages of the server, without a slash at its end.
const OWN: &str = ".potluck";
/// Path of the settings window, without a slash at its end.
const ADMIN: &str = ".potluck/admin";
/// Path of the JSON API of the pages, in all versions, without a slash at its end.
const API: &str = ".potluck/api";
/// The manifest of the installed page.
const MANIFEST: &str = ".potluck/app.webmanifest";
/// Where a system sends what another app shares with the installed page. Its service worker answers.
pub const SHARED: &str = ".potluck/share";
/// Path of the page that redeems an invitation.
const JOIN: &str = ".potluck/join";
/// Path prefix of share links.
const LINKS: &str = ".potluck/l/";
/// Path prefix of everything that is embedded in the program.
const EMBEDDED: &str = ".cpr/";
/// Path prefix of the assets of pages.
const ASSETS: &str = ".cpr/w/";
/// Path prefix of icons that show a file extension.
const ICONS: &str = ".cpr/ico/";

/// The simple view of a folder.
pub const BASIC: &str = "b";
/// The page on which people change the password of their account.
pub const PASSWORD: &str = "chpw";
/// What may be changed about a file or folder, as a page.
pub const CHANGE: &str = "change";
/// With [`CHANGE`]: a name, a path or a folder, as a person types where the entry should go.
pub const CHANGE_TO: &str = "to";
/// The page that says how other programs connect.
pub const CONNECT: &str = "hc";
/// The control page.
pub const CONTROL: &str = "h";
/// Deletes the path.
pub const DELETE: &str = "delete";
/// Sends the file as an attachment.
pub const DOWNLOAD: &str = "dl";
/// With [`TRASH`]: deletes all of it for good.
pub const EMPTY: &str = "empty";
/// Lists hidden files, too.
pub const DOTS: &str = "dots";
/// The form that edits a text file.
pub const EDIT: &str = "edit";
/// The document in the frame of a folder's epilogue.
pub const EPILOGUE: &str = "epilogue";
/// The tree of folders as a page.
pub const FOLDERS: &str = "folders";
/// The code of an invitation.
pub const INVITE: &str = "invite";
/// The key of a file.
pub const KEY: &str = "k";
/// Opens the sign-in form of a folder's page.
pub const LOGIN: &str = "login";
/// The visitor's own uploads.
pub const OWN_UPLOADS: &str = "ups";
/// The piece of a long folder.
pub const PAGE: &str = "page";
/// With [`TRASH`]: deletes an item for good.
pub const PURGE: &str = "purge";
/// The bytes of a text file instead of a page.
pub const RAW: &str = "raw";
/// The document in the frame of a folder's prologue.
pub const PROLOGUE: &str = "prologue";
/// The order of a listing.
pub const SORT: &str = "sort";
/// Searches the folder.
pub const SEARCH: &str = "q";
/// With [`SEARCH`]: searches all folders.
pub const EVERYWHERE: &str = "everywhere";
/// The folder as a tar archive.
pub const TAR: &str = "tar";
/// What was deleted or replaced in a folder.
pub const TRASH: &str = "trash";
/// The SHA-512 of a file, or of all files in a folder and below it, as `sha512sum` writes them.
pub const SHA512: &str = "sha512";
/// The same with the hashes of their chunks, for programs.
pub const CHUNKS: &str = "manifest";
/// Undoes a change.
pub const UNDO: &str = "undo";
/// With [`DELETE`]: only if the visitor uploaded it.
pub const UNPOST: &str = "unpost";
/// An upload that has begun, by its identity.
pub const UPLOAD: &str = "upload";
/// Earlier versions of a file.
pub const VERSIONS: &str = "versions";
/// The bytes of an earlier version of a file: the parameter's value is its identifier.
pub const VERSION: &str = "version";
/// A Markdown file as a page; `v=source`: its source.
pub const VIEW: &str = "v";
/// The folder as a zip archive.
pub const ZIP: &str = "zip";

/// Returns true if `path` is `prefix` or below it. `prefix`: without a slash at its end.
fn is_at_or_below(path: &VPath, prefix: &str) -> bool {
    path.as_bytes().strip_prefix(prefix.as_bytes()).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// Returns true for paths of the settings window.
pub fn is_admin(path: &VPath) -> bool {
    is_at_or_below(path, ADMIN)
}

/// Returns the rest of the path below the settings window's; `None` for other paths.
pub fn admin_subpath(path: &VPath) -> Option<&[u8]> {
    let rest = path.as_bytes().strip_prefix(ADMIN.as_bytes())?;
    Some(rest.strip_prefix(b"/").unwrap_or(rest))
}

/// Returns true for the path of the manifest of the installed page.
pub fn is_manifest(path: &VPath) -> bool {
    path.as_bytes() == MANIFEST.as_bytes()
}

/// Returns true for the path of the description of the announced device.
pub fn is_device(path: &VPath) -> bool {
    path.as_bytes() == DEVICE_PATH.as_bytes()
}

/// Returns true for paths that are kept for pages of the server, and that none of them has: nothing is stored there.
pub fn is_own_page(path: &VPath) -> bool {
    is_at_or_below(path, OWN) && !(is_admin(path) || is_api(path) || is_join(path) || is_link(path))
}

/// Returns true for paths of the JSON API, in any version.
pub fn is_api(path: &VPath) -> bool {
    is_at_or_below(path, API)
}

/// Returns the rest of the path below the JSON API's, such as `v1/session`; empty for other paths.
pub fn api_subpath(path: &VPath) -> &[u8] {
    path.as_bytes().strip_prefix(API.as_bytes()).and_then(|rest| rest.strip_prefix(b"/")).unwrap_or_default()
}

/// Returns true for the pages that redeem an invitation.
pub fn is_join(path: &VPath) -> bool {
    is_at_or_below(path, JOIN)
}

/// Returns the code that the path contains, as sent.
pub fn join_code(path: &VPath) -> Option<Cow<'_, str>> {
    Some(String::from_utf8_lossy(path.as_bytes().strip_prefix(JOIN.as_bytes())?.strip_prefix(b"/")?))
}

/// Returns true for paths of share links.
pub fn is_link(path: &VPath) -> bool {
    is_at_or_below(path, LINKS.trim_end_matches('/'))
}

/// Returns the token of a share link, if the path contains one of the right form.
pub fn link_token(path: &VPath) -> Option<&str> {
    let token = std::str::from_utf8(path.as_bytes().strip_prefix(LINKS.as_bytes())?).ok()?;
    (token.len() <= 64 && token.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(token)
}

/// Returns true for paths of what is embedded in the program.
pub fn is_embedded(path: &VPath) -> bool {
    path.as_bytes().starts_with(EMBEDDED.as_bytes())
}

/// Returns the name of the asset that the path names.
pub fn asset_name(path: &VPath) -> Option<Cow<'_, str>> {
    path.as_bytes().strip_prefix(ASSETS.as_bytes()).map(String::from_utf8_lossy)
}

/// Returns the extension that the icon at this path shows.
pub fn icon_label(path: &VPath) -> Option<Cow<'_, str>> {
    path.as_bytes().strip_prefix(ICONS.as_bytes()).map(String::from_utf8_lossy)
}

/// Returns the position of the secret of an invitation or share link among the components of a path; `None` if the path
/// has none.
pub fn secret_position(components: &[&[u8]]) -> Option<usize> {
    let prefixes = [JOIN, LINKS.trim_end_matches('/')].map(|prefix| prefix.as_bytes().split(|byte| *byte == b'/'));
    let is_prefix = |pair: &[&[u8]]| prefixes.iter().any(|prefix| prefix.clone().eq(pair.iter().copied()));
    let at = components.windows(2).position(is_prefix)? + 2;
    (components.len() > at).then_some(at)
}

impl Request {
    /// Returns the URL of a file on this site, without scheme and host: `/base/a%20b`.
    pub fn href(&self, path: &VPath) -> String {
        let mut out = String::with_capacity(self.policy.base.len() + 1 + path.as_bytes().len() * 2);
        out.push_str(&self.policy.base);
        out.push('/');
        push_percent_encoded(&mut out, path.as_bytes());
        out
    }
    /// Returns what precedes paths in URLs of WebDAV: the base path, and the names by which ownCloud's clients reach files.
    pub fn url_prefix(&self) -> String {
        match &self.dav_alias {
            Some(alias) => self.href(alias),
            None => self.policy.base.clone(),
        }
    }
    /// Returns the URL of a folder on this site: like [`Request::href`], with a slash at its end.
    pub fn folder_href(&self, path: &VPath) -> String {
        let mut out = self.href(path);
        if !out.ends_with('/') {
            out.push('/');
        }
        out
    }
    /// Returns the URL of this request without its query. A folder keeps the slash at its end only if the request had
    /// it.
    pub fn self_href(&self) -> String {
        if self.trailing_slash { self.folder_href(&self.path) } else { self.href(&self.path) }
    }
    /// Prefixes `href` with the scheme and the host that the client used: `http://host/...`.
    pub fn absolute_url(&self, href: &str) -> String {
        let scheme = if self.connection.https { "https" } else { "http" };
        let local = || self.head.peer.local.map(|local| Cow::Owned(local.to_string()));
        let host = self.connection.authority.as_deref().map(Cow::Borrowed).or_else(local).unwrap_or("localhost".into());
        format!("{scheme}://{host}{href}")
    }
}

/// Returns the URL of the manifest of the installed page.
pub fn manifest(request: &Request) -> String {
    format!("{}/{MANIFEST}", request.policy.base)
}

/// Returns the URL of an earlier version of the requested file.
pub fn version(request: &Request, id: &VersionId) -> String {
    format!("{}?{VERSION}={id}", request.href(&request.path))
}

/// Returns the URL of the root folder.
pub fn home(request: &Request) -> String {
    format!("{}/", request.policy.base)
}

/// Returns the URL of the control page, which has the sign-in form.
pub fn control_page(request: &Request) -> String {
    format!("{}/?{CONTROL}", request.policy.base)
}

/// Returns the URL of the settings window.
pub fn admin_page(request: &Request) -> String {
    format!("{}/{ADMIN}/", request.policy.base)
}

/// Returns the URL of the page that redeems an invitation. `code`: of plain characters; `None` for the page that asks
/// for the digits.
pub fn join_page(request: &Request, code: Option<&str>) -> String {
    let (base, slash) = (&request.policy.base, if code.is_some() { "/" } else { "" });
    format!("{base}/{JOIN}{slash}{}", code.unwrap_or(""))
}

/// Returns the URL of an asset. `version`: of its content, so that browsers may keep it.
pub fn asset(request: &Request, name: &str, version: &str) -> String {
    format!("{}/{ASSETS}{name}?v={version}", request.policy.base)
}

/// Returns the parameters of a search, each with `&` at its end.
pub fn search(text: &str, everywhere: bool) -> String {
    let mut out = format!("{SEARCH}=");
    push_percent_encoded(&mut out, text.as_bytes());
    out.push_str(if everywhere { "&everywhere&" } else { "&" });
    out
}

/// Returns the URL of the list of the visitor's own uploads.
pub fn own_uploads(request: &Request) -> String {
    format!("{}/?{OWN_UPLOADS}", request.policy.base)
}

/// Returns the URL that deletes an upload of the visitor.
pub fn unpost(request: &Request, upload: &OwnUpload) -> String {
    format!("{}?{DELETE}&{UNPOST}", request.href(&upload.path))
}

/// Returns the URL that deletes the visitor's uploads whose paths contain `filter`, as many as a list shows.
pub fn unpost_all(request: &Request, filter: &str, most: usize) -> String {
    let mut href = format!("{}/?{DELETE}&{UNPOST}&all&lim={most}", request.policy.base);
    if !filter.is_empty() {
        href.push_str("&filter=");
        push_percent_encoded(&mut href, filter.as_bytes());
    }
    href
}

/// Returns the URL of the trash of a folder.
pub fn trash(request: &Request, folder: &VPath) -> String {
    format!("{}?{TRASH}", request.folder_href(folder))
}

/// Returns the URL of the form that edits a text file.
pub fn edit(request: &Request, path: &VPath) -> String {
    format!("{}?{EDIT}", request.href(path))
}

/// Returns the URL of the page of a share link.
pub fn link_page(request: &Request, link: &Link) -> String {
    format!("{}/{LINKS}{}", request.policy.base, link.token)
}

/// Returns the URL of the page of the link that the visitor has opened, if it asks for files: that page is the visitor's
/// start page.
pub fn request_link_page(request: &Request) -> Option<String> {
    let info = request.engine().links.of(&request.access).filter(|info| info.link.kind == LinkKind::Request)?;
    Some(link_page(request, &info.link))
}

/// Returns the URL of the shared folder as a zip.
pub fn shared_zip(request: &Request, link: &Link) -> String {
    format!("{}?{ZIP}", request.folder_href(&link.scope.path()))
}

/// Returns the URL that downloads the shared file.
pub fn shared_download(request: &Request, link: &Link) -> String {
    format!("{}?{DOWNLOAD}", request.href(&link.scope.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_select_routes() {
        let path = |text: &str| VPath::parse(text.as_bytes()).expect("a path");
        assert!(
            is_join(&path(".potluck/join")) && is_join(&path(".potluck/join/x")) && !is_join(&path(".potluck/joint"))
        );
        assert_eq!(join_code(&path(".potluck/join/Ab-1")).as_deref(), Some("Ab-1"));
        assert_eq!(join_code(&path(".potluck/join")), None);
        assert!(is_link(&path(".potluck/l")) && is_link(&path(".potluck/l/x")) && !is_link(&path(".potluck/lx")));
        assert_eq!(link_token(&path(".potluck/l/Ab1")), Some("Ab1"));
        assert_eq!(link_token(&path(".potluck/l/a/b")), None);
        assert_eq!(admin_subpath(&path(".potluck/admin")), Some(&b""[..]));
        assert_eq!(admin_subpath(&path(".potluck/admin/call")), Some(&b"call"[..]));
        assert_eq!(asset_name(&path(".cpr/w/app.js")).as_deref(), Some("app.js"));
    }

    #[test]
    fn secrets_are_found_below_any_base_path() {
        let at = |parts: &[&str]| secret_position(&parts.iter().map(|part| part.as_bytes()).collect::<Vec<_>>());
        assert_eq!(at(&[".potluck", "join", "x"]), Some(2));
        assert_eq!(at(&["base", ".potluck", "l", "x", "y"]), Some(3));
        assert_eq!(at(&[".potluck", "join"]), None);
        assert_eq!(at(&[".potluck", "admin", "x"]), None);
    }
}
