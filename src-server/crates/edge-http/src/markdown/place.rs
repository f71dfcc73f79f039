//! Where a text stands: links in it are relative to its folder, and lead to pages of this site.

use crate::texts::Texts;
use model::VPath;
use model::vpath::{percent_decode, push_percent_encoded};
use std::collections::HashMap;

/// Keys of files (`?k=`), where files open only with them.
pub type Keys = HashMap<VPath, String>;

/// Where a text stands, and how it is shown there.
#[derive(Clone, Debug)]
pub struct Place {
    /// Base path of the site: empty, or `/some/path` without a slash at its end.
    pub base: String,
    /// The folder of the file.
    pub folder: VPath,
    /// Keys of the files that the text links to.
    pub keys: Keys,
    /// Start of every `id`, so that none of them is one of the page's own.
    pub id_prefix: &'static str,
    /// Levels by which headings are lowered, on pages that have headings of their own above the text.
    pub lowered: u8,
    /// Whether a line break in the text is one on the page.
    pub breaks_lines: bool,
    /// The language of words that are not the text's own.
    pub texts: Texts,
}

impl Place {
    /// Returns the place of a file in `folder` on a site with the base path `base`, on a page of its own.
    pub fn new(base: &str, folder: VPath) -> Self {
        let (base, texts) = (base.to_owned(), Texts::english());
        Self { base, folder, keys: Keys::new(), id_prefix: "md-", lowered: 0, breaks_lines: true, texts }
    }
}

/// What a link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A place in the text: its name, without the prefix of ids.
    Fragment(String),
    /// Something on this site.
    Local(Local),
    /// Another site, or an address of mail or telephone.
    Elsewhere,
    /// Nothing that a link may lead to.
    Forbidden,
}

/// Something on this site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// Its path.
    pub path: VPath,
    is_folder: bool,
    /// With the question mark.
    query: String,
    fragment: Option<String>,
}

/// Parameters that the address of a picture may have.
const PICTURE_PARAMETERS: [&str; 5] = ["cache", "k", "t", "th", "version"];

/// Returns what is left of the query in the address of a picture. Browsers ask for it without a click: with a password in it
/// (`?pw=`), a text could have the address of its readers banned.
fn picture_query(query: &str) -> String {
    let parameters = query.trim_start_matches('?').split('&');
    let allowed = |one: &&str| PICTURE_PARAMETERS.contains(&one.split('=').next().unwrap_or_default());
    let kept: Vec<&str> = parameters.filter(allowed).collect();
    if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) }
}

/// Schemes that links may have.
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

/// Returns true for the address of a picture that another server has. Pages load none of those: the policy of our pages
/// forbids it, and it would tell that server who reads the text.
pub fn is_elsewhere(address: &str) -> bool {
    let address = tidy(address);
    address.starts_with("//") || scheme(&address).is_some_and(|scheme| scheme == "http" || scheme == "https")
}

/// Returns an address as a browser reads it: without control characters, and with slashes for backslashes in paths.
fn tidy(address: &str) -> String {
    let address: String = address.chars().filter(|c| !c.is_ascii_control()).collect();
    let address = address.trim();
    match scheme(address) {
        Some(_) => address.to_owned(),
        None => address.replace('\\', "/"),
    }
}

fn scheme(address: &str) -> Option<String> {
    let (scheme, _) = address.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_scheme.then(|| scheme.to_ascii_lowercase())
}

impl Place {
    /// Returns what the link `address` leads to.
    pub fn target(&self, address: &str) -> Target {
        let address = tidy(address);
        if let Some(scheme) = scheme(&address) {
            return if SCHEMES.contains(&&*scheme) { Target::Elsewhere } else { Target::Forbidden };
        }
        if address.starts_with("//") {
            return Target::Elsewhere;
        }
        let (rest, fragment) = match address.split_once('#') {
            Some((rest, fragment)) => (rest, Some(fragment.to_owned())),
            None => (&*address, None),
        };
        if rest.is_empty() {
            return Target::Fragment(fragment.unwrap_or_default());
        }
        let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        let is_folder = path.is_empty() || path.ends_with('/') || path.ends_with("/..") || path == ".." || path == ".";
        match self.resolve(path) {
            Some(path) => Target::Local(Local { path, is_folder, query: query.to_owned(), fragment }),
            None => Target::Forbidden,
        }
    }

    fn resolve(&self, path: &str) -> Option<VPath> {
        let below_base = path.strip_prefix(&*self.base).filter(|rest| !self.base.is_empty() && rest.starts_with('/'));
        let path = below_base.unwrap_or(path);
        let decoded = percent_decode(path.as_bytes());
        let mut names: Vec<&[u8]> = match path.starts_with('/') {
            true => Vec::new(),
            false => self.folder.components().collect(),
        };
        for name in decoded.split(|byte| *byte == b'/') {
            match name {
                b"" | b"." => {}
                b".." => drop(names.pop()),
                name => names.push(name),
            }
        }
        VPath::parse(&names.join(&b'/')).ok()
    }

    /// Returns the link to `local`. Links to Markdown lead to its page, unless they ask for something else (`as_picture`:
    /// for its bytes).
    pub fn href(&self, local: &Local, as_picture: bool) -> String {
        let mut href = self.base.clone();
        href.push('/');
        push_percent_encoded(&mut href, local.path.as_bytes());
        if local.is_folder && !href.ends_with('/') {
            href.push('/');
        }
        let is_text = local
            .path
            .name()
            .is_some_and(|name| name.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(b"md")));
        let opens_page = is_text && !as_picture && !local.is_folder && local.query.is_empty();
        match (opens_page, as_picture) {
            (true, _) => href.push_str("?v"),
            (false, true) => href.push_str(&picture_query(&local.query)),
            (false, false) => href.push_str(&local.query),
        }
        if let Some(key) = self.keys.get(&local.path).filter(|_| !has_key(&local.query)) {
            href.push_str(if href.contains('?') { "&k=" } else { "?k=" });
            push_percent_encoded(&mut href, key.as_bytes());
        }
        if let Some(fragment) = &local.fragment {
            href.push('#');
            href.push_str(&if is_text { prefixed("md-", fragment) } else { fragment.clone() });
        }
        href
    }

    /// Returns the link to a place in this text.
    pub fn fragment_href(&self, fragment: &str) -> String {
        match fragment.is_empty() {
            true => "#".to_owned(),
            false => format!("#{}", prefixed(self.id_prefix, fragment)),
        }
    }
}

fn prefixed(prefix: &str, id: &str) -> String {
    if id.starts_with(prefix) { id.to_owned() } else { format!("{prefix}{id}") }
}

fn has_key(query: &str) -> bool {
    query.trim_start_matches('?').split('&').any(|part| part == "k" || part.starts_with("k="))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vpath(text: &str) -> VPath {
        VPath::parse(text.as_bytes()).expect("a path")
    }

    fn href(base: &str, folder: &str, address: &str) -> String {
        let place = Place::new(base, vpath(folder));
        match place.target(address) {
            Target::Local(local) => place.href(&local, false),
            Target::Fragment(name) => place.fragment_href(&name),
            Target::Elsewhere => "elsewhere".to_owned(),
            Target::Forbidden => "forbidden".to_owned(),
        }
    }

    #[test]
    fn pictures_carry_no_password() {
        let place = Place::new("", vpath("a"));
        for (address, want) in [
            ("b.png?pw=x", "/a/b.png"),
            ("b.png?%70w=x&th=w&k=abc", "/a/b.png?th=w&k=abc"),
            ("?pw=x&a", "/a/"),
            ("b.png?th", "/a/b.png?th"),
        ] {
            let Target::Local(local) = place.target(address) else { panic!("{address}") };
            assert_eq!(place.href(&local, true), want, "{address}");
        }
    }

    #[test]
    fn links_lead_to_this_site() {
        for (base, folder, address, want) in [
            ("", "a/b", "c.png", "/a/b/c.png"),
            ("", "a/b", "./c d.png", "/a/b/c%20d.png"),
            ("", "a/b", "c%20d.png?x=1#y", "/a/b/c%20d.png?x=1#y"),
            ("", "a/b", "../c/", "/a/c/"),
            ("", "a/b", "..", "/a/"),
            ("", "a/b", "../../../../c", "/c"),
            ("", "a/b", "%2e%2e/%2e%2e/c", "/c"),
            ("", "a/b", "sub\\c.png", "/a/b/sub/c.png"),
            ("", "a/b", "?sort=size", "/a/b/?sort=size"),
            ("/base", "a", "c.png", "/base/a/c.png"),
            ("/base", "a", "/c.png", "/base/c.png"),
            ("/base", "a", "/base/c.png", "/base/c.png"),
            ("/base", "a", "/basement", "/base/basement"),
            ("", "", "guide.md", "/guide.md?v"),
            ("", "", "guide.md#Über uns", "/guide.md?v#md-Über uns"),
            ("", "", "guide.md?raw", "/guide.md?raw"),
            ("", "a", "#x", "#md-x"),
            ("", "a", "#md-x", "#md-x"),
            ("", "a", "#", "#"),
            ("", "a", "a\u{0}%00", "forbidden"),
        ] {
            assert_eq!(href(base, folder, address), want, "{address}");
        }
    }

    #[test]
    fn schemes_are_those_of_pages_mail_and_telephones() {
        for address in ["https://a.example/", "HTTP://a.example", "//a.example", "\\\\a.example", "mailto:a@b", "tel:1"]
        {
            assert_eq!(href("", "", address), "elsewhere", "{address}");
        }
        for address in [
            "javascript:alert(1)",
            " java\nscript:alert(1)",
            "JaVaScRiPt:x",
            "\u{1}javascript:x",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "blob:x",
        ] {
            assert_eq!(href("", "", address), "forbidden", "{address}");
        }
        assert!(is_elsewhere("//x/y.png") && is_elsewhere("https://x/y.png") && !is_elsewhere("x/y.png"));
    }

    #[test]
    fn links_carry_the_keys_of_files() {
        let mut place = Place::new("", VPath::root());
        place.keys.insert(vpath("a.png"), "K-y".to_owned());
        place.keys.insert(vpath("b.md"), "z".to_owned());
        let of = |address: &str| match place.target(address) {
            Target::Local(local) => place.href(&local, false),
            other => panic!("{other:?}"),
        };
        assert_eq!(of("a.png"), "/a.png?k=K-y");
        assert_eq!(of("a.png?k=own"), "/a.png?k=own");
        assert_eq!(of("a.png?dl"), "/a.png?dl&k=K-y");
        assert_eq!(of("b.md#x"), "/b.md?v&k=z#md-x");
    }
}
