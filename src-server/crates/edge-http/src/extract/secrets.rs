//! Masks the parts of a URL that give access, so that they appear in no log.
//! The same URL can be written in many ways (`/.potluck//%6aoin/CODE`), so paths are compared after parsing. A path
//! that cannot be parsed gives no access.

use crate::urls;
use model::VPath;
use model::vpath::percent_decode;
use std::borrow::Cow;

/// Parameters whose values give access.
const PARAMETERS: &[&str] = &["pw", "k", "invite", "code", "setck", "cpwd", "cppwd", "password"];

/// Replacement for a secret.
const MASK: &str = "***";

/// Returns a request target (origin form or absolute form) with its secrets masked: the values of secret parameters,
/// the code of an invitation, the token of a share link, a password in front of the host.
pub fn masked(target: &str) -> String {
    let (address, query) = match target.split_once('?') {
        Some((address, query)) => (address, Some(query)),
        None => (target, None),
    };
    let mut out = masked_path(&without_userinfo(address)).into_owned();
    let mut before = '?';
    for pair in query.into_iter().flat_map(|query| query.split('&')) {
        out.push(before);
        before = '&';
        push_masked_pair(&mut out, pair);
    }
    out
}

/// Masks the user information in `http://name:password@host/`.
fn without_userinfo(address: &str) -> Cow<'_, str> {
    let start = match address.find("://") {
        Some(at) => at + 3,
        // Some clients drop the scheme of a URL.
        None if address.starts_with("//") => 2,
        None => 0,
    };
    let authority = address[start..].split('/').next().unwrap_or_default();
    match authority.rsplit_once('@') {
        Some((_, host)) => {
            Cow::Owned(format!("{}{MASK}@{host}{}", &address[..start], &address[start + authority.len()..]))
        }
        None => Cow::Borrowed(address),
    }
}

/// Masks the secret of `/.potluck/join/CODE` and `/.potluck/l/TOKEN` and everything after it, below any base path.
fn masked_path(path: &str) -> Cow<'_, str> {
    let Ok(understood) = VPath::parse(&percent_decode(path.as_bytes())) else { return Cow::Borrowed(path) };
    let parts: Vec<&[u8]> = understood.components().collect();
    match urls::secret_position(&parts) {
        Some(at) => Cow::Owned(format!("/{}/{MASK}", String::from_utf8_lossy(&parts[..at].join(&b'/')))),
        None => Cow::Borrowed(path),
    }
}

/// Appends a parameter, masked if it is secret. A percent-encoded name counts as secret.
fn push_masked_pair(out: &mut String, pair: &str) {
    let is_secret =
        |name: &str| name.contains('%') || PARAMETERS.iter().any(|parameter| name.eq_ignore_ascii_case(parameter));
    match pair.split_once('=') {
        Some((name, _)) if is_secret(name) => {
            out.push_str(name);
            out.push('=');
            out.push_str(MASK);
        }
        _ => out.push_str(pair),
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn secrets_are_masked() {
        for (target, want) in [
            ("/a", "/a"),
            ("/a?", "/a?"),
            ("//ed:secret@host/v/?ls", "//***@host/v/?ls"),
            ("//host/v/a@b", "//host/v/a@b"),
            ("/a?pw=x", "/a?pw=***"),
            ("/a?ls&PW=x&th=w", "/a?ls&PW=***&th=w"),
            ("/a?p%77=x", "/a?p%77=***"),
            ("/a?pwx=1&pw", "/a?pwx=1&pw"),
            ("/a?pw=x?y&b=pw=z", "/a?pw=***&b=pw=z"),
            ("/?invite=AbC", "/?invite=***"),
            ("/.potluck/join/AbC", "/.potluck/join/***"),
            ("/.potluck/join/AbC?ls&pw=x", "/.potluck/join/***?ls&pw=***"),
            ("/some/base/.potluck/join/AbC/", "/some/base/.potluck/join/***"),
            ("//.potluck//./%6aoin%2fAbC", "/.potluck/join/***"),
            ("/.potluck/x/../join/AbC/more", "/.potluck/join/***"),
            ("/.potluck/join", "/.potluck/join"),
            ("/base/.potluck/%6C/AbC/more?x=1", "/base/.potluck/l/***?x=1"),
            ("/.potluck/l", "/.potluck/l"),
            ("/.potluck/other/AbC", "/.potluck/other/AbC"),
            ("/x/join/AbC", "/x/join/AbC"),
            ("/a@b/c:d@e", "/a@b/c:d@e"),
            ("http://me:secret@host/a?pw=x", "http://***@host/a?pw=***"),
            ("http://host/.potluck/join/AbC", "/http:/host/.potluck/join/***"),
            ("me:secret@host:80", "***@host:80"),
        ] {
            assert_eq!(masked(target), want);
        }
    }
}
