//! The head of a request, shared by reference count, and the connection that it arrived on.
//! warp clones header maps for its filters, and a small download would spend a good part of its time on the copies. So
//! the accept loop moves the head into one shared value ([`with_head`]), which the filters pass on by reference count.

use super::connection_proofs::ConnectionProofs;
use super::interim::InterimSender;
use engine::files::read::FileMaps;
use engine::uploads::SpliceHandle;
use http::header::{HeaderMap, HeaderName};
use http::{Method, Uri, Version};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use warp::Filter;

/// Address of the peer of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerAddr {
    /// TCP.
    Ip(SocketAddr),
    /// A Unix socket: a process on this machine, usually a reverse proxy.
    Unix,
}

/// The connection that a request arrived on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The peer: the client, or a proxy.
    pub addr: PeerAddr,
    /// The local address of the socket.
    pub local: Option<SocketAddr>,
    /// True if the connection is encrypted.
    pub tls: bool,
}

/// Everything of a request except its body.
#[derive(Debug)]
pub struct Head {
    /// The method.
    pub method: Method,
    /// The request target as sent.
    pub uri: Uri,
    /// The HTTP version: 1.0, 1.1 or 2.
    pub version: Version,
    /// All headers.
    pub headers: HeaderMap,
    /// The connection that the request arrived on.
    pub peer: Peer,
    /// Where the proofs of this connection are recorded, if the accept loop tracks them.
    pub connection_proofs: Option<Arc<ConnectionProofs>>,
    /// Handle for receiving large bodies by `splice(2)`, if the connection supports it.
    pub splice: Option<Arc<SpliceHandle>>,
    /// Sends interim responses, if the connection supports that.
    pub interim: Option<InterimSender>,
    /// Where response bodies map the files that the kernel is to send; `None` if it does not (TLS, HTTP/2).
    pub file_maps: Option<FileMaps>,
}

impl Head {
    /// Returns the first header called `name`, if its value is text.
    pub fn text(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
    /// Returns true if the request appears to come from a browser that a person uses. Decides between pages with a
    /// sign-in form and plain answers for programs.
    pub fn is_browser(&self) -> bool {
        let agent = self.text(http::header::USER_AGENT).unwrap_or("");
        let looks =
            ["Mozilla/", "NetworkingExtension/", "com.apple.WebKit"].iter().any(|start| agent.starts_with(start));
        looks || is_text_browser(agent) || self.headers.contains_key(SEC_FETCH_SITE) || self.has_cookie("js")
    }
    /// Returns true for curl and similar programs, which get plain text.
    pub fn is_curl(&self) -> bool {
        let agent = self.text(http::header::USER_AGENT).unwrap_or("");
        agent.starts_with("curl/") || agent.starts_with("fetch")
    }
    /// Returns true if a browser opens a page (not an image, a script or a program's request), or if a page of ours
    /// loads another one to show a part of it.
    pub fn is_page_load(&self) -> bool {
        let accept = self.text(http::header::ACCEPT).unwrap_or("");
        match self.text("sec-fetch-mode") {
            Some("same-origin") => accept.contains("text/html"),
            Some(mode) => mode == "navigate",
            None => self.is_browser() && accept.contains("text/html"),
        }
    }
    /// Iterates over the cookies as name and value, in the order sent.
    pub fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = self.headers.get_all(http::header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='))
    }
    /// Returns the value of the cookie called `name`.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies().find(|(key, _)| *key == name).map(|(_, value)| value)
    }
    fn has_cookie(&self, name: &str) -> bool {
        self.cookie(name).is_some()
    }
}

/// `Sec-Fetch-Site`: how the site of the initiating page is related to this server.
pub const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Returns true for browsers without script that do not call themselves Mozilla. They get pages, not protocol texts.
fn is_text_browser(agent: &str) -> bool {
    ["w3m/", "Lynx/", "Links ", "ELinks/", "Links/", "Dillo/", "NetSurf/"].iter().any(|start| agent.starts_with(start))
}

/// A shared head.
#[derive(Clone, Debug)]
pub struct RequestHead(Arc<Head>);

impl RequestHead {
    /// Wraps a head for sharing.
    pub fn new(head: Head) -> Self {
        Self(Arc::new(head))
    }
}

impl Deref for RequestHead {
    type Target = Head;
    fn deref(&self) -> &Head {
        &self.0
    }
}

/// Moves the head of `request` into a shared value in its extensions. The method, the URL and the body stay in the
/// request. An `Arc<ConnectionProofs>`, an `Arc<SpliceHandle>` and an `InterimSender` among the extensions move into the
/// head. `file_maps`:
/// see [`Head::file_maps`]. The accept loop calls this for every request before it calls the routes.
pub fn with_head<B>(request: http::Request<B>, peer: Peer, file_maps: Option<FileMaps>) -> http::Request<B> {
    let (mut parts, body) = request.into_parts();
    let head = Head {
        method: parts.method.clone(),
        uri: parts.uri.clone(),
        version: parts.version,
        headers: std::mem::take(&mut parts.headers),
        peer,
        connection_proofs: parts.extensions.remove(),
        splice: parts.extensions.remove(),
        interim: parts.extensions.remove(),
        file_maps,
    };
    parts.extensions.insert(RequestHead::new(head));
    http::Request::from_parts(parts, body)
}

/// Extracts the shared head of the request. Without one (tests that have no accept loop) the head is assembled from
/// warp's own filters.
pub fn head() -> impl Filter<Extract = (RequestHead,), Error = Infallible> + Clone {
    warp::ext::get::<RequestHead>().or(assembled()).unify()
}

fn assembled() -> impl Filter<Extract = (RequestHead,), Error = Infallible> + Clone {
    let query = warp::query::raw().map(Some).or(warp::any().map(|| None::<String>)).unify();
    warp::method()
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional::<Peer>())
        .map(|method, path: warp::path::FullPath, query: Option<String>, headers, peer: Option<Peer>| {
            let target = match query {
                Some(query) => format!("{}?{query}", path.as_str()),
                None => path.as_str().to_owned(),
            };
            let unknown_peer = Peer { addr: PeerAddr::Unix, local: None, tls: false };
            RequestHead::new(Head {
                method,
                // The parts come from a URL that was parsed before, so this cannot fail.
                uri: target.parse().unwrap_or_else(|_| Uri::from_static("/")),
                version: Version::HTTP_11,
                headers,
                peer: peer.unwrap_or(unknown_peer),
                connection_proofs: None,
                splice: None,
                interim: None,
                file_maps: None,
            })
        })
}
