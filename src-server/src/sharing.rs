//! Whether clients may connect: on, paused or off. The settings say what is shared; this state says whether, and
//! survives a restart.
//!
//! While sharing is off, no socket is open, so that no mistake in a rule can expose anything. Sharing that was off
//! stays off after a restart.

use crate::control::admin::{Sharing, SharingRequest};
use crate::control::{ControlError, ErrorCode};
use model::settings::{Listen, Network};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Name of the file in the state folder.
const FILE: &str = "sharing.json";

/// The decision of the user, as saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Decision {
    /// Clients may connect.
    #[default]
    On,
    /// Sharing is paused until then, milliseconds since 1970.
    Paused {
        /// End of the pause.
        until_ms: i64,
    },
    /// Sharing is off.
    Off,
}

/// Contents of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharingState {
    /// Whether clients may connect.
    pub decision: Decision,
    /// True if the first-run questions were answered.
    #[serde(default)]
    pub welcomed: bool,
}

impl Decision {
    /// Returns the decision that a request at `now_ms` asks for.
    pub fn of(request: &SharingRequest, now_ms: i64) -> Self {
        match request {
            SharingRequest::On => Self::On,
            SharingRequest::Off => Self::Off,
            SharingRequest::Pause { seconds } => {
                let ms = i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
                Self::Paused { until_ms: now_ms.saturating_add(ms) }
            }
        }
    }

    /// Returns the state to show to people.
    pub fn to_sharing(self, is_network_allowed: bool) -> Sharing {
        match self {
            Self::On if is_network_allowed => Sharing::On,
            Self::On => Sharing::Waiting,
            Self::Paused { until_ms } => Sharing::Paused { until_ms },
            Self::Off => Sharing::Off,
        }
    }

    /// Returns the network settings with the listen addresses that this decision allows.
    pub fn apply(self, network: &Network, is_network_allowed: bool) -> Network {
        let mut network = network.clone();
        match self {
            Self::On if is_network_allowed => {}
            // In an untrusted network, programs on this machine may still connect.
            Self::On => network.listen = loopback_only(&network.listen),
            Self::Paused { .. } | Self::Off => network.listen.clear(),
        }
        network
    }
}

/// Returns the addresses that only this machine can reach. Wildcard addresses become loopback addresses.
fn loopback_only(listen: &[Listen]) -> Vec<Listen> {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
    let mut loopback: Vec<Listen> = Vec::new();
    for address in listen {
        match address {
            Listen::Ip(ip) if ip.is_loopback() => loopback.push(address.clone()),
            Listen::Ip(IpAddr::V6(ip)) if ip.is_unspecified() => {
                loopback.push(Listen::Ip(Ipv4Addr::LOCALHOST.into()));
                loopback.push(Listen::Ip(Ipv6Addr::LOCALHOST.into()));
            }
            Listen::Ip(IpAddr::V4(ip)) if ip.is_unspecified() => loopback.push(Listen::Ip(Ipv4Addr::LOCALHOST.into())),
            Listen::Ip(_) => {}
            Listen::Unix { .. } => loopback.push(address.clone()),
        }
    }
    let mut seen = std::collections::HashSet::new();
    loopback.retain(|address| seen.insert(address.clone()));
    loopback
}

fn path(state_folder: &Path) -> PathBuf {
    state_folder.join(FILE)
}

/// Reads the saved state. Blocks. If the file is damaged, sharing is off, and the reason is logged: a damaged file must
/// not turn sharing on.
pub fn load(state_folder: &Path) -> SharingState {
    match store::settings_file::read(&path(state_folder)) {
        Ok(None) => SharingState::default(),
        Ok(Some(text)) => serde_json::from_str(&text).unwrap_or_else(|error| {
            tracing::error!(%error, "the saved sharing state is damaged; sharing is off until it is turned on");
            SharingState { decision: Decision::Off, welcomed: true }
        }),
        Err(error) => {
            tracing::error!(%error, "the saved sharing state cannot be read; sharing is off");
            SharingState { decision: Decision::Off, welcomed: true }
        }
    }
}

/// Saves the state. Blocks.
///
/// # Errors
/// `CannotSave`.
pub fn save(state_folder: &Path, state: SharingState) -> Result<(), ControlError> {
    let text = serde_json::to_string(&state).expect("plain values");
    store::settings_file::replace(&path(state_folder), &text).map_err(|error| {
        let error = error.to_string();
        ControlError::said(ErrorCode::CannotSave, move |t| t.fault_sharing_unsaved(&error))
    })
}

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(listen: &[&str]) -> Network {
        let listen = listen.iter().map(|ip| Listen::Ip(ip.parse().expect("an address"))).collect();
        Network { listen, ..Network::default() }
    }

    #[test]
    fn off_and_paused_open_no_socket_and_untrusted_means_loopback_only() {
        let all = network(&["::", "192.168.1.5", "127.0.0.1"]);
        assert_eq!(Decision::On.apply(&all, true), all);
        for closed in [Decision::Off, Decision::Paused { until_ms: 5 }] {
            assert_eq!(closed.apply(&all, true).listen, []);
        }
        assert_eq!(Decision::On.apply(&all, false).listen, network(&["127.0.0.1", "::1"]).listen);
    }

    #[test]
    fn off_survives_a_restart_and_damage_does_not_turn_sharing_on() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(load(folder.path()), SharingState::default());
        let off = SharingState { decision: Decision::Off, welcomed: true };
        save(folder.path(), off).expect("saves");
        assert_eq!(load(folder.path()), off);
        std::fs::write(path(folder.path()), "{").expect("writes");
        assert_eq!(load(folder.path()).decision, Decision::Off);
    }
}
