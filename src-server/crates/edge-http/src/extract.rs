//! Parses an HTTP request into a [`Request`]: path, query, client, and the access that its proofs give.
//! All values that a client controls are parsed here, once. The path becomes a `VPath`; a forwarded client address
//! counts only if it comes from trusted proxies; the host must be a name of this server; pages of other sites cannot
//! change anything.

pub mod body;
pub mod connection_info;
mod connection_proofs;
pub mod device;
pub mod digest;
pub mod head;
pub mod host;
pub mod multipart;
pub mod names;
pub mod origin;
pub mod parameters;
pub mod proofs;
pub mod query;
pub mod secrets;
pub mod unsupported;

pub use body::{BodyFault, RequestBody, body};
pub use connection_info::ConnectionInfo;
pub use connection_proofs::ConnectionProofs;
pub use head::{Head, Peer, PeerAddr, RequestHead, head, with_head};
pub use origin::RequestOrigin;
pub use proofs::ProofKind;
pub use query::Query;

use crate::reply::{Failure, cookie};
use crate::routes::{account, links};
use crate::site::{Policy, Site};
use engine::accounts::AccessProof;
use engine::{Access, Client, Engine};
use http::{Method, StatusCode};
use model::vpath::{percent_decode, push_percent_encoded};
use model::{Operation, Perm, PermSet, VPath, Verdict};
use std::borrow::Cow;
use std::sync::Arc;
use warp::reply::Response;

/// One parsed request; the argument of every route.
pub struct Request {
    /// The shared state of the edge.
    pub site: Arc<Site>,
    /// The policy of the settings snapshot that this request runs under.
    pub policy: Arc<Policy>,
    /// Method, URL, headers and peer.
    pub head: RequestHead,
    /// The requested path, without the base path of the site.
    pub path: VPath,
    /// True if the path of the URL ends with a slash.
    pub trailing_slash: bool,
    /// The parameters of the query.
    pub query: Query,
    /// Client address, scheme and host as the client used them.
    pub connection: ConnectionInfo,
    /// Which site's page initiated the request.
    pub origin: RequestOrigin,
    /// The kind of proof that the request carries.
    pub proof: ProofKind,
    /// The rights of the account behind the request.
    pub access: Access,
    /// True if the cookie holds a proof that is not valid or not valid any more; the response then deletes the cookie.
    pub stale_cookie: bool,
    /// Token for a new `plguest` cookie, which tells a visitor without account from others behind the same address.
    pub new_visitor: Option<String>,
}

impl Request {
    /// The services.
    pub fn engine(&self) -> &Engine {
        &self.site.engine
    }
    /// Returns the method.
    pub fn method(&self) -> &Method {
        &self.head.method
    }
    /// Returns true for HEAD.
    pub fn is_head(&self) -> bool {
        self.head.method == Method::HEAD
    }
    /// Returns the settings that this request runs under.
    pub fn settings(&self) -> &model::Settings {
        &self.access.snapshot().settings
    }
    /// Returns the rights at the requested path.
    pub fn rights(&self) -> PermSet {
        self.access.rights_at(&self.path)
    }
    /// Returns true if `operation` is fully allowed at the requested path (`Allow`).
    pub fn may(&self, operation: Operation) -> bool {
        self.access.verdict(&self.path, operation) == Verdict::Allow
    }
    /// Returns the URL of a file on this site, percent-encoded, with the base path but without scheme and host:
    /// `/base/a%20b`.
    pub fn href(&self, path: &VPath) -> String {
        let mut out = String::with_capacity(self.policy.base.len() + 1 + path.as_bytes().len() * 2);
        out.push_str(&self.policy.base);
        out.push('/');
        push_percent_encoded(&mut out, path.as_bytes());
        out
    }
    /// Returns the URL of a folder on this site: like [`Request::href`], with a slash at its end.
    pub fn folder_href(&self, path: &VPath) -> String {
        let mut out = self.href(path);
        if !out.ends_with('/') {
            out.push('/');
        }
        out
    }
    /// Returns the URL of this request without its query. A folder keeps the slash at its end only if the request had
    /// it.
    pub fn self_href(&self) -> String {
        if self.trailing_slash { self.folder_href(&self.path) } else { self.href(&self.path) }
    }
    /// Prefixes `href` with the scheme and the host that the client used: `http://host/...`.
    pub fn absolute_url(&self, href: &str) -> String {
        let scheme = if self.connection.https { "https" } else { "http" };
        let local = || self.head.peer.local.map(|local| Cow::Owned(local.to_string()));
        let host = self.connection.authority.as_deref().map(Cow::Borrowed).or_else(local).unwrap_or("localhost".into());
        format!("{scheme}://{host}{href}")
    }
    /// Identifies a visitor without account by a cookie, to tell visitors behind one address apart.
    /// A browser gets the cookie with the page from which it can upload, before it uploads: concurrent requests would
    /// otherwise each get a cookie of their own. Programs that keep no cookies get none and are identified by their
    /// address.
    fn identify_visitor(&mut self) {
        if !self.access.account().is_anonymous() {
            return;
        }
        if let Some(token) = cookie::visitor_token(&self.head, self.connection.https) {
            self.access = self.access.clone().with_visitor_token(token);
            return;
        }
        if !self.head.is_page_load() || !self.head.is_browser() {
            return;
        }
        if *self.method() == Method::GET && (self.query.has("ups") || self.rights().has(Perm::Write)) {
            // This request is still identified by its address. A browser that does not keep cookies stays identified
            // that way.
            self.new_visitor = self.engine().accounts.new_visitor_token().ok();
        }
    }
    /// Returns true if the request comes from a page that `--acao` names explicitly, not just by `*`.
    fn is_allowed_reader(&self) -> bool {
        let named = &self.settings().network.cors_origins;
        let origin = self.head.headers.get(http::header::ORIGIN);
        origin.is_some_and(|origin| {
            let is_it = |name: &&String| name.trim_end_matches('/').as_bytes().eq_ignore_ascii_case(origin.as_bytes());
            named.iter().any(|name| is_it(&name))
        })
    }
    /// Returns the requested path as error bodies show it: percent-decoded, without the slash in front.
    pub fn shown_path(&self) -> String {
        let mut shown = self.path.display();
        if self.trailing_slash && shown.len() > 1 {
            shown.push('/');
        }
        shown.split_off(1)
    }
}

/// Builds a [`Request`] from the head that was received.
///
/// # Errors
/// The complete response for a request that is not routed: unknown host, invalid path, a banned client, or a `?pw=`
/// that a browser should not keep in its address bar.
pub async fn read_request(site: Arc<Site>, head: RequestHead) -> Result<Request, Box<Response>> {
    let policy = site.policy();
    let connection = connection_info::connection_info(&head, &policy);
    let client = Client { address: connection.client };
    let raw_path = head.uri.path();
    let path = parse_path(raw_path, &policy);
    let (path, fault) = match path {
        Ok(path) => (path, None),
        Err(fault) => (VPath::root(), Some(fault)),
    };
    let mut request = Request {
        trailing_slash: raw_path.ends_with('/'),
        query: Query::parse(head.uri.query()),
        origin: origin::classify(
            &head,
            &connection,
            &origin::OwnNames {
                configured: &policy.hosts,
                site: policy.snapshot.settings.network.site.as_deref(),
                is_known: &|name| host::is_own_name(name, &policy, &site.options),
            },
        ),
        proof: ProofKind::None,
        access: site.engine.accounts.anonymous(client),
        stale_cookie: false,
        new_visitor: None,
        site,
        policy,
        head,
        path,
        connection,
    };
    let refused = refuse_unknown_host(&request).or_else(|| fault.map(Failure::from));
    // The pages of share links render the ban themselves, with the time until it ends.
    let renders_ban_itself = links::is_link(&request.path);
    let refused = refused.or_else(|| {
        request.engine().accounts.check_not_banned(client).err().filter(|_| !renders_ban_itself).map(Failure::from)
    });
    if let Some(failure) = refused {
        return Err(crate::reply::finish(&request, Err(failure)).into());
    }
    authenticate(&mut request, client).await?;
    request.identify_visitor();
    if let Some(connection_proofs) = &request.head.connection_proofs {
        connection_proofs.record(AccessProof::of(&request.access), request.head.version == http::Version::HTTP_2);
    }
    Ok(request)
}

fn parse_path(raw: &str, policy: &Policy) -> Result<VPath, engine::EngineError> {
    let path = match raw.contains('%') {
        true => VPath::parse(&percent_decode(raw.as_bytes())),
        false => VPath::parse(raw.as_bytes()),
    }?;
    // Some proxies strip the base path from the URL and others do not. Both are accepted.
    let below = policy.base_path.as_ref().and_then(|base| path.strip_prefix(base));
    Ok(below.unwrap_or(path))
}

/// Returns the refusal of a request whose host is not a name of this server. Both the host that a proxy forwarded and
/// the `Host` of the request itself must be names of this server: any page can make a browser send `X-Forwarded-Host`,
/// but not another `Host`.
fn refuse_unknown_host(request: &Request) -> Option<Failure> {
    let is_ours = |host: &&String| host::is_allowed(host, &request.policy, &request.site.options);
    let mut hosts = request.connection.authority.iter().chain(&request.connection.raw_hosts);
    let name = host::without_port(hosts.find(|host| !is_ours(host))?);
    let text = format!(
        "this server is not known as '{name}'. Use its address or its own name; or, if this name is right, start \
         the server with --host {name}"
    );
    Some(Failure::text(StatusCode::MISDIRECTED_REQUEST, text))
}

/// Authenticates the request: sets `access` according to its proofs.
///
/// # Errors
/// The complete response: a redirect for a `?pw=` in a browser, or a refusal (banned, busy).
async fn authenticate(request: &mut Request, client: Client) -> Result<(), Box<Response>> {
    let login = &request.settings().login;
    let is_foreign = request.origin.is_foreign();
    let is_allowed_reader = || request.is_allowed_reader();
    let accepted = proofs::AcceptedProofs {
        basic: !login.no_basic,
        names: login.usernames_required,
        https: request.connection.https,
        // Any site can link to a URL with a password, which would sign its visitors in to an account of that site's
        // choice.
        query: !is_foreign || is_allowed_reader(),
    };
    let opens_page = request.head.method == Method::GET && request.head.is_page_load();
    let found = proofs::find(&request.head, &request.query, accepted);
    request.proof = found.kind;
    if !accepted.query && opens_page && request.query.has("pw") {
        let outcome = account::redirect_without_password(request);
        return Err(crate::reply::finish(request, outcome).into());
    }
    if found.kind == ProofKind::None {
        return Ok(());
    }
    let mut proofs = found.proofs();
    proofs.is_foreign = is_foreign || (found.kind == ProofKind::Query && origin::hides_origin(&request.head));
    if found.kind == ProofKind::Query && opens_page {
        let outcome = account::login_and_redirect(request, &proofs).await;
        return Err(crate::reply::finish(request, outcome).into());
    }
    match request.engine().accounts.access(&proofs, client).await {
        Ok(access) => {
            let is_proven = !access.account().is_anonymous();
            request.stale_cookie = found.kind == ProofKind::Cookie && !is_proven;
            if is_foreign && is_proven && found.kind == ProofKind::Header {
                request.origin = RequestOrigin::ForeignWithPassword;
            }
            request.access = access;
            Ok(())
        }
        Err(error) => Err(crate::reply::finish(request, Err(error.into())).into()),
    }
}
