//! Which clients may connect, and how many: the same rules and one count for all protocols.

use crate::connections::{Admitted, ConnLimits, Conns, Endpoint, Remote, TooMany};
use arc_swap::ArcSwap;
use model::Networks;
use model::settings::Network;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Which clients may connect, and how many.
#[derive(Clone, Debug)]
pub struct AdmissionRules {
    /// Networks that may connect; empty: all.
    pub allowed: Networks,
    /// Limits on the number of connections.
    pub limits: ConnLimits,
}

impl AdmissionRules {
    /// Takes the rules from settings.
    pub fn new(network: &Network) -> Self {
        let most = network.max_connections.max(1);
        // Half of all, so that one address can never lock the others out. Trusted proxies connect for many clients and
        // still get no more: this computer is usually one of the trusted proxies, and has users other than the proxy.
        let max_per_client = u32::try_from(most.div_ceil(2)).unwrap_or(u32::MAX);
        let stalled_after = time_limit(network.body_timeout_secs);
        Self {
            allowed: network.allowed_peers.clone(),
            limits: ConnLimits { max_total: most, max_per_client, stalled_after },
        }
    }
}

/// Returns a time limit of the settings, at least one second and at most a week: 0 would end everything at once.
pub fn time_limit(secs: u64) -> Duration {
    Duration::from_secs(secs.clamp(1, 7 * 86_400))
}

/// Why a client may not connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Its address is in none of the allowed networks. It gets no answer.
    NotAllowed,
    /// A limit is reached.
    TooMany(TooMany),
}

/// Admits clients of all protocols.
pub struct Admission {
    conns: Arc<Conns>,
    rules: ArcSwap<AdmissionRules>,
}

impl Admission {
    /// Starts with an empty list of connections.
    pub fn new(rules: AdmissionRules) -> Self {
        Self { conns: Arc::default(), rules: ArcSwap::from_pointee(rules) }
    }

    /// Sets the rules for new clients; admitted ones stay.
    pub fn configure(&self, rules: AdmissionRules) {
        self.rules.store(Arc::new(rules));
    }

    /// Returns the list of connections.
    pub fn conns(&self) -> &Arc<Conns> {
        &self.conns
    }

    /// Adds a client to the list of connections. It counts until the returned entry is dropped.
    ///
    /// A protocol without connections (UDP) calls this for each session with a client.
    ///
    /// # Errors
    /// The rule that forbids it.
    pub fn admit(&self, remote: Remote, local: Option<SocketAddr>, endpoint: &Endpoint) -> Result<Admitted, Rejection> {
        let rules = self.rules.load();
        if !rules.allowed.is_empty() && remote.ip().is_some_and(|ip| !rules.allowed.contains(ip)) {
            tracing::debug!(peer = %remote, "not in the list of allowed peers");
            return Err(Rejection::NotAllowed);
        }
        self.conns.admit(remote.clone(), local, endpoint.clone(), rules.limits).map_err(|excess| {
            tracing::debug!(peer = %remote, ?excess, "connection rejected");
            Rejection::TooMany(excess)
        })
    }
}
