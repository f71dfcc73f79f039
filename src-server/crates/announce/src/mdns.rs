//! mDNS (RFC 6762) and DNS-SD (RFC 6763): we are announced, and others are heard.
//!
//! The packets are made and read by the crate mdns-sd in a thread of its own, on the chosen adapters only, also on those
//! that come later; it probes for names and says goodbye. A second thread, ours, keeps what it tells and gives way when a
//! name is conflict:
//!
//! ```text
//!  socket ⇄ [mdns-sd] ── found, gone, name conflict ──► [follow] ──► State ◄── name(), neighbours()
//!              ▲────────── register, unregister ────────┘
//! ```
//!
//! When a name is conflict mdns-sd goes on under another by itself, but answers questions about a service with the old host
//! name (0.21). So we register everything again, under names that nobody has to translate.

use crate::names::{NameConflict, Names};
use crate::neighbours::{Neighbour, Neighbours, OwnIdentity, Record};
use crate::service::{Announcement, Service, ServiceKind};
use mdns_sd::{
    DaemonEvent, DnsNameChange, IfKind, IfPredicate, RRType, Receiver, RecvTimeoutError, ResolvedService,
    ServiceDaemon, ServiceEvent, ServiceInfo,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long the worker may leave what it is told lying.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// After the first name that is conflict others may turn out to be conflict too; one change is enough for all.
const CONFLICT_DELAY: Duration = Duration::from_millis(400);
/// mdns-sd says goodbye twice, 120 ms apart, in case the first one is lost.
const GOODBYE_TIME: Duration = Duration::from_millis(200);
/// A daemon that does not end by then is left alone.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);
/// Most bytes of what a neighbour says about itself in one field.
const MAX_TXT_VALUE: usize = 255;

/// mDNS cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[error("the local network cannot be asked: {0}")]
pub struct MdnsError(#[from] mdns_sd::Error);

/// What happens, for a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MdnsEvent {
    /// A service was announced. The texts say which, and on what addresses.
    Announced(String, String),
    /// A name was conflict; this is what we are called now.
    Renamed {
        /// The host name that was wished, such as `kitchen.local`.
        from: String,
        /// The host name now.
        to: String,
        /// What the services are called now.
        service: String,
    },
    /// Another server came, or changed.
    Found(String),
    /// Another server went.
    Lost(String),
    /// Something does not work.
    Failed(String),
}

/// Receives what happens; called from the worker's thread, and must not block for long.
pub type EventHandler = Box<dyn Fn(MdnsEvent) + Send>;

/// A running announcement. Dropping it says goodbye too, but does not wait for that.
pub struct Announcer {
    daemon: ServiceDaemon,
    state: Arc<Mutex<State>>,
    worker: Option<JoinHandle<()>>,
}

struct State {
    wanted: Announcement,
    names: Names,
    neighbours: Neighbours,
    /// What is registered, as mdns-sd knows it.
    registered: Vec<String>,
    /// Goodbye was said; nothing is registered any more.
    is_ending: bool,
}

impl State {
    fn own_ports(&self) -> Vec<u16> {
        self.wanted.services.iter().map(|service| service.port).collect()
    }

    /// Which of our names is conflict. `None`: one that we have given up already; on a busy machine some probes end late.
    fn conflict(&self, change: &DnsNameChange) -> Option<NameConflict> {
        let is = |ours: &str| change.original.eq_ignore_ascii_case(ours);
        if matches!(change.rr_type, RRType::A | RRType::AAAA) {
            is(&format!("{}.", self.names.host_name())).then_some(NameConflict::Host)
        } else {
            self.registered.iter().any(|name| is(name)).then_some(NameConflict::Service)
        }
    }

    fn with_own<T>(&self, ask: impl FnOnce(&Neighbours, OwnIdentity<'_>) -> T) -> T {
        let own = OwnIdentity { id: &self.wanted.id, host: &self.names.host_name(), ports: &self.own_ports() };
        ask(&self.neighbours, own)
    }
}

impl Announcer {
    /// Begins to announce and to listen. Names are probed first, which takes about a second.
    ///
    /// # Errors
    /// [`MdnsError`] if the system gives no thread. That no packet can be sent is told later, as [`MdnsEvent::Failed`].
    pub fn start(wanted: Announcement, on_event: EventHandler) -> Result<Self, MdnsError> {
        let daemon = ServiceDaemon::new()?;
        select_adapters(&daemon, &wanted)?;
        let monitor = daemon.monitor()?;
        let mut browsers = Vec::new();
        for kind in ServiceKind::ALL {
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
            .name("neighbours".into())
            .spawn(move || worker.run())
            .map_err(|error| mdns_sd::Error::Msg(error.to_string()))?;
        Ok(Self { daemon, state, worker: Some(worker) })
    }

    /// The host name that we have now, such as `kitchen.local`.
    pub fn host_name(&self) -> String {
        lock(&self.state).names.host_name()
    }

    /// What our services are called now.
    pub fn service_name(&self) -> String {
        lock(&self.state).names.service()
    }

    /// Other servers, ours first.
    pub fn neighbours(&self) -> Vec<Neighbour> {
        lock(&self.state).with_own(Neighbours::list)
    }

    /// Whether our own announcement came back to us, as it does where multicast works at all.
    pub fn hears_itself(&self) -> bool {
        lock(&self.state).with_own(Neighbours::has_own)
    }

    /// Whether it still works; mdns-sd ends early only if something in it goes wrong.
    pub fn is_running(&self) -> bool {
        self.worker.as_ref().is_some_and(|worker| !worker.is_finished())
    }

    /// Says everything once more: after a sleep the neighbours have forgotten it (RFC 6762, 8.4).
    ///
    /// # Errors
    /// [`MdnsError`] if the daemon has ended.
    pub fn announce_again(&self) -> Result<(), MdnsError> {
        let mut state = lock(&self.state);
        state.registered.clear();
        register(&self.daemon, &mut state)
    }

    /// Says goodbye, twice, and ends the threads. Takes about a quarter of a second.
    pub fn stop(mut self) {
        if withdraw(&self.daemon, &mut lock(&self.state)) {
            std::thread::sleep(GOODBYE_TIME);
        }
        let has_ended = self.end();
        if let Some(worker) = self.worker.take()
            && has_ended
        {
            // It ends with the daemon. A panic there was printed, and nothing depends on it any more.
            let _ended = worker.join();
        }
    }

    /// Whether the daemon has ended; one that is stuck is left to the end of the program.
    fn end(&self) -> bool {
        lock(&self.state).is_ending = true;
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

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All adapters are on until they are switched off, so this comes before anything is sent.
fn select_adapters(daemon: &ServiceDaemon, wanted: &Announcement) -> Result<(), MdnsError> {
    let adapters = wanted.adapters.clone();
    let chosen = IfPredicate::new(move |found| adapters.includes(&found.name, found.index, found.ip()));
    daemon.disable_interface(IfKind::All)?;
    daemon.enable_interface(IfKind::Predicate(chosen))?;
    Ok(())
}

/// Registers all services under the names of now.
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

/// Takes everything back; whether there was anything.
fn withdraw(daemon: &ServiceDaemon, state: &mut State) -> bool {
    let registered = std::mem::take(&mut state.registered);
    for name in &registered {
        // If the daemon has ended, nobody hears of us anyway.
        let _gone = daemon.unregister(name);
    }
    !registered.is_empty()
}

/// The thread that keeps what mdns-sd tells.
struct Worker {
    daemon: ServiceDaemon,
    state: Arc<Mutex<State>>,
    monitor: Receiver<DaemonEvent>,
    browsers: Vec<(ServiceKind, Receiver<ServiceEvent>)>,
    on_event: EventHandler,
    /// A name is conflict; when we shall give way.
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
                let Some(conflict) = lock(&self.state).conflict(&change) else { return };
                let (worst, when) = self.conflict.unwrap_or((conflict, Instant::now() + CONFLICT_DELAY));
                self.conflict = Some((worst.max(conflict), when));
            }
            _ => {}
        }
    }

    /// Another machine has our name. What mdns-sd made of it is conflict back, then we come with a name of our own.
    fn resolve_conflict(&mut self, conflict: NameConflict) {
        let from = {
            let mut state = lock(&self.state);
            if state.is_ending || !withdraw(&self.daemon, &mut state) {
                return;
            }
            let from = Names::new(&state.wanted.host, &state.wanted.title).host_name();
            state.names.resolve_conflict(conflict);
            from
        };
        // The second goodbye must not come after the new announcement: it would take that back.
        std::thread::sleep(GOODBYE_TIME);
        let mut state = lock(&self.state);
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
                // It overflowed: mdns-sd ends a subscription that is not read for too long.
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
                lock(&self.state).neighbours.insert(record);
                (self.on_event)(MdnsEvent::Found(text));
            }
            ServiceEvent::ServiceRemoved(_, fullname) => {
                let Some(instance) = instance(kind, &fullname) else { return };
                lock(&self.state).neighbours.remove(kind, &instance);
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

/// What stands before the type. Dots and backslashes in it come with a backslash before them.
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
    fn only_names_that_we_have_can_be_taken() {
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
        assert!(NameConflict::Host > NameConflict::Service, "the services are called after the host");
        state.names.resolve_conflict(NameConflict::Host);
        state.registered.clear();
        assert_eq!(conflict(&state, "kitchen.local.", RRType::AAAA), None);
        assert_eq!(conflict(&state, "Potluck on kitchen._http._tcp.local.", RRType::TXT), None);
    }

    #[test]
    fn what_is_registered_has_no_address_of_its_own() {
        let service = Service { kind: ServiceKind::Http, port: 3923, path: Some("/pub/".into()) };
        let wanted = Announcement { services: vec![service.clone()], ..Announcement::default() };
        let info = info(&wanted, &Names::new("kitchen", "Potluck"), &service).unwrap();
        assert_eq!(info.get_fullname(), "Potluck on kitchen._http._tcp.local.");
        assert_eq!(info.get_hostname(), "kitchen.local.");
        assert!(info.is_addr_auto() && info.get_addresses_v4().is_empty());
        assert_eq!(info.get_property_val_str("path"), Some("/pub/"));
    }
}
