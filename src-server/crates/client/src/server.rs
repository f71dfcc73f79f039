//! The server that is talked to: its address, who asks, and requests with their faults.

use crate::args::Common;
use crate::fault::Fault;
use crate::names;
use percent_encoding::percent_decode_str;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use ureq::http::{HeaderName, HeaderValue, Method, Request, Response, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{AsSendBody, Body};

/// Most bytes of an answer that is read whole.
const ANSWER_MAX: u64 = 256 << 20;
/// Most bytes of a refusal's text that are shown.
const REFUSAL_MAX: u64 = 16 << 10;
/// Longest silence on a connection. A server that checks a large duplicate is silent while it reads.
const SILENCE_MAX: Duration = Duration::from_secs(120);

/// An address as a person gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// `http://host:port`
    pub origin: String,
    /// The path, encoded; begins with a slash.
    pub path: String,
    user: Option<(String, String)>,
}

impl Address {
    /// Parses an address. `None`: it is a path of this computer.
    ///
    /// # Errors
    /// An address of another kind, or without a host.
    pub fn parse(text: &Path) -> Result<Option<Self>, Fault> {
        let Some((scheme, rest)) = text.to_str().and_then(|text| text.split_once("://")) else { return Ok(None) };
        let scheme = scheme.to_ascii_lowercase();
        if !matches!(&*scheme, "http" | "https") {
            return Err(Fault::Usage(format!(
                "{scheme}:// is not known here; give an address with http:// or https://"
            )));
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        if host.is_empty() {
            return Err(Fault::Usage(format!("{} names no server", text.display())));
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let user = user.map(|user| match user.split_once(':') {
            Some((name, password)) => (decoded(name), decoded(password)),
            None => (decoded(user), String::new()),
        });
        // Written anew, so that blanks and letters that were typed as they are become parts of an address.
        let path = path.split(['?', '#']).next().unwrap_or("");
        let parts = path.split('/').map(|part| names::encoded(&percent_decode_str(part).collect::<Vec<u8>>()));
        let path = parts.collect::<Vec<_>>().join("/");
        let path = if path.is_empty() { "/".to_owned() } else { path };
        Ok(Some(Self { origin: format!("{scheme}://{host}"), path, user }))
    }

    /// The path, with a slash at its end.
    pub fn folder(&self) -> String {
        let slash = if self.path.ends_with('/') { "" } else { "/" };
        [&*self.path, slash].concat()
    }
}

/// A server, and who asks.
pub struct Server {
    agent: ureq::Agent,
    origin: String,
    login: Option<(HeaderName, HeaderValue)>,
    /// It has answered before, so that a lost connection may come back.
    has_answered: AtomicBool,
}

impl Server {
    /// Prepares requests to the server of an address.
    ///
    /// # Errors
    /// Files with certificates or a password that cannot be read.
    pub fn new(address: &Address, common: &Common) -> Result<Self, Fault> {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            // The password is for this server alone.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_per_read(Some(SILENCE_MAX))
            .timeout_per_write(Some(SILENCE_MAX))
            .max_idle_connections(common.jobs * 2)
            .max_idle_connections_per_host(common.jobs * 2)
            .output_buffer_size(256 << 10)
            .input_buffer_size(256 << 10)
            .user_agent(concat!("potluck/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls(common)?)
            .build();
        Ok(Self {
            agent: config.into(),
            origin: address.origin.clone(),
            login: login(address, common)?,
            has_answered: AtomicBool::new(false),
        })
    }

    /// Sends a request. `path`: encoded, with its query. Returns the answer of a success.
    ///
    /// # Errors
    /// Refusals, redirects, and lost connections.
    pub fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsSendBody,
    ) -> Result<Response<Body>, Fault> {
        let mut request = Request::builder().method(method).uri([&*self.origin, path].concat());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some((name, value)) = &self.login {
            request = request.header(name, value);
        }
        let request = request.body(body).map_err(|error| Fault::Usage(error.to_string()))?;
        let answer = self.agent.run(request).map_err(|error| match connection(error) {
            Fault::Connection(why) if !self.has_answered.load(Relaxed) => {
                Fault::Unreachable { origin: self.origin.clone(), why }
            }
            fault => fault,
        })?;
        self.has_answered.store(true, Relaxed);
        let status = answer.status();
        if status.is_redirection() {
            let place = answer.headers().get(header::LOCATION).and_then(|place| place.to_str().ok()).unwrap_or("");
            return Err(Fault::Usage(format!("the server is at another address: {place}")));
        }
        if status.is_success() { Ok(answer) } else { Err(refused(status.as_u16(), answer)) }
    }

    /// Sends a request without a body.
    ///
    /// # Errors
    /// As [`Server::request`].
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Response<Body>, Fault> {
        self.request(Method::GET, path, headers, ())
    }
}

/// Reads an answer as JSON.
///
/// # Errors
/// It is not, or it is too large.
pub fn json<T: serde::de::DeserializeOwned>(answer: Response<Body>) -> Result<T, Fault> {
    let text = answer.into_body().into_with_config().limit(ANSWER_MAX).read_to_vec().map_err(connection)?;
    serde_json::from_slice(&text).map_err(|error| Fault::Answer(error.to_string()))
}

/// The fault of a connection.
pub fn connection(error: ureq::Error) -> Fault {
    match error {
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
            Fault::Usage(format!("no encrypted connection: {error}; --ca-cert names the server's own certificate"))
        }
        error => Fault::Connection(error.to_string()),
    }
}

fn refused(status: u16, answer: Response<Body>) -> Fault {
    let after = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let mut text = String::new();
    // What cannot be read is not shown.
    let _ = answer.into_body().into_reader().take(REFUSAL_MAX).read_to_string(&mut text);
    let text = plain(&text);
    match status {
        429 | 500 | 502..=504 => Fault::Busy { status, text, after: after.map(Duration::from_secs) },
        _ => Fault::Refused { status, text },
    }
}

/// Returns the sentence in a refusal: up2k's servers write `<pre>sentence`, and the address behind it.
fn plain(text: &str) -> String {
    let text = text.trim_start().strip_prefix("<pre>").unwrap_or(text);
    let text = text.split("\nURL: ").next().unwrap_or("").trim();
    if text.starts_with('<') { String::new() } else { text.chars().take(300).collect() }
}

fn login(address: &Address, common: &Common) -> Result<Option<(HeaderName, HeaderValue)>, Fault> {
    let from_file = common.password_file.as_deref().map(password_in).transpose()?;
    let given = from_file.or_else(|| std::env::var("POTLUCK_PASSWORD").ok());
    let (name, password) = match (&address.user, given) {
        (Some((name, password)), given) => {
            (name.clone(), given.filter(|_| password.is_empty()).unwrap_or_else(|| password.clone()))
        }
        (None, Some(password)) => (String::new(), password),
        (None, None) => return Ok(None),
    };
    let (header, value) = if name.is_empty() {
        (HeaderName::from_static("pw"), password)
    } else {
        use base64::Engine as _;
        let both = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
        (header::AUTHORIZATION, format!("Basic {both}"))
    };
    let mut value = HeaderValue::from_bytes(value.as_bytes())
        .map_err(|_| Fault::Usage("the password has characters that cannot be sent".into()))?;
    value.set_sensitive(true);
    Ok(Some((header, value)))
}

fn password_in(file: &Path) -> Result<String, Fault> {
    let text = fs::read_to_string(file).map_err(|error| Fault::Usage(format!("{}: {error}", file.display())))?;
    Ok(text.lines().next().unwrap_or("").to_owned())
}

fn tls(common: &Common) -> Result<TlsConfig, Fault> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(RootCerts::PlatformVerifier)
        .disable_verification(common.insecure);
    if let Some(file) = &common.ca_cert {
        let pem = fs::read(file).map_err(|error| Fault::Usage(format!("{}: {error}", file.display())))?;
        let certs: Vec<_> = ureq::tls::parse_pem(&pem)
            .filter_map(|item| match item {
                Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        if certs.is_empty() {
            return Err(Fault::Usage(format!("{} has no certificate in PEM format", file.display())));
        }
        tls = tls.root_certs(RootCerts::Specific(Arc::new(certs)));
    }
    Ok(tls.build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_parsed() {
        let parse =
            |text: &str| Address::parse(Path::new(text)).map(|found| found.map(|one| (one.origin, one.path, one.user)));
        let user = |name: &str, password: &str| Some((name.to_owned(), password.to_owned()));
        for (text, origin, path, login) in [
            ("http://nas:3923/a b/ü/", "http://nas:3923", "/a%20b/%C3%BC/", None),
            ("HTTPS://ann:p%40ss@[::1]/x?y", "https://[::1]", "/x", user("ann", "p@ss")),
            ("http://h", "http://h", "/", None),
            ("http://h/%25/a+b", "http://h", "/%25/a%2Bb", None),
        ] {
            assert_eq!(parse(text).ok().flatten(), Some((origin.to_owned(), path.to_owned(), login)), "{text}");
        }
        assert!(matches!(parse("a/b"), Ok(None)));
        assert!(parse("ftp://h/").is_err() && parse("http:///x").is_err());
    }

    #[test]
    fn refusals_are_read_as_sentences() {
        assert_eq!(plain("<pre>no room\r\nURL: x\r\n"), "no room");
        assert_eq!(plain("<!doctype html><html>"), "");
    }
}
