//! Tells people that a password was readable on its way.

use crate::control::admin::Trust;
use crate::lan::NetworkView;
use model::Networks;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::watch;

/// Tells people that a password was readable on its way. Cheap to clone.
#[derive(Clone)]
pub struct PlainPasswords {
    report: Arc<dyn Fn(String) + Send + Sync>,
    network: watch::Receiver<NetworkView>,
}

impl PlainPasswords {
    /// `report`: shows a sentence to the people who see the program's window. `network`: the current network, which people
    /// may have marked as trusted.
    pub fn new(report: impl Fn(String) + Send + Sync + 'static, network: watch::Receiver<NetworkView>) -> Self {
        Self { report: Arc::new(report), network }
    }

    /// A client at `address` has sent a password without encryption, by `protocol`.
    pub fn note(&self, protocol: &'static str, address: IpAddr) {
        if address.is_loopback() {
            return;
        }
        tracing::warn!(%address, protocol, "a password was sent without encryption; others in the network can read it");
        if self.is_trusted(address) {
            return;
        }
        (self.report)(format!(
            "A password was sent without encryption by {protocol}, from {address}; others in the network can read it. \
             Have the client encrypt (FTP over TLS), turn plain FTP off (--ftp 0), and choose another password."
        ));
    }

    /// Returns whether `address` is in a network that people have marked as trusted.
    fn is_trusted(&self, address: IpAddr) -> bool {
        let network = self.network.borrow().network.clone();
        let is_local = Networks::parse(["lan"]).is_ok_and(|lan| lan.contains(address));
        is_local && network.is_some_and(|network| network.trust == Trust::Trusted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::admin::CurrentNetwork;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    #[test]
    fn people_are_told_unless_the_network_is_trusted() {
        let (view, network) = watch::channel(NetworkView::default());
        let told = Arc::new(AtomicUsize::new(0));
        let counter = told.clone();
        let plain = PlainPasswords::new(move |_| _ = counter.fetch_add(1, Relaxed), network);
        let count_after = |address: &str| {
            plain.note("FTP", address.parse().expect("an address"));
            told.load(Relaxed)
        };
        assert_eq!((count_after("127.0.0.1"), count_after("::1"), count_after("192.168.1.5")), (0, 0, 1));
        let network = CurrentNetwork { id: "x".into(), name: "home".into(), trust: Trust::Trusted };
        view.send_replace(NetworkView { is_allowed: true, network: Some(network) });
        assert_eq!(count_after("192.168.1.6"), 1);
        assert_eq!(count_after("203.0.113.5"), 2, "the internet is no trusted network");
    }
}
