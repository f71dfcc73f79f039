//! Conditional requests (RFC 9110 13): is what the client has still good?

use http::{HeaderMap, header};
use std::time::{Duration, SystemTime};

/// What a client can compare with.
#[derive(Clone, Copy, Debug)]
pub struct Validators<'a> {
    /// Strong, without quotes.
    pub etag: &'a str,
    /// Whole seconds since 1970, as `Last-Modified` says it.
    pub modified_secs: u64,
}

/// What the conditions come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Answer as usual.
    Go,
    /// 304: the client's copy is good.
    NotModified,
    /// 412: the client wanted another version, or none.
    Failed,
}

/// Weighs `If-Match`, `If-Unmodified-Since`, `If-None-Match` and `If-Modified-Since`, in the order of RFC 9110 13.2.2.
pub fn decide(headers: &HeaderMap, now: Validators<'_>) -> Decision {
    // Almost no request has any of them; four misses in a small map are cheap.
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
        return if matches_any(list, now.etag, Strength::Weak) { Decision::NotModified } else { Decision::Go };
    }
    match date(headers, header::IF_MODIFIED_SINCE) {
        Some(date) if date >= now.modified_secs => Decision::NotModified,
        _ => Decision::Go,
    }
}

/// Whether a `Range` may be honoured: there is no `If-Range`, or it names exactly this version.
pub fn range_holds(headers: &HeaderMap, now: Validators<'_>) -> bool {
    let Some(value) = headers.get(header::IF_RANGE) else { return true };
    let Ok(value) = value.to_str() else { return false };
    if value.trim_start().starts_with('"') || value.trim_start().starts_with("W/") {
        return matches_any(value, now.etag, Strength::Strong);
    }
    parse_date(value) == Some(now.modified_secs)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Strength {
    /// Byte for byte the same.
    Strong,
    /// Good enough to show.
    Weak,
}

fn matches_any(list: &str, etag: &str, strength: Strength) -> bool {
    if list.trim() == "*" {
        return true;
    }
    // Our tags hold neither commas nor quotes, so a list falls apart at commas safely.
    list.split(',').map(str::trim).any(|tag| {
        let opaque = match tag.strip_prefix("W/") {
            Some(weak) if strength == Strength::Weak => weak,
            Some(_) => return false,
            None => tag,
        };
        opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) == Some(etag)
    })
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

/// `Last-Modified` for a moment. Files from before 1970 or after 9999 exist; HTTP cannot say so.
pub fn http_date(secs: u64) -> String {
    httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(secs.min(LAST_SECOND)))
}

/// 9999-12-31T23:59:59Z
const LAST_SECOND: u64 = 253_402_300_799;

/// A file's time as the whole seconds that HTTP can say.
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
        use Decision::{Failed, Go, NotModified};
        let now = Validators { etag: "abc", modified_secs: AT };
        assert_eq!(http_date(AT), SAME);
        for (pairs, want) in [
            (&[][..], Go),
            (&[("if-none-match", "\"abc\"")], NotModified),
            (&[("if-none-match", "W/\"abc\"")], NotModified),
            (&[("if-none-match", "\"x\", \"abc\"")], NotModified),
            (&[("if-none-match", "*")], NotModified),
            (&[("if-none-match", "\"x\"")], Go),
            (&[("if-none-match", "abc")], Go),
            (&[("if-modified-since", SAME)], NotModified),
            (&[("if-modified-since", LATER)], NotModified),
            (&[("if-modified-since", EARLIER)], Go),
            (&[("if-modified-since", "nonsense")], Go),
            (&[("if-none-match", "\"x\""), ("if-modified-since", SAME)], Go),
            (&[("if-match", "\"abc\"")], Go),
            (&[("if-match", "W/\"abc\"")], Failed),
            (&[("if-match", "\"x\"")], Failed),
            (&[("if-match", "*")], Go),
            (&[("if-unmodified-since", EARLIER)], Failed),
            (&[("if-unmodified-since", SAME)], Go),
        ] {
            assert_eq!(decide(&headers(pairs), now), want, "{pairs:?}");
        }
    }

    #[test]
    fn if_range() {
        let now = Validators { etag: "abc", modified_secs: AT };
        for (value, want) in
            [("\"abc\"", true), ("W/\"abc\"", false), ("\"x\"", false), (SAME, true), (LATER, false), ("junk", false)]
        {
            assert_eq!(range_holds(&headers(&[("if-range", value)]), now), want, "{value}");
        }
        assert!(range_holds(&HeaderMap::new(), now));
    }
}
