//! The query of a URL: names and decoded values.
//! Parsing is lenient: unknown names are kept and ignored, a name without `=` counts as present with an empty value,
//! and `+` is a blank. The first of several equal names counts.

use model::vpath::percent_decode;
use std::borrow::Cow;

/// Most parameters that are parsed; further ones are ignored. No client sends that many, and the list must not grow
/// without bound.
const PARAMETERS_MAX: usize = 64;

/// The parameters of one request. An empty query allocates nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, Vec<u8>)>);

impl Query {
    /// Parses the part after the `?`.
    pub fn parse(raw: Option<&str>) -> Self {
        let Some(raw) = raw.filter(|raw| !raw.is_empty()) else { return Self::default() };
        let pairs = raw.split('&').filter(|pair| !pair.is_empty()).take(PARAMETERS_MAX);
        Self(pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(decode).collect())
    }
    /// Returns true if there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Returns true if `name` is present, with or without value.
    pub fn has(&self, name: &str) -> bool {
        self.bytes(name).is_some()
    }
    /// Returns the decoded value of `name` as bytes, for paths.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| &value[..])
    }
    /// Returns the decoded value of `name` as text; invalid UTF-8 becomes U+FFFD.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.bytes(name).map(String::from_utf8_lossy)
    }
    /// Returns the value of `name` if it is a number.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        std::str::from_utf8(self.bytes(name)?).ok()?.trim().parse().ok()
    }
}

fn decode((name, value): (&str, &str)) -> (String, Vec<u8>) {
    let plain = |text: &str| percent_decode(text.replace('+', " ").as_bytes());
    (String::from_utf8_lossy(&plain(name)).into_owned(), plain(value))
}

/// Returns `raw` without the parameters called `name`, for redirects and logs. Other parameters stay as sent.
pub fn without(raw: &str, name: &str) -> String {
    let stays = |pair: &&str| {
        let key = pair.split_once('=').map_or(*pair, |(key, _)| key);
        percent_decode(key.as_bytes()) != name.as_bytes()
    };
    raw.split('&').filter(stays).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses() {
        let query = Query::parse(Some("ls&k=a%2Bb+c&move=%2Fx%FF&&n=12&k=second"));
        assert!(query.has("ls") && !query.has("l"));
        assert_eq!(query.text("k").as_deref(), Some("a+b c"));
        assert_eq!(query.bytes("move"), Some(&b"/x\xff"[..]));
        assert_eq!(query.number::<u32>("n"), Some(12));
        assert_eq!(query.number::<u32>("ls"), None);
        assert!(Query::parse(None).is_empty() && Query::parse(Some("")).is_empty());
    }

    #[test]
    fn drops() {
        assert_eq!(without("ls&pw=x&dots", "pw"), "ls&dots");
        assert_eq!(without("p%77=x", "pw"), "");
        assert_eq!(without("a=pw", "pw"), "a=pw");
    }
}
