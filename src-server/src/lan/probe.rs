//! Self-check: tries to connect to this server's own addresses.

use super::self_check::{Facts, check_results};
use super::service::LanService;
use crate::control::admin::CheckResult;
use crate::control::{Address, Reach};
use model::settings::Encryption;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// A connection of this machine to itself succeeds at once or not at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Maximum number of addresses that are probed.
const MAX_PROBED: usize = 16;

impl LanService {
    /// Checks what other devices need to reach this server. Takes at most two seconds.
    ///
    /// `addresses`: addresses of this server, the most useful first.
    pub async fn self_check(&self, addresses: Vec<Address>, encryption: Encryption) -> Vec<CheckResult> {
        let unreachable = unreachable(&addresses).await;
        let Some(findings) = self.findings().await else { return Vec::new() };
        check_results(&Facts { addresses, unreachable, encryption, findings, lan: self.now() })
    }
}

/// Returns the addresses for other devices that do not accept a connection even from this machine.
async fn unreachable(addresses: &[Address]) -> Vec<String> {
    let mut trials = JoinSet::new();
    let outside = addresses.iter().filter(|address| address.reach < Reach::Loopback);
    for address in outside.filter_map(socket_address).take(MAX_PROBED) {
        trials.spawn(async move {
            let answers = matches!(tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await, Ok(Ok(_)));
            (address, answers)
        });
    }
    let tried = trials.join_all().await;
    let mut failed: Vec<_> = tried.into_iter().filter(|(_, answers)| !answers).map(|(address, _)| address).collect();
    failed.sort();
    failed.iter().map(SocketAddr::to_string).collect()
}

/// Parses a URL such as `http://192.168.1.20:3923/`.
fn socket_address(address: &Address) -> Option<SocketAddr> {
    let (scheme, rest) = address.url.split_once("://")?;
    let authority = rest.trim_end_matches('/');
    let usual = if scheme == "https" { 443 } else { 80 };
    authority.parse().ok().or_else(|| Some(SocketAddr::new(authority.parse().ok()?, usual)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Address {
        Address { url: url.into(), reach: Reach::Lan, interface: None }
    }

    #[test]
    fn urls_are_parsed() {
        for (url, want) in [
            ("http://192.168.1.20:3923/", Some("192.168.1.20:3923")),
            ("https://192.168.1.20/", Some("192.168.1.20:443")),
            ("http://[2001:db8::1]:80/", Some("[2001:db8::1]:80")),
            ("unix:/run/x", None),
        ] {
            assert_eq!(socket_address(&address(url)).map(|found| found.to_string()).as_deref(), want, "{url}");
        }
    }

    #[tokio::test]
    async fn an_unreachable_address_is_found() {
        let open = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let shut = closed.local_addr().expect("an address");
        drop(closed);
        let all = [open.local_addr().expect("an address"), shut].map(|at| address(&format!("http://{at}/")));
        assert_eq!(unreachable(&all).await, [shut.to_string()]);
    }
}
