//! Announces the server by mDNS (RFC 6762) and DNS-SD (RFC 6763), and finds other servers.
//!
//! The crate mdns-sd sends and receives the packets in a thread of its own, on the selected adapters only, also on
//! those that appear later; it probes for names and sends goodbyes. A worker thread of this module handles its events,
//! and renames the server when a name is taken:
//!
//! ```text
//!  socket ⇄ [mdns-sd] ── found, lost, name conflict ──► [worker] ──► State ◄── host_name(), neighbours()
//!              ▲────────── register, unregister ───────────┘
//! ```
//!
//! After a conflict mdns-sd (0.21) chooses another name by itself, but then answers queries for a service with the old
//! host name. So this module registers everything again under names that it has chosen.

use crate::names::{NameConflict, Names};
use crate::neighbours::{Neighbour, Neighbours, OwnIdentity, Record};
use crate::service::{Announcement, Service, ServiceKind};
use mdns_sd::{
    DaemonEvent, DnsNameChange, IfKind, IfPredicate, RRType, Receiver, RecvTimeoutError, ResolvedService,
    ServiceDaemon, ServiceEvent, ServiceInfo,
};
use parking_lot::Mutex;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Longest time until the worker handles an event.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// After a first conflict further names may turn out to be taken; one renaming covers all within this time.
const CONFLICT_DELAY: Duration = Duration::from_millis(400);
/// mdns-sd sends each goodbye twice, 120 ms apart, in case the first one is lost.
const GOODBYE_TIME: Duration = Duration::from_millis(200);
/// How long to wait for the daemon to end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);
/// Longest accepted TXT value of another server, in bytes.
const MAX_TXT_VALUE: usize = 255;

/// mDNS cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[error("mDNS cannot be used: {0}")]
pub struct MdnsError(#[from] mdns_sd::Error);

/// An event of the announcer, for logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MdnsEvent {
    /// A service was announced: its name, and the addresses.
    Announced(String, String),
    /// A name was taken; the server has other names now.
    Renamed {
        /// The wanted host name, such as `kitchen.local`.
        from: String,
        /// The present host name.
        to: String,
        /// The present name of the services.
        service: String,
    },
    /// Another server appeared or changed.
    Found(String),
    /// Another server disappeared.
    Lost(String),
    /// An operation failed.
    Failed(String),
}

/// Receives events. Called on the worker thread, so it must not block for long.
pub type EventHandler = Box<dyn Fn(MdnsEvent) + Send>;

/// A running announcement. Dropping it sends goodbyes as well, but does not wait for them.
pub struct Announcer {
    daemon: ServiceDaemon,
    state: Arc<Mutex<State>>,
    worker: Option<JoinHandle<()>>,
}

struct State {
    wanted: Announcement,
    names: Names,
    neighbours: Neighbours,
    /// Full names of registered services.
    registered: Vec<String>,
    /// Goodbyes were sent; nothing may be registered any more.
    is_ending: bool,
}

impl State {
    fn own_ports(&self) -> Vec<u16> {
        self.wanted.services.iter().map(|service| service.port).collect()
    }

    /// Returns which of our names is taken. `None`: a name that was already given up; on a busy machine some probes end
    /// late.
    fn conflict(&self, change: &DnsNameChange) -> Option<NameConflict> {
        let is = |ours: &str| change.original.eq_ignore_ascii_case(ours);
        if matches!(change.rr_type, RRType::A | RRType::AAAA) {
            is(&format!("{}.", self.names.host_name())).then_some(NameConflict::Host)
        } else {
            self.registered.iter().any(|name| is(name)).then_some(NameConflict::Service)
        }
    }

    fn with_own_identity<T>(&self, query: impl FnOnce(&Neighbours, OwnIdentity<'_>) -> T) -> T {
        let own = OwnIdentity { id: &self.wanted.id, host: &self.names.host_name(), ports: &self.own_ports() };
        query(&self.neighbours, own)
    }
}

impl Announcer {
    /// Starts announcing and browsing. Names are probed first, which takes about a second.
    ///
    /// # Errors
    /// [`MdnsError`] if no thread can be started. If packets cannot be sent, [`MdnsEvent::Failed`] reports it later.
    pub fn start(wanted: Announcement, on_event: EventHandler) -> Result<Self, MdnsError> {
        let daemon = ServiceDaemon::new()?;
        select_adapters(&daemon, &wanted)?;
        let monitor = daemon.monitor()?;
        let mut browsers = Vec::new();
        for kind in ServiceKind::BROWSED {
            browsers.push((kind, daemon.browse(&kind.type_name())?));
        }
        let names = Names::new(&wanted.host, &wanted.title);
        let neighbours = Neighbours::default();
        let mut state = State { wanted, names, neighbours, registered: Vec::new(), is_ending: false };
        register(&daemon, &mut state)?;
        let state = Arc::new(Mutex::new(state));
        let worker =
            Worker { daemon: daemon.clone(), state: state.clone(), monitor, browsers, on_event, conflict: None };
        let worker = std::thread::Builder::new()
            .name("mdns-worker".into())
            .spawn(move || worker.run())
            .map_err(|error| mdns_sd::Error::Msg(error.to_string()))?;
        Ok(Self { daemon, state, worker: Some(worker) })
    }

    /// Returns the present host name, such as `kitchen.local`.
    pub fn host_name(&self) -> String {
        self.state.lock().names.host_name()
    }

    /// Returns the present name of our services.
    pub fn service_name(&self) -> String {
        self.state.lock().names.service()
    }

    /// Returns the other servers, Potluck servers first.
    pub fn neighbours(&self) -> Vec<Neighbour> {
        self.state.lock().with_own_identity(Neighbours::list)
    }

    /// Whether our own announcement was received, which is the case wherever multicast works.
    pub fn hears_itself(&self) -> bool {
        self.state.lock().with_own_identity(Neighbours::has_own)
    }

    /// Whether the threads still run. mdns-sd ends early only because of an internal failure.
    pub fn is_running(&self) -> bool {
        self.worker.as_ref().is_some_and(|worker| !worker.is_finished())
    }

    /// Sends all announcements again: after a sleep of this machine they have expired in other machines' caches (RFC
    /// 6762 8.4).
    ///
    /// # Errors
    /// [`MdnsError`] if the daemon has ended.
    pub fn announce_again(&self) -> Result<(), MdnsError> {
        let mut state = self.state.lock();
        state.registered.clear();
        register(&self.daemon, &mut state)
    }

    /// Sends goodbyes twice and ends the threads. Blocks for about a quarter of a second.
    pub fn stop(mut self) {
        if withdraw(&self.daemon, &mut self.state.lock()) {
            std::thread::sleep(GOODBYE_TIME);
        }
        let has_ended = self.end();
        if let Some(worker) = self.worker.take()
            && has_ended
        {
            // The worker ends with the daemon. A panic in it was printed and needs no further handling.
            let _ended = worker.join();
        }
    }

    /// Ends the daemon. Returns false if it did not end in time; it is then left running until the process exits.
    fn end(&self) -> bool {
        self.state.lock().is_ending = true;
        self.daemon.shutdown().is_ok_and(|ended| ended.recv_timeout(SHUTDOWN_TIMEOUT).is_ok())
    }
}

impl Drop for Announcer {
    fn drop(&mut self) {
        if self.worker.is_some() {
            self.end();
        }
    }
}

/// Selects the adapters. mdns-sd uses all of them by default, so this comes before anything is sent.
fn select_adapters(daemon: &ServiceDaemon, wanted: &Announcement) -> Result<(), MdnsError> {
    let adapters = wanted.adapters.clone();
    let chosen = IfPredicate::new(move |found| adapters.includes(&found.name, found.index, found.ip()));
    daemon.disable_interface(IfKind::All)?;
    daemon.enable_interface(IfKind::Predicate(chosen))?;
    Ok(())
}

/// Registers all services under the present names.
fn register(daemon: &ServiceDaemon, state: &mut State) -> Result<(), MdnsError> {
    if state.is_ending {
        return Ok(());
    }
    for service in state.wanted.all_services() {
        let info = info(&state.wanted, &state.names, &service)?;
        state.registered.push(info.get_fullname().to_owned());
        daemon.register(info)?;
    }
    Ok(())
}

fn info(wanted: &Announcement, names: &Names, service: &Service) -> Result<ServiceInfo, MdnsError> {
    let host = format!("{}.", names.host_name());
    let txt_record = wanted.txt_record(service);
    let info = ServiceInfo::new(&service.kind.type_name(), &names.service(), &host, "", service.port, &txt_record[..])?;
    Ok(info.enable_addr_auto())
}

/// Unregisters all services. Returns whether there were any.
fn withdraw(daemon: &ServiceDaemon, state: &mut State) -> bool {
    let registered = std::mem::take(&mut state.registered);
    for name in &registered {
        // Fails only if the daemon has ended, which also ends the announcements.
        let _daemon_may_have_ended = daemon.unregister(name);
    }
    !registered.is_empty()
}

/// The worker thread, which handles the events of mdns-sd.
struct Worker {
    daemon: ServiceDaemon,
    state: Arc<Mutex<State>>,
    monitor: Receiver<DaemonEvent>,
    browsers: Vec<(ServiceKind, Receiver<ServiceEvent>)>,
    on_event: EventHandler,
    /// A name that is taken, and when to change it.
    conflict: Option<(NameConflict, Instant)>,
}

impl Worker {
    fn run(mut self) {
        loop {
            match self.monitor.recv_timeout(POLL_INTERVAL) {
                Ok(event) => self.handle_daemon_event(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.poll_browsers();
            if let Some((conflict, when)) = self.conflict
                && when <= Instant::now()
            {
                self.conflict = None;
                self.resolve_conflict(conflict);
            }
        }
    }

    fn handle_daemon_event(&mut self, event: DaemonEvent) {
        match event {
            DaemonEvent::Announce(name, addresses) => (self.on_event)(MdnsEvent::Announced(name, addresses)),
            DaemonEvent::Error(error) => (self.on_event)(MdnsEvent::Failed(error.to_string())),
            DaemonEvent::NameChange(change) => {
                let Some(conflict) = self.state.lock().conflict(&change) else { return };
                let (stronger, when) = self.conflict.unwrap_or((conflict, Instant::now() + CONFLICT_DELAY));
                self.conflict = Some((stronger.max(conflict), when));
            }
            _ => {}
        }
    }

    /// Another machine has our name: withdraws what mdns-sd has registered, then registers everything under new names.
    fn resolve_conflict(&mut self, conflict: NameConflict) {
        let from = {
            let mut state = self.state.lock();
            if state.is_ending || !withdraw(&self.daemon, &mut state) {
                return;
            }
            let from = Names::new(&state.wanted.host, &state.wanted.title).host_name();
            state.names.resolve_conflict(conflict);
            from
        };
        // The second goodbye must not come after the new announcement, which it would cancel.
        std::thread::sleep(GOODBYE_TIME);
        let mut state = self.state.lock();
        let registered = register(&self.daemon, &mut state);
        let (to, service) = (state.names.host_name(), state.names.service());
        drop(state);
        (self.on_event)(MdnsEvent::Renamed { from, to, service });
        if let Err(error) = registered {
            (self.on_event)(MdnsEvent::Failed(error.to_string()));
        }
    }

    fn poll_browsers(&mut self) {
        for index in 0..self.browsers.len() {
            let (kind, receiver) = (self.browsers[index].0, &self.browsers[index].1);
            let events: Vec<_> = receiver.try_iter().collect();
            if receiver.is_disconnected()
                && let Ok(again) = self.daemon.browse(&kind.type_name())
            {
                // mdns-sd ends a subscription whose channel overflows.
                self.browsers[index].1 = again;
            }
            for event in events {
                self.handle_service_event(kind, event);
            }
        }
    }

    fn handle_service_event(&self, kind: ServiceKind, event: ServiceEvent) {
        match event {
            ServiceEvent::ServiceResolved(found) => {
                let Some(record) = record(kind, &found) else { return };
                let text = format!("{} ({})", record.instance, kind.label());
                self.state.lock().neighbours.insert(record);
                (self.on_event)(MdnsEvent::Found(text));
            }
            ServiceEvent::ServiceRemoved(_, fullname) => {
                let Some(instance) = instance(kind, &fullname) else { return };
                self.state.lock().neighbours.remove(kind, &instance);
                (self.on_event)(MdnsEvent::Lost(format!("{instance} ({})", kind.label())));
            }
            _ => {}
        }
    }
}

fn record(kind: ServiceKind, found: &ResolvedService) -> Option<Record> {
    let txt_value =
        |key| found.get_property_val_str(key).filter(|text| !text.is_empty() && text.len() <= MAX_TXT_VALUE);
    Some(Record {
        kind,
        instance: instance(kind, found.get_fullname())?,
        host: found.get_hostname().trim_end_matches('.').to_owned(),
        port: found.get_port(),
        addresses: found.get_addresses().iter().map(mdns_sd::ScopedIp::to_ip_addr).collect(),
        path: txt_value("path").map(str::to_owned),
        id: txt_value("id").filter(|_| kind == ServiceKind::Potluck).map(str::to_owned),
    })
}

/// Returns the instance name, which precedes the type. Dots and backslashes in it are escaped with a backslash.
fn instance(kind: ServiceKind, fullname: &str) -> Option<String> {
    let start = fullname.len().checked_sub(kind.type_name().len() + 1)?;
    let (escaped, end) = fullname.split_at_checked(start)?;
    let is_of_kind = end.strip_prefix('.').is_some_and(|end| end.eq_ignore_ascii_case(&kind.type_name()));
    let mut unescaped = String::new();
    let mut letters = escaped.chars();
    while let Some(letter) = letters.next() {
        unescaped.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    (is_of_kind && !unescaped.is_empty()).then_some(unescaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_instances() {
        for (fullname, want) in [
            ("Potluck on attic._http._tcp.local.", Some("Potluck on attic")),
            ("a\\.b\\\\c._http._tcp.local.", Some("a.b\\c")),
            ("x._HTTP._tcp.local.", Some("x")),
            ("._http._tcp.local.", None),
            ("x._https._tcp.local.", None),
            ("äöü", None),
            ("", None),
        ] {
            assert_eq!(instance(ServiceKind::Http, fullname).as_deref(), want, "{fullname}");
        }
    }

    #[test]
    fn only_present_names_can_conflict() {
        let mut state = State {
            wanted: Announcement::default(),
            names: Names::new("kitchen", "Potluck"),
            neighbours: Neighbours::default(),
            registered: vec!["Potluck on kitchen._http._tcp.local.".into()],
            is_ending: false,
        };
        let conflict = |state: &State, original: &str, rr_type| {
            let (original, new_name, intf_name) = (original.into(), "other".into(), "eth0".into());
            state.conflict(&DnsNameChange { original, new_name, rr_type, intf_name })
        };
        assert_eq!(conflict(&state, "Kitchen.local.", RRType::A), Some(NameConflict::Host));
        assert_eq!(conflict(&state, "Potluck on kitchen._http._tcp.local.", RRType::SRV), Some(NameConflict::Service));
        assert!(NameConflict::Host > NameConflict::Service, "the host name is part of the service names");
        state.names.resolve_conflict(NameConflict::Host);
        state.registered.clear();
        assert_eq!(conflict(&state, "kitchen.local.", RRType::AAAA), None);
        assert_eq!(conflict(&state, "Potluck on kitchen._http._tcp.local.", RRType::TXT), None);
    }

    #[test]
    fn registered_services_have_automatic_addresses() {
        let service = Service { kind: ServiceKind::Http, port: 3923, path: Some("/pub/".into()), user: None };
        let wanted = Announcement { services: vec![service.clone()], ..Announcement::default() };
        let info = info(&wanted, &Names::new("kitchen", "Potluck"), &service).unwrap();
        assert_eq!(info.get_fullname(), "Potluck on kitchen._http._tcp.local.");
        assert_eq!(info.get_hostname(), "kitchen.local.");
        assert!(info.is_addr_auto() && info.get_addresses_v4().is_empty());
        assert_eq!(info.get_property_val_str("path"), Some("/pub/"));
    }
}
