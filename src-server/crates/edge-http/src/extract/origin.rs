//! Who made the browser ask: the check that keeps pages of strangers from changing anything here
//! (spec/http-api.md 1.5).

use super::head::{Head, SEC_FETCH_SITE};
use super::public::Public;

/// Whose page a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A page of ours, or a program that is no browser.
    Ours,
    /// Somebody else's page, or one that hides whose it is.
    Foreign,
    /// Somebody else's page that knows a password and says so in the `PW` header, which no form can send.
    ForeignWithPassword,
}

/// Looks at `Origin`, then `Sec-Fetch-Site`, then (browsers older than both) `Referer`. `names`: host names that were
/// configured as ours, for proxies that do not pass on the one the client used.
pub fn caller(head: &Head, public: &Public, names: &[String]) -> Caller {
    let ours = if let Some(origin) = head.headers.get(http::header::ORIGIN) {
        let ours = |origin| is_same_origin(origin, public) || is_named(origin, names);
        origin.to_str().is_ok_and(ours)
    } else if let Some(site) = head.headers.get(SEC_FETCH_SITE) {
        // A page on another port of this machine is "same-site", and a stranger.
        matches!(site.as_bytes(), b"same-origin" | b"none")
    } else if let Some(referrer) = head.text(http::header::REFERER) {
        is_same_host(referrer, public)
    } else {
        true
    };
    match (ours, head.headers.contains_key("pw")) {
        (true, _) => Caller::Ours,
        (false, true) => Caller::ForeignWithPassword,
        (false, false) => Caller::Foreign,
    }
}

fn is_same_origin(origin: &str, public: &Public) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let https = match scheme {
        "https" => true,
        "http" => false,
        _ => return false,
    };
    let known = public.scheme_unknown || https == public.https;
    let Some(own) = &public.authority else { return false };
    known && same_authority(authority, own, https)
}

fn is_named(origin: &str, names: &[String]) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    names.iter().any(|name| same_authority(authority, name, scheme == "https"))
}

/// Equal names and ports, a missing port being that of the scheme.
fn same_authority(one: &str, other: &str, https: bool) -> bool {
    let default = if https { ":443" } else { ":80" };
    let bare = |authority: &str| authority.strip_suffix(default).unwrap_or(authority).to_ascii_lowercase();
    bare(one) == bare(other)
}

fn is_same_host(referrer: &str, public: &Public) -> bool {
    let Some((scheme, rest)) = referrer.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    public.authority.as_deref().is_some_and(|own| same_authority(authority, own, scheme == "https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins() {
        let public = |https, unknown| Public {
            client: std::net::Ipv4Addr::LOCALHOST.into(),
            https,
            scheme_unknown: unknown,
            authority: Some("Box.local:3923".into()),
        };
        for (origin, https, want) in [
            ("http://box.local:3923", false, true),
            ("https://box.local:3923", false, false),
            ("https://box.local:3923", true, true),
            ("http://box.local", false, false),
            ("http://box.local:3923.evil.org", false, false),
            ("http://evil.org", false, false),
            ("null", false, false),
            ("file://", false, false),
            ("", false, false),
        ] {
            assert_eq!(is_same_origin(origin, &public(https, false)), want, "{origin}");
        }
        assert!(is_same_origin("https://box.local:3923", &public(false, true)));
        let names = ["files.example.org".to_owned()];
        assert!(is_named("https://files.example.org", &names) && is_named("http://Files.example.org:80", &names));
        assert!(!is_named("https://files.example.org:8443", &names) && !is_named("null", &names));
        assert!(same_authority("a:80", "a", false) && same_authority("a", "a:443", true));
        assert!(!same_authority("a:80", "a", true));
    }
}
