//! The head of a request, shared instead of copied, and the connection it came by.
//!
//! warp hands out copies of header maps; a small download would spend a good part of its time on them. So the accept
//! loop moves the head into one shared value ([`with_head`]) which every filter then passes on by reference count.

use super::connection_proofs::ConnectionProofs;
use engine::uploads::SpliceHandle;
use http::header::{HeaderMap, HeaderName};
use http::{Method, Uri, Version};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use warp::Filter;

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerAddr {
    /// TCP.
    Ip(SocketAddr),
    /// A unix socket: somebody on this machine, a proxy as a rule.
    Unix,
}

/// A connection, as the accept loop saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Who is at the other end: the client, or a proxy.
    pub addr: PeerAddr,
    /// Our end.
    pub local: Option<SocketAddr>,
    /// Whether the connection is encrypted.
    pub tls: bool,
}

/// What stands before the body.
#[derive(Debug)]
pub struct Head {
    /// The verb.
    pub method: Method,
    /// The address as sent.
    pub uri: Uri,
    /// HTTP/1.0, 1.1 or 2.
    pub version: Version,
    /// All headers.
    pub headers: HeaderMap,
    /// The connection.
    pub peer: Peer,
    /// Where to note by which session the connection is used, if anybody wants to know.
    pub connection_proofs: Option<Arc<ConnectionProofs>>,
    /// Where its large bodies can be spliced from the connection.
    pub splice: Option<Arc<SpliceHandle>>,
}

impl Head {
    /// The first header called `name`, if it is text.
    pub fn text(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
    /// Whether a browser with a person in front of it seems to ask (spec/http-api.md 1.6): decides between pages with
    /// a form to sign in and answers for programs.
    pub fn is_browser(&self) -> bool {
        let agent = self.text(http::header::USER_AGENT).unwrap_or("");
        let looks =
            ["Mozilla/", "NetworkingExtension/", "com.apple.WebKit"].iter().any(|start| agent.starts_with(start));
        looks || is_text_browser(agent) || self.headers.contains_key(SEC_FETCH_SITE) || self.has_cookie("js")
    }
    /// Whether curl or its like asks, which get plain text.
    pub fn is_curl(&self) -> bool {
        let agent = self.text(http::header::USER_AGENT).unwrap_or("");
        agent.starts_with("curl/") || agent.starts_with("fetch")
    }
    /// Whether this is a browser that opens a page (and not an image, a script or a program), or a page of ours that wants
    /// to show a part of another one.
    pub fn is_page_load(&self) -> bool {
        let accept = self.text(http::header::ACCEPT).unwrap_or("");
        match self.text("sec-fetch-mode") {
            Some("same-origin") => accept.contains("text/html"),
            Some(mode) => mode == "navigate",
            None => self.is_browser() && accept.contains("text/html"),
        }
    }
    /// Cookies, as name and value, in the order they were sent.
    pub fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = self.headers.get_all(http::header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='))
    }
    /// The cookie called `name`.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies().find(|(key, _)| *key == name).map(|(_, value)| value)
    }
    fn has_cookie(&self, name: &str) -> bool {
        self.cookie(name).is_some()
    }
}

/// `Sec-Fetch-Site`: how the page that made a browser ask is related to us.
pub const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Browsers without script that do not call themselves Mozilla. They get pages, not protocol texts.
fn is_text_browser(agent: &str) -> bool {
    ["w3m/", "Lynx/", "Links ", "ELinks/", "Links/", "Dillo/", "NetSurf/"].iter().any(|start| agent.starts_with(start))
}

/// A head that many may hold.
#[derive(Clone, Debug)]
pub struct RequestHead(Arc<Head>);

impl RequestHead {
    /// Shares a head.
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

/// Moves the head of `request` into a shared value in its extensions; what remains has the verb, the address and the
/// body. An `Arc<ConnectionProofs>` and an `Arc<SpliceHandle>` among the extensions go with it. The accept loop calls this for every request
/// before it hands it to the routes.
pub fn with_head<B>(request: http::Request<B>, peer: Peer) -> http::Request<B> {
    let (mut parts, body) = request.into_parts();
    let head = Head {
        method: parts.method.clone(),
        uri: parts.uri.clone(),
        version: parts.version,
        headers: std::mem::take(&mut parts.headers),
        peer,
        connection_proofs: parts.extensions.remove(),
        splice: parts.extensions.remove(),
    };
    parts.extensions.insert(RequestHead::new(head));
    http::Request::from_parts(parts, body)
}

/// The head of the request at hand: the shared one, or (tests without an accept loop) one made from what warp has.
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
                // Put together from the parts of an address that was parsed before.
                uri: target.parse().unwrap_or_else(|_| Uri::from_static("/")),
                version: Version::HTTP_11,
                headers,
                peer: peer.unwrap_or(unknown_peer),
                connection_proofs: None,
                splice: None,
            })
        })
}
