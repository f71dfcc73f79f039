//! From what arrived to a [`Request`]: the path, the query, the client, and the access that its proofs give.
//!
//! Everything an attacker writes is read here once: the path becomes a `VPath`, the client's address counts only as far
//! as the proxies between are trusted, the host must be ours, and pages of strangers cannot change anything.

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

/// One request, understood: what every route works on.
pub struct Request {
    /// Engine and options.
    pub site: Arc<Site>,
    /// What follows from the settings in force.
    pub policy: Arc<Policy>,
    /// Verb, address, headers, connection.
    pub head: RequestHead,
    /// The path below the base that the site is hosted at.
    pub path: VPath,
    /// The address ends with a slash.
    pub trailing_slash: bool,
    /// Parameters.
    pub query: Query,
    /// The client's side of it: address, scheme, host.
    pub connection: ConnectionInfo,
    /// Whose page made the browser ask.
    pub origin: RequestOrigin,
    /// How the visitor proves himself.
    pub proof: ProofKind,
    /// His rights.
    pub access: Access,
    /// The cookie held a proof that counts for nothing (any more): the answer takes it away.
    pub stale_cookie: bool,
    /// What the browser of a visitor without account shall keep, to be told from others behind its address.
    pub new_visitor: Option<String>,
}

impl Request {
    /// The services.
    pub fn engine(&self) -> &Engine {
        &self.site.engine
    }
    /// The verb.
    pub fn method(&self) -> &Method {
        &self.head.method
    }
    /// Whether only the head of the answer is wanted.
    pub fn is_head(&self) -> bool {
        self.head.method == Method::HEAD
    }
    /// The settings that this request runs under.
    pub fn settings(&self) -> &model::Settings {
        &self.access.live().settings
    }
    /// The rights at the path asked for.
    pub fn rights(&self) -> PermSet {
        self.access.at(&self.path)
    }
    /// Whether something may be done at the path asked for, fully (`Allow`).
    pub fn may(&self, operation: Operation) -> bool {
        self.access.verdict(&self.path, operation) == Verdict::Allow
    }
    /// The address of a file on this site, percent-encoded, from the base on: `/base/a%20b`.
    pub fn href(&self, path: &VPath) -> String {
        let mut out = String::with_capacity(self.policy.base.len() + 1 + path.as_bytes().len() * 2);
        out.push_str(&self.policy.base);
        out.push('/');
        push_percent_encoded(&mut out, path.as_bytes());
        out
    }
    /// The address of a folder on this site: like [`Request::href`], with a slash at its end.
    pub fn folder_href(&self, path: &VPath) -> String {
        let mut out = self.href(path);
        if !out.ends_with('/') {
            out.push('/');
        }
        out
    }
    /// The address asked for, without its query: folders and the root with their slash as it was sent.
    pub fn self_href(&self) -> String {
        if self.trailing_slash { self.folder_href(&self.path) } else { self.href(&self.path) }
    }
    /// `http://host` in front of an address on this site.
    pub fn absolute_url(&self, href: &str) -> String {
        let scheme = if self.connection.https { "https" } else { "http" };
        let local = || self.head.peer.local.map(|local| Cow::Owned(local.to_string()));
        let host = self.connection.authority.as_deref().map(Cow::Borrowed).or_else(local).unwrap_or("localhost".into());
        format!("{scheme}://{host}{href}")
    }
    /// Tells a visitor without account from others behind the same address, by a cookie. A browser gets one with the page
    /// from which it can upload, before it uploads: requests that run side by side would each get another one. Programs
    /// that keep no cookies get none, and go by their address.
    fn identify_visitor(&mut self) {
        if !self.access.account().is_anonymous() {
            return;
        }
        if let Some(token) = cookie::visitor_token(&self.head, self.connection.https) {
            self.access = self.access.clone().known_as(token);
            return;
        }
        if !self.head.is_page_load() || !self.head.is_browser() {
            return;
        }
        if *self.method() == Method::GET && (self.query.has("ups") || self.rights().has(Perm::Write)) {
            // This answer still goes by the address: who keeps no cookies is never told from others there.
            self.new_visitor = self.engine().accounts.new_visitor().ok();
        }
    }
    /// Whether another site's page asks that `--acao` names (not just by `*`).
    fn is_allowed_reader(&self) -> bool {
        let named = &self.settings().network.readers_elsewhere;
        let origin = self.head.headers.get(http::header::ORIGIN);
        origin.is_some_and(|origin| {
            let is_it = |name: &&String| name.trim_end_matches('/').as_bytes().eq_ignore_ascii_case(origin.as_bytes());
            named.iter().any(|name| is_it(&name))
        })
    }
    /// The request path without the slash in front, percent-decoded, as error bodies show it.
    pub fn shown_path(&self) -> String {
        let mut shown = self.path.display();
        if self.trailing_slash && shown.len() > 1 {
            shown.push('/');
        }
        shown.split_off(1)
    }
}

/// Reads a request.
///
/// # Errors
/// The finished answer for a request that goes no further: unknown host, impossible path, a banned guesser, a `?pw=`
/// that a browser shall not keep in its address bar.
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
                site: policy.live.settings.network.site.as_deref(),
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
    // The pages of links say themselves when to come back.
    let renders_ban_itself = links::is_link(&request.path);
    let refused = refused.or_else(|| {
        request.engine().accounts.is_let_in(client).err().filter(|_| !renders_ban_itself).map(Failure::from)
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
    // A proxy may have taken the base away already, or not; both are common.
    let below = policy.base_path.as_ref().and_then(|base| path.strip_prefix(base));
    Ok(below.unwrap_or(path))
}

/// The refusal of a name that is not ours. What a proxy says that the client asked for must be ours, and so must what the
/// request itself carries: any page can have `X-Forwarded-Host` sent, but not another `Host`.
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

/// Turns the proofs of a request into its access.
async fn authenticate(request: &mut Request, client: Client) -> Result<(), Box<Response>> {
    let login = &request.settings().login;
    let is_foreign = request.origin.is_foreign();
    let is_allowed_reader = || request.is_allowed_reader();
    let accepted = proofs::AcceptedProofs {
        basic: !login.no_basic,
        names: login.usernames_required,
        https: request.connection.https,
        // Any page can have an address with a password opened: it would sign its visitors in as somebody else.
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
