//! A log entry of one request, as a line of text or of JSON.

use crate::connections::Remote;
use edge_http::extract::secrets::masked;
use http::{HeaderValue, Method, Request, Uri, Version, header};
use model::invisible::push_one_line;
use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The log entry of one request.
pub struct Entry {
    /// When the head had arrived.
    pub at: SystemTime,
    remote: Remote,
    method: Method,
    uri: Uri,
    version: Version,
    user_agent: Option<HeaderValue>,
    /// The client behind a trusted proxy, if the routes detected one.
    pub client: Option<IpAddr>,
    /// The account of the request.
    pub account: Option<Arc<str>>,
    /// Status of the answer; 0 if the client disconnected before.
    pub status: u16,
    /// Bytes of the response body that were passed to the connection.
    pub bytes: u64,
    /// Time from the head to the end of the answer.
    pub took: Duration,
    /// A refused head: the reason and the request target.
    pub refused: Option<(&'static str, String)>,
}

impl Entry {
    /// Starts an entry with the data of the request. Copies no long data: URI and headers are shared.
    pub fn begin<B>(remote: &Remote, request: &Request<B>) -> Box<Self> {
        Box::new(Self {
            at: SystemTime::now(),
            remote: remote.clone(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            user_agent: request.headers().get(header::USER_AGENT).cloned(),
            client: None,
            account: None,
            status: 0,
            bytes: 0,
            took: Duration::ZERO,
            refused: None,
        })
    }

    /// Returns the request target with secrets masked.
    pub fn url(&self) -> String {
        match &self.refused {
            Some((_, target)) => masked(target),
            None => masked(self.uri.path_and_query().map_or("/", |target| target.as_str())),
        }
    }

    fn peer(&self) -> String {
        match self.client {
            Some(client) => client.to_string(),
            None => self.remote.ip().map_or_else(|| "unix".into(), |ip| ip.to_string()),
        }
    }

    /// Appends `DATE TIME PEER ACCOUNT METHOD URL STATUS BYTES MS "AGENT"`; an unknown account is `-`.
    pub fn text(&self, at: &jiff::Zoned, out: &mut String) {
        let method = if self.refused.is_some() { "-" } else { self.method.as_str() };
        push_one_line(
            out,
            &format!(
                "{} {} {}",
                at.strftime("%Y-%m-%d %H:%M:%S%.3f"),
                self.peer(),
                self.account.as_deref().unwrap_or("-")
            ),
        );
        out.push(' ');
        out.push_str(method);
        out.push(' ');
        push_one_line(out, &self.url());
        let millis = self.took.as_millis();
        let _never = write!(out, " {} {} {millis}ms \"", self.status, self.bytes);
        push_one_line(out, &self.agent().replace('"', "'"));
        out.push('"');
        if let Some((why, _)) = self.refused {
            out.push_str(" refused: ");
            out.push_str(why);
        }
    }

    /// Appends one JSON object with the same data.
    pub fn json(&self, at: &jiff::Zoned, out: &mut String) {
        let value = serde_json::json!({
            "time": at.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string(),
            "peer": self.peer(),
            "account": self.account.as_deref(),
            "method": self.method.as_str(),
            "url": self.url(),
            "version": format!("{:?}", self.version),
            "status": self.status,
            "bytes": self.bytes,
            "ms": self.took.as_secs_f64() * 1000.0,
            "agent": self.agent(),
            "refused": self.refused.as_ref().map(|(why, _)| why),
        });
        out.push_str(&value.to_string());
    }

    fn agent(&self) -> String {
        self.user_agent
            .as_ref()
            .map_or_else(String::new, |agent| String::from_utf8_lossy(agent.as_bytes()).into_owned())
    }
}

/// Converts a time to the time zone of this machine.
pub fn local(at: SystemTime) -> jiff::Zoned {
    jiff::Timestamp::try_from(at).unwrap_or_default().to_zoned(jiff::tz::TimeZone::system())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_contains_no_secrets() {
        let request = http::Request::get("/.potluck/join/AbC?pw=x").body(()).unwrap();
        let mut entry = Entry::begin(&Remote::Unix, &request);
        assert_eq!(entry.url(), "/.potluck/join/***?pw=***");
        entry.refused = Some(("why", "/.potluck/join/AbC d?pw=x".into()));
        assert_eq!(entry.url(), "/.potluck/join/***?pw=***");
    }

    #[test]
    fn a_line_contains_no_control_characters() {
        let request = http::Request::get("/a?b").header("user-agent", &b"x\xff\" y"[..]).body(()).unwrap();
        let mut entry = Entry::begin(&Remote::Unix, &request);
        entry.account = Some("a\nb\u{202e}\u{61c}\u{1b}[2J".into());
        let mut line = String::new();
        entry.text(&local(entry.at), &mut line);
        assert!(!line.chars().any(char::is_control), "{line:?}");
        assert!(line.contains(r" unix a\u{a}b\u{202e}\u{61c}\u{1b}[2J GET /a?b 0 0 0ms "), "{line:?}");
        assert_eq!(line.matches('"').count(), 2);
        let mut json = String::new();
        entry.json(&local(entry.at), &mut json);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["url"], "/a?b");
    }
}
