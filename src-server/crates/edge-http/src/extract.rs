//! Parses an HTTP request into a [`Request`]: path, query, client, and the access that its proofs give.
//! All values that a client controls are parsed here, once. The path becomes a `VPath`; a forwarded client address
//! counts only if it comes from trusted proxies; the host must be a name of this server; pages of other sites cannot
//! change anything.

pub mod body;
pub mod connection_info;
mod connection_proofs;
pub mod cookies;
pub mod dav;
pub mod device;
pub mod digest;
pub mod head;
pub mod host;
pub mod interim;
pub mod multipart;
pub mod names;
pub mod origin;
pub mod parameters;
pub mod proofs;
pub mod query;
pub mod secrets;
pub mod unsupported;
pub mod urlencoded;
pub mod wanted_digest;

pub use body::{BodyFault, RequestBody, body};
pub use connection_info::ConnectionInfo;
pub use connection_proofs::ConnectionProofs;
pub use head::{Head, Peer, PeerAddr, RequestHead, head, with_head};
pub use origin::RequestOrigin;
pub use proofs::ProofKind;
pub use query::Query;

use crate::failure::Failure;
use crate::request::Request;
use crate::site::{Policy, Site};
use crate::urls;
use engine::Client;
use engine::accounts::AccessProof;
use http::{Method, StatusCode};
use model::invisible::one_line;
use model::vpath::percent_decode;
use model::{Perm, VPath};
use proofs::FoundProof;
use std::sync::{Arc, OnceLock};

/// A request that no route handles.
pub struct Unrouted {
    /// The request, as far as it was read.
    pub request: Request,
    /// What happens instead.
    pub reason: UnroutedReason,
}

/// Why no route handles a request.
pub enum UnroutedReason {
    /// It is refused: unknown host, invalid path, a banned client, a busy server.
    Refused(Failure),
    /// A browser opens a URL with `?pw=` of this server: it signs in, and is redirected to the URL without it.
    LogIn {
        /// The password.
        proof: FoundProof,
        /// Another site's page may have caused the request.
        is_foreign: bool,
    },
    /// Another site's page opened a URL with `?pw=`: the browser is redirected to the URL without it.
    DropPassword,
}

/// Builds a [`Request`] from the head that was received.
///
/// # Errors
/// The request, and why it is not routed.
pub async fn read_request(site: Arc<Site>, head: RequestHead) -> Result<Request, Box<Unrouted>> {
    let policy = site.policy();
    let connection = connection_info::connection_info(&head, &policy);
    let client = Client { address: connection.client };
    let raw_path = head.uri.path();
    let path = parse_path(raw_path, &policy);
    let (path, fault) = match path {
        Ok(path) => (path, None),
        Err(fault) => (VPath::root(), Some(fault)),
    };
    let (dav_alias, path) = dav::split_alias(&head, path, &policy);
    let mut request = Request {
        dav_alias,
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
        texts: OnceLock::new(),
        new_visitor: None,
        site,
        policy,
        head,
        path,
        connection,
    };
    let refused = refuse_unknown_host(&request).or_else(|| fault.map(Failure::from));
    // The pages of share links render the ban themselves, with the time until it ends.
    let renders_ban_itself = urls::is_link(&request.path);
    let refused = refused.or_else(|| {
        request.engine().accounts.check_not_banned(client).err().filter(|_| !renders_ban_itself).map(Failure::from)
    });
    if let Some(failure) = refused {
        return Err(Unrouted { request, reason: UnroutedReason::Refused(failure) }.into());
    }
    if let Err(reason) = authenticate(&mut request, client).await {
        return Err(Unrouted { request, reason }.into());
    }
    identify_visitor(&mut request);
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
    tracing::warn!(
        address = %request.connection.client, host = one_line(name),
        "a request was refused: it names a host that is none of this server's; --host NAME or --site URL allow it"
    );
    let text = format!(
        "this server is not known as '{name}'. Use its address or its own name; or, if this name is right, start \
         the server with --host {name}"
    );
    Some(Failure::text(StatusCode::MISDIRECTED_REQUEST, text))
}

/// Authenticates the request: sets `access` according to its proofs.
///
/// # Errors
/// Why the request is not routed: a `?pw=` in a browser, or a refusal (banned, busy).
async fn authenticate(request: &mut Request, client: Client) -> Result<(), UnroutedReason> {
    let login = &request.settings().login;
    let is_foreign = request.origin.is_foreign();
    let is_allowed_reader = || is_allowed_reader(request);
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
        return Err(UnroutedReason::DropPassword);
    }
    if found.kind == ProofKind::None {
        return Ok(());
    }
    let may_be_foreign = is_foreign || (found.kind == ProofKind::Query && origin::hides_origin(&request.head));
    if found.kind == ProofKind::Query && opens_page {
        return Err(UnroutedReason::LogIn { proof: found, is_foreign: may_be_foreign });
    }
    match request.engine().accounts.access(&found.credential(may_be_foreign), client).await {
        Ok(access) => {
            let is_authenticated = !access.account().is_anonymous();
            request.stale_cookie = found.kind == ProofKind::Cookie && !is_authenticated;
            if is_foreign && is_authenticated && found.kind == ProofKind::Header {
                request.origin = RequestOrigin::ForeignWithPassword;
            }
            request.access = access;
            Ok(())
        }
        Err(error) => Err(UnroutedReason::Refused(error.into())),
    }
}

/// Identifies a visitor without account by a cookie, to tell visitors behind one address apart.
/// A browser gets the cookie with the page from which it can upload, before it uploads: concurrent requests would
/// otherwise each get a cookie of their own. Programs that keep no cookies get none and are identified by their
/// address.
fn identify_visitor(request: &mut Request) {
    if !request.access.account().is_anonymous() {
        return;
    }
    if let Some(token) = cookies::visitor_token(&request.head, request.connection.https) {
        request.access = request.access.clone().with_visitor_token(token);
        return;
    }
    if !request.head.is_page_load() || !request.head.is_browser() {
        return;
    }
    if *request.method() == Method::GET && (request.query.has(urls::OWN_UPLOADS) || request.rights().has(Perm::Write)) {
        // This request is still identified by its address. A browser that does not keep cookies stays identified
        // that way.
        request.new_visitor = request.engine().accounts.new_visitor_token().ok();
    }
}

/// Returns true if the request comes from a page that `--acao` names explicitly, not just by `*`.
fn is_allowed_reader(request: &Request) -> bool {
    let named = &request.settings().network.cors_origins;
    let origin = request.head.headers.get(http::header::ORIGIN);
    origin.is_some_and(|origin| {
        let is_it = |name: &&String| name.trim_end_matches('/').as_bytes().eq_ignore_ascii_case(origin.as_bytes());
        named.iter().any(|name| is_it(&name))
    })
}
