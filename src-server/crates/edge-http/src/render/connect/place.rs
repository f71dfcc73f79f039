//! The folder that commands name, and who the visitor is there.

use super::super::{archives_are_on, layout};
use crate::request::Request;
use model::{AccountName, Operation, Perm, VPath, Verdict};

/// The word that stands for the password in commands and files: the server never writes a password.
const PASSWORD: &str = "PASSWORD";
/// The word that stands for a name with characters that mean something to a shell.
const NAME: &str = "NAME";

/// A folder, and who the visitor is there.
#[derive(Clone, Debug)]
pub struct Place {
    /// The folder.
    pub path: VPath,
    /// Its address, with a slash at its end. Consists of characters that mean nothing to a shell inside double quotes.
    pub url: String,
    /// Name and port of the server.
    pub host: String,
    /// A name for files and for the folder in settings of programs: plain letters, digits, `-` and `_`.
    pub short_name: String,
    /// The visitor may list the folder and download its files.
    pub may_read: bool,
    /// The visitor may download the folder as an archive.
    pub may_zip: bool,
    /// The visitor may add files.
    pub may_write: bool,
    /// The account, for programs that ask for the password; `None`: no password is needed, or the server does not accept
    /// names (`--no-bauth`).
    pub account: Option<String>,
    /// What stands in for the value of the `PW` header; `None`: no password is needed.
    pub secret: Option<String>,
}

impl Place {
    /// Returns the folder `asked`; if the visitor may do nothing there, the first folder that the visitor may use.
    pub fn of(request: &Request, asked: VPath) -> Self {
        let is_usable = may(request, &asked, Operation::List) || may(request, &asked, Operation::Upload);
        let path = if is_usable { Some(asked) } else { first_usable(request) };
        Self::at(request, path.unwrap_or_default())
    }

    fn at(request: &Request, path: VPath) -> Self {
        let login = &request.settings().login;
        let account =
            (!request.access.is_guest() && !request.access.account().is_anonymous()).then(|| request.access.account());
        let url = address(request, &path);
        let host = url.split('/').nth(2).unwrap_or_default().to_owned();
        Self {
            host,
            url,
            short_name: short_name(request, &path),
            may_read: may(request, &path, Operation::List) && may(request, &path, Operation::Download),
            may_zip: may(request, &path, Operation::Archive) && archives_are_on(request),
            may_write: may(request, &path, Operation::Upload),
            account: account.filter(|_| !login.no_basic).map(shell_name),
            secret: account.map(|name| match login.usernames_required {
                true => format!("{}:{PASSWORD}", shell_name(name)),
                false => PASSWORD.to_owned(),
            }),
            path,
        }
    }
}

fn first_usable(request: &Request) -> Option<VPath> {
    let all = request.access.entry_points().into_iter();
    let usable = all.filter(|(_, rights)| rights.has(Perm::Read) || rights.has(Perm::Write));
    usable.map(|(path, _)| path).min()
}

fn may(request: &Request, path: &VPath, operation: Operation) -> bool {
    request.access.verdict(path, operation) == Verdict::Allow
}

/// Returns the address of a folder as the visitor reached the server.
fn address(request: &Request, path: &VPath) -> String {
    let href = request.folder_href(path);
    let url = request.absolute_url(&href);
    // A `Host` may have characters with a meaning to shells.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ":/.-_~%[]".contains(c);
    if url.chars().all(is_plain) { url } else { format!("http://localhost{href}") }
}

/// Returns a name for commands.
fn shell_name(name: &AccountName) -> String {
    let name = name.as_str();
    let is_plain = |c: char| c.is_alphanumeric() || "._-".contains(c);
    if name.chars().all(is_plain) { name.to_owned() } else { NAME.to_owned() }
}

/// Returns the name of the folder, or of the server for the root, with plain characters only.
fn short_name(request: &Request, path: &VPath) -> String {
    let name = path.name().map_or_else(|| layout::server_name(request).to_owned(), |name| name.display());
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' };
    let name: String = name.chars().take(40).map(plain).collect();
    let name = name.trim_matches('-').to_owned();
    if name.is_empty() { "files".to_owned() } else { name }
}
