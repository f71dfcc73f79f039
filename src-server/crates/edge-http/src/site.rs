//! State shared by all requests of this edge: the engine, and values derived from the current settings.
//! [`Policy`] is computed once for each snapshot of the settings, so that no request has to parse the base path or a
//! header name again.

use crate::admin::AdminApi;
use crate::announced::Announced;
use crate::extract::body;
use crate::markdown::Renderer;
use arc_swap::ArcSwap;
use edge_dav::DavClients;
use engine::Engine;
use engine::budget::Budget;
use engine::snapshot::Snapshot;
use http::HeaderName;
use model::VPath;
use regex::bytes::Regex;
use std::sync::Arc;

/// Options of this edge that are not part of the settings.
#[derive(Clone, Default)]
pub struct HttpOptions {
    /// Names of this machine in lower case, without domain (`hostname`). Requests may use them as `Host`.
    pub host_names: Vec<String>,
    /// The admin API; `None` switches its routes off.
    pub admin: Option<Arc<dyn AdminApi>>,
    /// The announcements in the local network.
    pub announced: Arc<Announced>,
}

/// Engine, options and current policy; one for each set of routes.
pub struct Site {
    /// The engine.
    pub engine: Engine,
    /// The options given to [`Site::new`].
    pub options: HttpOptions,
    /// Memory that holds bodies of requests.
    pub body_memory: Budget,
    /// The programs that speak WebDAV.
    pub dav_clients: DavClients,
    /// Renders Markdown.
    pub markdown: Renderer,
    policy: ArcSwap<Policy>,
}

/// Values derived from one snapshot of the settings.
pub struct Policy {
    /// The snapshot that the other fields were derived from.
    pub snapshot: Arc<Snapshot>,
    /// The path prefix of the site as used in links: empty, or `/some/path` without a slash at its end.
    pub base: String,
    /// The same prefix as a `VPath`; `None` if the site is at the root.
    pub base_path: Option<VPath>,
    /// The header in which trusted proxies pass on the client's address.
    pub forwarded_header: HeaderName,
    /// Host names from the settings, in lower case.
    pub hosts: Vec<String>,
    /// True if every host name is accepted (`*` is configured).
    pub any_host: bool,
    /// Programs that are asked for a password although they look like browsers (`--dav-ua1`).
    pub asked_agents: Option<Regex>,
    /// Programs that cannot use WebDAV (`--ua-nodav`).
    pub agents_without_dav: Option<Regex>,
}

impl Site {
    /// Creates the shared state with the policy of the current settings.
    pub fn new(engine: Engine, options: HttpOptions) -> Self {
        let policy = ArcSwap::from_pointee(Policy::new(engine.snapshot()));
        Self {
            engine,
            options,
            body_memory: body::memory_budget(),
            dav_clients: DavClients::default(),
            markdown: Renderer::default(),
            policy,
        }
    }

    /// Returns the policy of the current settings. Computes it anew if the settings have changed.
    pub fn policy(&self) -> Arc<Policy> {
        let known = self.policy.load_full();
        let snapshot = self.engine.snapshot();
        if Arc::ptr_eq(&known.snapshot, &snapshot) {
            return known;
        }
        let fresh = Arc::new(Policy::new(snapshot));
        self.policy.store(fresh.clone());
        fresh
    }
}

impl Policy {
    fn new(snapshot: Arc<Snapshot>) -> Self {
        let network = &snapshot.settings.network;
        let base = if network.base.is_root() { String::new() } else { format!("/{}", network.base.to_url()) };
        let base_path = (!network.base.is_root()).then(|| network.base.clone());
        let forwarded_header = HeaderName::from_bytes(network.forwarded_header.to_ascii_lowercase().as_bytes())
            .unwrap_or(HeaderName::from_static("x-forwarded-for"));
        let hosts: Vec<String> = network.hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        let any_host = hosts.iter().any(|host| host == "*");
        let dav = &snapshot.settings.dav;
        let (asked_agents, agents_without_dav) = (regex_of(&dav.asked_agents), regex_of(&dav.off_for_agents));
        Self { base, base_path, forwarded_header, hosts, any_host, asked_agents, agents_without_dav, snapshot }
    }
}

/// Returns a regular expression of the settings, which have been checked; `None` for an empty one.
fn regex_of(text: &str) -> Option<Regex> {
    Some(text).filter(|text| !text.is_empty()).and_then(|text| Regex::new(text).ok())
}
