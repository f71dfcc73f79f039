//! The LAN thread: executes commands, scans the network, updates the announcement.

use super::announcement;
use super::config::LanConfig;
use super::firewall::{self, Firewall};
use super::known::KnownNetworks;
use super::ssdp::Ssdp;
use super::state::{LanState, NetworkView, network_now};
use crate::connections::Conns;
use crate::control::admin::Trust;
use crate::control::{ControlError, ErrorCode};
use announce::mdns::{Announcer, MdnsEvent};
use announce::network::{self, Network};
use announce::service::Announcement;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Interval between scans where networks have to be trusted.
const WATCH_INTERVAL: Duration = Duration::from_secs(3);
/// Interval between scans where nothing depends on the network.
const IDLE_INTERVAL: Duration = Duration::from_secs(24 * 3600);
/// A device that connected longer ago does not prove that this server is reachable.
const SEEN_RECENTLY: Duration = Duration::from_secs(300);
/// Maximum number of devices that are remembered for that.
const MAX_SEEN: usize = 256;

/// A command to the thread.
pub(super) enum Command {
    /// Settings or sockets have changed.
    Reconfigure(Box<LanConfig>),
    /// The user has decided about a network.
    Trust {
        /// Id of the network.
        id: String,
        /// The decision.
        trusted: bool,
        /// Receives the result of saving it.
        answer: oneshot::Sender<Result<(), ControlError>>,
    },
    /// Request for the findings of the self-check.
    Findings(oneshot::Sender<Findings>),
    /// The computer slept.
    Wake,
    /// End the thread.
    Stop(oneshot::Sender<()>),
}

/// What the thread knows about reachability.
#[derive(Clone, Debug)]
pub(crate) struct Findings {
    /// True if networks have to be trusted.
    pub asks: bool,
    /// The firewall of this machine.
    pub firewall: Firewall,
    /// Whether the own announcement was received; `None`: nothing is announced.
    pub hears_itself: Option<bool>,
    /// The last mDNS error.
    pub trouble: Option<String>,
    /// Number of other servers that were heard.
    pub neighbours: usize,
    /// Seconds since another device was connected; `None` if that was long ago or never.
    pub seen_secs: Option<u64>,
}

/// State of the LAN thread.
pub(super) struct LanWorker {
    config: LanConfig,
    known: KnownNetworks,
    conns: Arc<Conns>,
    state: Arc<LanState>,
    networks: Vec<Network>,
    /// The current announcement by mDNS.
    announced: Option<Announcement>,
    /// When it was sent last.
    repeated: Instant,
    ssdp: Ssdp,
    trouble: Arc<Mutex<Option<String>>>,
    /// Last connection of each device.
    seen: HashMap<IpAddr, Instant>,
}

impl LanWorker {
    /// Reads the saved decisions. Blocks.
    pub fn new(config: LanConfig, file: PathBuf, conns: Arc<Conns>, state: Arc<LanState>) -> Self {
        Self {
            config,
            known: KnownNetworks::open(file),
            conns,
            ssdp: Ssdp::new(state.announced.clone()),
            repeated: Instant::now(),
            state,
            networks: Vec::new(),
            announced: None,
            trouble: Arc::default(),
            seen: HashMap::new(),
        }
    }

    /// Body of the thread: runs until `Stop` or until all senders are dropped.
    pub fn run(mut self, commands: &Receiver<Command>, first_scan: oneshot::Sender<()>) {
        self.refresh();
        // Awaited only if networks have to be trusted.
        let _waiting = first_scan.send(());
        self.announce();
        loop {
            match commands.recv_timeout(self.until_next_check()) {
                Ok(Command::Reconfigure(config)) => self.config = *config,
                Ok(Command::Trust { id, trusted, answer }) => {
                    let decided = self.decide(&id, trusted);
                    self.publish();
                    let _waiting = answer.send(decided);
                }
                Ok(Command::Wake) => {
                    tracing::info!("the computer slept, or its clock was set; the network is checked again");
                    self.announce_again();
                    // Started anew, it announces at once.
                    self.ssdp.stop();
                }
                Ok(Command::Findings(answer)) => {
                    let _waiting = answer.send(self.findings());
                    continue;
                }
                Ok(Command::Stop(done)) => {
                    self.stop_announcing();
                    let _waiting = done.send(());
                    return;
                }
                Err(RecvTimeoutError::Timeout) => {}
                // The service was dropped; nothing can send `Stop` any more.
                Err(RecvTimeoutError::Disconnected) => return self.stop_announcing(),
            }
            self.refresh();
            self.announce();
            let repeat = Duration::from_secs(self.config.lan.repeat_secs);
            if !repeat.is_zero() && self.repeated.elapsed() >= repeat {
                self.announce_again();
            }
        }
    }

    /// Returns the time until the next scan.
    fn until_next_check(&self) -> Duration {
        let lan = &self.config.lan;
        let check = match (lan.check_secs, lan.ask_networks) {
            (0, true) => WATCH_INTERVAL,
            (secs, true) => Duration::from_secs(secs).min(WATCH_INTERVAL),
            (secs @ 1.., false) if lan.is_announced() => Duration::from_secs(secs),
            _ => IDLE_INTERVAL,
        };
        match lan.repeat_secs {
            secs @ 1.. if self.announced.is_some() => check.min(Duration::from_secs(secs)),
            _ => check,
        }
    }

    /// Scans the current networks and the connected devices.
    fn refresh(&mut self) {
        let asks = self.config.lan.ask_networks;
        let fresh = network::networks();
        for network in &fresh {
            if let (None, Some(router), true) = (&network.id, network.router, asks) {
                network::probe_router(router);
            }
        }
        // A router that has not been contacted for a while may drop out of the system's neighbour table; it is still
        // the same.
        let same = |old: &&Network, new: &Network| old.name == new.name && old.router == new.router;
        let known = |new: Network| match self.networks.iter().find(|old| same(old, &new)) {
            Some(old) if new.id.is_none() => old.clone(),
            _ => new,
        };
        self.networks = fresh.into_iter().map(known).collect();
        let now = Instant::now();
        self.seen.retain(|_, when| now.duration_since(*when) < SEEN_RECENTLY);
        for ip in self.conns.list().iter().filter_map(|conn| conn.remote.ip()).map(|ip| ip.to_canonical()) {
            if self.seen.len() < MAX_SEEN || self.seen.contains_key(&ip) {
                self.seen.insert(ip, now);
            }
        }
        self.publish();
    }

    fn trust(&self, network: &Network) -> Trust {
        network.id.as_deref().map_or(Trust::Unknown, |id| self.known.trust(id))
    }

    fn is_allowed(&self) -> bool {
        !self.config.lan.ask_networks || self.networks.iter().all(|network| self.trust(network) == Trust::Trusted)
    }

    /// Publishes the current view if it has changed.
    fn publish(&self) {
        let open = |trust| self.networks.iter().find(|network| self.trust(network) == trust);
        let shown = open(Trust::Unknown).or_else(|| open(Trust::Refused)).or(self.networks.first());
        let network = shown.map(|network| network_now(network, self.trust(network)));
        let view = NetworkView { is_allowed: self.is_allowed(), network };
        self.state.view.send_if_modified(|old| {
            let is_new = *old != view;
            *old = view;
            is_new
        });
    }

    fn decide(&mut self, id: &str, trusted: bool) -> Result<(), ControlError> {
        let here = self.networks.iter().find(|network| network.id.as_deref() == Some(id));
        let Some(name) = here.map(|network| network.name.clone()).or_else(|| self.known.name(id)) else {
            return Err(ControlError::said(ErrorCode::NotFound, |t| t.fault_other_network().into()));
        };
        self.known.decide(id, name, trusted).map_err(|error| {
            let error = error.to_string();
            ControlError::said(ErrorCode::CannotSave, move |t| t.fault_network_unsaved(&error))
        })
    }

    /// Updates the announcements that differ from the desired ones.
    fn announce(&mut self) {
        let (mdns, ssdp) = match self.is_allowed() {
            true => (
                announcement::desired(&self.config, self.known.id()),
                announcement::desired_ssdp(&self.config, self.known.id()),
            ),
            false => (None, None),
        };
        if mdns.is_some() || ssdp.is_some() {
            self.known.save_if_missing();
        }
        self.announce_by_mdns(mdns);
        self.ssdp.update(ssdp, self.config.lan.verbose);
    }

    fn announce_by_mdns(&mut self, wanted: Option<Announcement>) {
        let has_died = self.state.announcer().as_ref().is_some_and(|announcer| !announcer.is_running());
        if wanted == self.announced && !has_died {
            return;
        }
        self.stop_mdns();
        let Some(wanted) = wanted else { return };
        self.repeated = Instant::now();
        match Announcer::start(wanted.clone(), self.event_handler()) {
            Ok(announcer) => {
                self.state.announced.host.store(Some(Arc::new(announcer.host_name())));
                *self.state.announcer() = Some(announcer);
            }
            Err(error) => {
                tracing::warn!(%error, "the server is not announced");
                *self.trouble.lock() = Some(error.to_string());
            }
        }
        // Set after an error, too: it is tried again only after a change.
        self.announced = Some(wanted);
    }

    /// Sends everything by mDNS again.
    fn announce_again(&mut self) {
        self.repeated = Instant::now();
        if let Some(Err(error)) = self.state.announcer().as_ref().map(Announcer::announce_again) {
            tracing::warn!(%error, "the server could not be announced again");
        }
    }

    /// Says goodbye to the network and stops announcing.
    fn stop_announcing(&mut self) {
        self.ssdp.stop();
        self.stop_mdns();
    }

    fn stop_mdns(&mut self) {
        let announcer = self.state.announcer().take();
        if let Some(announcer) = announcer {
            announcer.stop();
        }
        self.state.announced.host.store(None);
        self.announced = None;
        *self.trouble.lock() = None;
    }

    /// Returns the handler of mDNS events.
    fn event_handler(&self) -> Box<dyn Fn(MdnsEvent) + Send> {
        let (trouble, published, verbose) =
            (self.trouble.clone(), self.state.announced.clone(), self.config.lan.verbose);
        Box::new(move |event| match event {
            MdnsEvent::Renamed { from, to, service } => {
                match from == to {
                    true => tracing::warn!("another server has our name; this one is announced as '{service}'"),
                    false => tracing::warn!(
                        "another machine is called {from}; this one is announced as {to}. --zm-fqdn chooses another name"
                    ),
                }
                published.host.store(Some(Arc::new(to)));
            }
            MdnsEvent::Failed(text) => {
                // Every adapter without multicast reports this each time; the self-check shows it when it matters.
                if trouble.lock().replace(text.clone()).as_ref() != Some(&text) {
                    tracing::warn!("mDNS: {text}");
                }
            }
            MdnsEvent::Announced(service, addresses) if verbose => {
                tracing::info!("mDNS: announced {service} on {addresses}")
            }
            MdnsEvent::Found(service) if verbose => tracing::info!("mDNS: heard {service:?}"),
            MdnsEvent::Lost(service) if verbose => tracing::info!("mDNS: gone {service:?}"),
            MdnsEvent::Announced(..) | MdnsEvent::Found(_) | MdnsEvent::Lost(_) => {}
        })
    }

    fn findings(&mut self) -> Findings {
        self.refresh();
        let own: Vec<_> = announce::interfaces::addresses().unwrap_or_default().into_iter().map(|own| own.ip).collect();
        let others = self.seen.iter().filter(|(ip, _)| !own.contains(ip));
        let latest = others.map(|(_, when)| *when).max();
        let announcer = self.state.announcer();
        Findings {
            asks: self.config.lan.ask_networks,
            firewall: firewall::detect(),
            hears_itself: announcer.as_ref().map(Announcer::hears_itself),
            trouble: self.trouble.lock().clone(),
            neighbours: announcer.as_ref().map_or(0, |announcer| announcer.neighbours().len()),
            seen_secs: latest.map(|when| when.elapsed().as_secs()),
        }
    }
}
