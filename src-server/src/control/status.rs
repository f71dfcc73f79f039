//! The running state in detail: addresses and connections.

use super::admin::{Address, Connection, ControlError, ErrorCode, Kick, Reach, Status, VolumeStatus};
use super::handle::Control;
use crate::connections::{Conn, Phase};
use std::sync::atomic::Ordering::Relaxed;
use std::time::{SystemTime, UNIX_EPOCH};

impl Control {
    /// Returns the running state in detail.
    pub fn status(&self) -> Status {
        let snapshot = self.app.engine.snapshot();
        let volumes = snapshot.settings.volumes.iter();
        Status {
            version: env!("CARGO_PKG_VERSION").into(),
            since_ms: millis(self.app.since),
            generation: snapshot.generation,
            addresses: self.addresses(),
            connections: self.app.conns.list().iter().map(|conn| describe(conn)).collect(),
            volumes: volumes
                .map(|volume| VolumeStatus {
                    mount: volume.mount.display(),
                    folder: volume.source.display().to_string(),
                })
                .collect(),
        }
    }

    /// Returns the addresses at which the server can be reached, the most useful first.
    pub fn addresses(&self) -> Vec<Address> {
        self.app.addresses()
    }

    /// Returns the addresses to give to other people, the most useful first: the public one (`--site`), else the
    /// address that the calling administrator uses, then those of the network adapters. Each ends with a slash.
    pub fn addresses_for_others(&self) -> Vec<Address> {
        let site = self.app.engine.snapshot().settings.network.site.as_deref().map(|site| format!("{site}/"));
        let asked_at = || self.asked_at.as_deref().filter(|url| !is_local(url)).map(str::to_owned);
        let first = site.or_else(asked_at);
        let adapters = self.addresses().into_iter().filter(|address| address.reach != Reach::Socket);
        let Some(url) = first else { return adapters.collect() };
        // Where the server has a public name, addresses that work only on this machine are left out.
        let others = adapters.filter(|address| address.reach < Reach::Loopback && address.url != url);
        let known = Address { url: url.clone(), reach: Reach::Lan, interface: None };
        std::iter::once(known).chain(others).collect()
    }

    /// Ends connections at once. Returns how many.
    ///
    /// # Errors
    /// `NotFound` if no connection matched.
    pub fn kick(&self, whom: &Kick) -> Result<usize, ControlError> {
        let is_meant = |conn: &Conn| match whom {
            Kick::Connection { id } => conn.id == *id,
            Kick::Account { name } => conn.account().as_deref() == Some(name),
            Kick::Peer { address } => conn.remote.ip().is_some_and(|ip| ip.to_string() == *address),
        };
        match self.app.conns.enter(Phase::Killed, is_meant) {
            0 => Err(ControlError::said(ErrorCode::NotFound, |t| t.fault_connection_ended().into())),
            count => Ok(count),
        }
    }
}

/// Returns true if the URL leads to the client's own machine, on whichever machine it is opened.
fn is_local(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/');
    let name = edge_http::extract::host::without_port(authority).trim_start_matches('[').trim_end_matches(']');
    let is_loopback = name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback());
    is_loopback || name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

fn describe(conn: &Conn) -> Connection {
    Connection {
        id: conn.id,
        peer: conn.remote.to_string(),
        account: conn.account().map(|name| name.to_string()),
        tls: conn.tls.load(Relaxed),
        since_ms: millis(conn.opened),
        requests: conn.requests.load(Relaxed),
        in_flight: conn.in_flight.load(Relaxed),
        received: conn.received.load(Relaxed),
        sent: conn.sent.load(Relaxed),
    }
}

/// Milliseconds since 1970.
pub(super) fn millis(at: SystemTime) -> i64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
