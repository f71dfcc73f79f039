//! Conditional requests (RFC 9110 13).

use engine::files::condition::{Condition, Versions};
use http::{HeaderMap, header};
use std::time::{Duration, SystemTime};

/// The validators of a file, which conditions are compared with.
#[derive(Clone, Copy, Debug)]
pub struct Validators<'a> {
    /// Strong entity tag, without quotes.
    pub etag: &'a str,
    /// Seconds since 1970, as `Last-Modified` states them.
    pub modified_secs: u64,
}

/// Result of evaluating the conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The conditions hold: process the request.
    Proceed,
    /// 304: the client's copy is current.
    NotModified,
    /// 412: the request applies to another version, or to none.
    Failed,
}

/// Evaluates `If-Match`, `If-Unmodified-Since`, `If-None-Match` and `If-Modified-Since`, in the order of RFC 9110
/// 13.2.2.
pub fn evaluate(headers: &HeaderMap, now: Validators<'_>) -> Decision {
    // Almost no request has any of them; four failed look-ups in a small map are cheap.
    if let Some(list) = text(headers, header::IF_MATCH) {
        if !matches_any(list, now.etag, Strength::Strong) {
            return Decision::Failed;
        }
    } else if let Some(date) = date(headers, header::IF_UNMODIFIED_SINCE)
        && now.modified_secs > date
    {
        return Decision::Failed;
    }
    if let Some(list) = text(headers, header::IF_NONE_MATCH) {
        return if matches_any(list, now.etag, Strength::Weak) { Decision::NotModified } else { Decision::Proceed };
    }
    match date(headers, header::IF_MODIFIED_SINCE) {
        Some(date) if date >= now.modified_secs => Decision::NotModified,
        _ => Decision::Proceed,
    }
}

/// Returns the preconditions of a change. `If-Modified-Since` is not one (RFC 9110 13.1.3). A list of tags that cannot
/// be parsed matches no version, so that nothing is changed by mistake. A date that cannot be parsed is ignored
/// (13.1.4), as is a date beside `If-Match`.
pub fn write_preconditions(headers: &HeaderMap) -> Condition {
    let if_match = versions(headers, header::IF_MATCH, Strength::Strong);
    let since = if if_match.is_some() { None } else { date(headers, header::IF_UNMODIFIED_SINCE) };
    let unreadable = headers.get_all(header::IF_NONE_MATCH).iter().any(|value| value.to_str().is_err());
    let if_none_match = versions(headers, header::IF_NONE_MATCH, Strength::Weak);
    Condition {
        if_match,
        if_none_match: if unreadable { Some(Versions::Any) } else { if_none_match },
        if_unmodified_since_secs: since,
        offset: None,
    }
}

/// Returns the tags of all lines of a header; `None` without the header.
fn versions(headers: &HeaderMap, name: header::HeaderName, strength: Strength) -> Option<Versions> {
    let mut tags = None;
    for value in headers.get_all(name) {
        let tags: &mut Vec<String> = tags.get_or_insert_default();
        let list = value.to_str().unwrap_or_default();
        if list.trim() == "*" {
            return Some(Versions::Any);
        }
        tags.extend(list.split(',').filter_map(|tag| opaque_tag(tag.trim(), strength)).map(str::to_owned));
    }
    tags.map(Versions::Tagged)
}

/// Returns true if `Range` applies: there is no `If-Range`, or it names exactly this version.
pub fn if_range_holds(headers: &HeaderMap, now: Validators<'_>) -> bool {
    let Some(value) = headers.get(header::IF_RANGE) else { return true };
    let Ok(value) = value.to_str() else { return false };
    if value.trim_start().starts_with('"') || value.trim_start().starts_with("W/") {
        return matches_any(value, now.etag, Strength::Strong);
    }
    parse_date(value) == Some(now.modified_secs)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Strength {
    /// Strong comparison: identical bytes.
    Strong,
    /// Weak comparison: equivalent content.
    Weak,
}

fn matches_any(list: &str, etag: &str, strength: Strength) -> bool {
    if list.trim() == "*" {
        return true;
    }
    // Our tags contain neither commas nor quotes, so splitting at commas is safe.
    list.split(',').any(|tag| opaque_tag(tag.trim(), strength) == Some(etag))
}

/// Returns the opaque part of an entity tag, without quotes; `None` if the tag is invalid or weaker than `strength`.
fn opaque_tag(tag: &str, strength: Strength) -> Option<&str> {
    let quoted = match tag.strip_prefix("W/") {
        Some(weak) if strength == Strength::Weak => weak,
        Some(_) => return None,
        None => tag,
    };
    quoted.strip_prefix('"')?.strip_suffix('"')
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn date(headers: &HeaderMap, name: header::HeaderName) -> Option<u64> {
    parse_date(text(headers, name)?)
}

fn parse_date(value: &str) -> Option<u64> {
    // Some old clients append "; length=...".
    let value = value.split(';').next()?.trim();
    let time = httpdate::parse_http_date(value).ok()?;
    time.duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| since.as_secs())
}

/// Formats `secs` for `Last-Modified`. Files may be older than 1970 or newer than 9999, which HTTP dates cannot
/// express.
pub fn http_date(secs: u64) -> String {
    httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(secs.min(LAST_SECOND)))
}

/// 9999-12-31T23:59:59Z
const LAST_SECOND: u64 = 253_402_300_799;

/// Returns a file's modification time in the range of HTTP dates, in whole seconds.
pub fn http_secs(modified: model::UnixMillis) -> u64 {
    u64::try_from(modified.secs()).unwrap_or(0).min(LAST_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: u64 = 1_700_000_000;
    const SAME: &str = "Tue, 14 Nov 2023 22:13:20 GMT";
    const EARLIER: &str = "Tue, 14 Nov 2023 22:13:19 GMT";
    const LATER: &str = "Wed, 15 Nov 2023 00:00:00 GMT";

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            let name: header::HeaderName = name.parse().expect("name");
            (name, value.parse().expect("value"))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn table() {
        use Decision::{Failed, NotModified, Proceed};
        let now = Validators { etag: "abc", modified_secs: AT };
        assert_eq!(http_date(AT), SAME);
        for (pairs, want) in [
            (&[][..], Proceed),
            (&[("if-none-match", "\"abc\"")], NotModified),
            (&[("if-none-match", "W/\"abc\"")], NotModified),
            (&[("if-none-match", "\"x\", \"abc\"")], NotModified),
            (&[("if-none-match", "*")], NotModified),
            (&[("if-none-match", "\"x\"")], Proceed),
            (&[("if-none-match", "abc")], Proceed),
            (&[("if-modified-since", SAME)], NotModified),
            (&[("if-modified-since", LATER)], NotModified),
            (&[("if-modified-since", EARLIER)], Proceed),
            (&[("if-modified-since", "nonsense")], Proceed),
            (&[("if-none-match", "\"x\""), ("if-modified-since", SAME)], Proceed),
            (&[("if-match", "\"abc\"")], Proceed),
            (&[("if-match", "W/\"abc\"")], Failed),
            (&[("if-match", "\"x\"")], Failed),
            (&[("if-match", "*")], Proceed),
            (&[("if-unmodified-since", EARLIER)], Failed),
            (&[("if-unmodified-since", SAME)], Proceed),
        ] {
            assert_eq!(evaluate(&headers(pairs), now), want, "{pairs:?}");
        }
    }

    #[test]
    fn of_changes() {
        let tags = |tags: &[&str]| Some(Versions::Tagged(tags.iter().map(|tag| (*tag).to_owned()).collect()));
        let none = Condition::default();
        for (pairs, want) in [
            (&[][..], none.clone()),
            (&[("if-match", "*")], Condition { if_match: Some(Versions::Any), ..none.clone() }),
            (&[("if-match", "\"a\", W/\"b\", c")], Condition { if_match: tags(&["a"]), ..none.clone() }),
            (
                &[("if-match", "\"a\""), ("if-unmodified-since", SAME)],
                Condition { if_match: tags(&["a"]), ..none.clone() },
            ),
            (&[("if-none-match", " * ")], Condition { if_none_match: Some(Versions::Any), ..none.clone() }),
            (&[("if-none-match", "\"a\", W/\"b\"")], Condition { if_none_match: tags(&["a", "b"]), ..none.clone() }),
            (&[("if-unmodified-since", SAME)], Condition { if_unmodified_since_secs: Some(AT), ..none.clone() }),
            (&[("if-unmodified-since", "nonsense"), ("if-modified-since", SAME)], none.clone()),
        ] {
            assert_eq!(write_preconditions(&headers(pairs)), want, "{pairs:?}");
        }
        let unreadable = |name: &str| {
            let mut headers = HeaderMap::new();
            let name: header::HeaderName = name.parse().expect("name");
            headers.insert(name, http::HeaderValue::from_bytes(b"\"\xff\"").expect("value"));
            write_preconditions(&headers)
        };
        assert_eq!(unreadable("if-match"), Condition { if_match: tags(&[]), ..none.clone() });
        assert_eq!(unreadable("if-none-match"), Condition { if_none_match: Some(Versions::Any), ..none });
    }

    #[test]
    fn if_range() {
        let now = Validators { etag: "abc", modified_secs: AT };
        for (value, want) in
            [("\"abc\"", true), ("W/\"abc\"", false), ("\"x\"", false), (SAME, true), (LATER, false), ("junk", false)]
        {
            assert_eq!(if_range_holds(&headers(&[("if-range", value)]), now), want, "{value}");
        }
        assert!(if_range_holds(&HeaderMap::new(), now));
    }
}
