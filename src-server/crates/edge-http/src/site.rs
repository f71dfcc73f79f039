//! What every request of this edge needs: the engine, and what follows from the settings in force.
//!
//! [`Policy`] is worked out once for each snapshot of settings, so that no request parses a base path or the name of
//! a header again.

use crate::admin::AdminApi;
use arc_swap::{ArcSwap, ArcSwapOption};
use engine::Engine;
use engine::live::Live;
use http::HeaderName;
use model::VPath;
use std::sync::Arc;

/// What this edge must be told beyond settings.
#[derive(Clone, Default)]
pub struct HttpOptions {
    /// The names of this machine, in lower case, without suffix (`hostname`): requests may address it by them.
    pub host_names: Vec<String>,
    /// The control door, for administrators; `None`: there is none.
    pub admin: Option<Arc<dyn AdminApi>>,
    /// The host name that neighbours are told, such as `kitchen-2.local`; it changes when another machine has the same.
    pub announced_host: Arc<ArcSwapOption<String>>,
}

/// Engine, options and the policy in force; one for each set of routes.
pub struct Site {
    /// The services.
    pub engine: Engine,
    /// See there.
    pub options: HttpOptions,
    policy: ArcSwap<Policy>,
}

/// What follows from one snapshot of settings.
pub struct Policy {
    /// The snapshot.
    pub live: Arc<Live>,
    /// The path that the site is hosted below, as links carry it: empty, or `/some/path` without slash at its end.
    pub base: String,
    /// The same, as a path; `None` at the top.
    pub base_path: Option<VPath>,
    /// The header with the client's address.
    pub forwarded_header: HeaderName,
    /// Configured host names, in lower case.
    pub hosts: Vec<String>,
    /// Every host name will do (`*` is configured).
    pub any_host: bool,
}

impl Site {
    /// Binds the engine to this edge.
    pub fn new(engine: Engine, options: HttpOptions) -> Self {
        let policy = ArcSwap::from_pointee(Policy::new(engine.live()));
        Self { engine, options, policy }
    }

    /// The policy of the settings in force now.
    pub fn policy(&self) -> Arc<Policy> {
        let known = self.policy.load_full();
        let live = self.engine.live();
        if Arc::ptr_eq(&known.live, &live) {
            return known;
        }
        let fresh = Arc::new(Policy::new(live));
        self.policy.store(fresh.clone());
        fresh
    }
}

impl Policy {
    fn new(live: Arc<Live>) -> Self {
        let network = &live.settings.network;
        let base = if network.base.is_root() { String::new() } else { format!("/{}", network.base.to_url()) };
        let base_path = (!network.base.is_root()).then(|| network.base.clone());
        let forwarded_header = HeaderName::from_bytes(network.forwarded_header.to_ascii_lowercase().as_bytes())
            .unwrap_or(HeaderName::from_static("x-forwarded-for"));
        let hosts: Vec<String> = network.hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        let any_host = hosts.iter().any(|host| host == "*");
        Self { base, base_path, forwarded_header, hosts, any_host, live }
    }
}
