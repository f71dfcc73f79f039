//! mDNS (RFC 6762) and DNS-SD (RFC 6763): we are announced, and others are heard.
//!
//! The packets are made and read by the crate mdns-sd in a thread of its own, on the chosen adapters only, also on those
//! that come later; it probes for names and says goodbye. A second thread, ours, keeps what it tells and gives way when a
//! name is taken:
//!
//! ```text
//!  socket ⇄ [mdns-sd] ── found, gone, name taken ──► [follow] ──► State ◄── name(), neighbours()
//!              ▲────────── register, unregister ────────┘
//! ```
//!
//! When a name is taken mdns-sd goes on under another by itself, but answers questions about a service with the old host
//! name (0.21). So we register everything again, under names that nobody has to translate.

use crate::names::{Names, Taken};
use crate::neighbours::{Neighbour, Neighbours, Own, Record};
use crate::service::{Announcement, Kind, Service};
use mdns_sd::{
    DaemonEvent, DnsNameChange, IfKind, IfPredicate, RRType, Receiver, RecvTimeoutError, ResolvedService,
    ServiceDaemon, ServiceEvent, ServiceInfo,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long the follower may leave what it is told lying.
const TURN: Duration = Duration::from_millis(200);
/// After the first name that is taken others may turn out to be taken too; one change is enough for all.
const SETTLE: Duration = Duration::from_millis(400);
/// mdns-sd says goodbye twice, 120 ms apart, in case the first one is lost.
const GOODBYE: Duration = Duration::from_millis(200);
/// A daemon that does not end by then is left alone.
const LAST_WORD: Duration = Duration::from_secs(1);
/// Most bytes of what a neighbour says about itself in one field.
const LONGEST_FACT: usize = 255;

/// mDNS cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[error("the local network cannot be asked: {0}")]
pub struct MdnsError(#[from] mdns_sd::Error);

/// What happens, for a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A service was announced. The texts say which, and on what addresses.
    Announced(String, String),
    /// A name was taken; this is what we are called now.
    Renamed {
        /// The host name that was wished, such as `kitchen.local`.
        from: String,
        /// The host name now.
        to: String,
        /// What the services are called now.
        service: String,
    },
    /// Another server came, or changed.
    Heard(String),
    /// Another server went.
    Gone(String),
    /// Something does not work.
    Trouble(String),
}

/// Receives what happens; called from the follower's thread, and must not block for long.
pub type Tell = Box<dyn Fn(Told) + Send>;

/// A running announcement. Dropping it says goodbye too, but does not wait for that.
pub struct Announcer {
    daemon: ServiceDaemon,
    state: Arc<Mutex<State>>,
    follower: Option<JoinHandle<()>>,
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

    /// Which of our names is taken. `None`: one that we have given up already; on a busy machine some probes end late.
    fn taken(&self, change: &DnsNameChange) -> Option<Taken> {
        let is = |ours: &str| change.original.eq_ignore_ascii_case(ours);
        if matches!(change.rr_type, RRType::A | RRType::AAAA) {
            is(&format!("{}.", self.names.host_name())).then_some(Taken::Host)
        } else {
            self.registered.iter().any(|name| is(name)).then_some(Taken::Service)
        }
    }

    fn with_own<T>(&self, ask: impl FnOnce(&Neighbours, Own<'_>) -> T) -> T {
        let own = Own { id: &self.wanted.id, host: &self.names.host_name(), ports: &self.own_ports() };
        ask(&self.neighbours, own)
    }
}

impl Announcer {
    /// Begins to announce and to listen. Names are probed first, which takes about a second.
    ///
    /// # Errors
    /// [`MdnsError`] if the system gives no thread. That no packet can be sent is told later, as [`Told::Trouble`].
    pub fn start(wanted: Announcement, tell: Tell) -> Result<Self, MdnsError> {
        let daemon = ServiceDaemon::new()?;
        choose_adapters(&daemon, &wanted)?;
        let monitor = daemon.monitor()?;
        let mut heard = Vec::new();
        for kind in Kind::ALL {
            heard.push((kind, daemon.browse(&kind.type_name())?));
        }
        let names = Names::new(&wanted.host, &wanted.title);
        let neighbours = Neighbours::default();
        let mut state = State { wanted, names, neighbours, registered: Vec::new(), is_ending: false };
        register(&daemon, &mut state)?;
        let state = Arc::new(Mutex::new(state));
        let follower = Follower { daemon: daemon.clone(), state: state.clone(), monitor, heard, tell, taken: None };
        let follower = std::thread::Builder::new()
            .name("neighbours".into())
            .spawn(move || follower.run())
            .map_err(|error| mdns_sd::Error::Msg(error.to_string()))?;
        Ok(Self { daemon, state, follower: Some(follower) })
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
        lock(&self.state).with_own(Neighbours::others)
    }

    /// Whether our own announcement came back to us, as it does where multicast works at all.
    pub fn hears_itself(&self) -> bool {
        lock(&self.state).with_own(Neighbours::has_own)
    }

    /// Whether it still works; mdns-sd ends early only if something in it goes wrong.
    pub fn is_running(&self) -> bool {
        self.follower.as_ref().is_some_and(|follower| !follower.is_finished())
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
            std::thread::sleep(GOODBYE);
        }
        let has_ended = self.end();
        if let Some(follower) = self.follower.take()
            && has_ended
        {
            // It ends with the daemon. A panic there was printed, and nothing depends on it any more.
            let _ended = follower.join();
        }
    }

    /// Whether the daemon has ended; one that is stuck is left to the end of the program.
    fn end(&self) -> bool {
        lock(&self.state).is_ending = true;
        self.daemon.shutdown().is_ok_and(|ended| ended.recv_timeout(LAST_WORD).is_ok())
    }
}

impl Drop for Announcer {
    fn drop(&mut self) {
        if self.follower.is_some() {
            self.end();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All adapters are on until they are switched off, so this comes before anything is sent.
fn choose_adapters(daemon: &ServiceDaemon, wanted: &Announcement) -> Result<(), MdnsError> {
    let adapters = wanted.adapters.clone();
    let chosen = IfPredicate::new(move |found| adapters.include(&found.name, found.index, found.ip()));
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
    let facts = wanted.facts(service);
    let info = ServiceInfo::new(&service.kind.type_name(), &names.service(), &host, "", service.port, &facts[..])?;
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
struct Follower {
    daemon: ServiceDaemon,
    state: Arc<Mutex<State>>,
    monitor: Receiver<DaemonEvent>,
    heard: Vec<(Kind, Receiver<ServiceEvent>)>,
    tell: Tell,
    /// A name is taken; when we shall give way.
    taken: Option<(Taken, Instant)>,
}

impl Follower {
    fn run(mut self) {
        loop {
            match self.monitor.recv_timeout(TURN) {
                Ok(event) => self.note(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.listen();
            if let Some((taken, when)) = self.taken
                && when <= Instant::now()
            {
                self.taken = None;
                self.give_way(taken);
            }
        }
    }

    fn note(&mut self, event: DaemonEvent) {
        match event {
            DaemonEvent::Announce(name, addresses) => (self.tell)(Told::Announced(name, addresses)),
            DaemonEvent::Error(error) => (self.tell)(Told::Trouble(error.to_string())),
            DaemonEvent::NameChange(change) => {
                let Some(taken) = lock(&self.state).taken(&change) else { return };
                let (worst, when) = self.taken.unwrap_or((taken, Instant::now() + SETTLE));
                self.taken = Some((worst.max(taken), when));
            }
            _ => {}
        }
    }

    /// Another machine has our name. What mdns-sd made of it is taken back, then we come with a name of our own.
    fn give_way(&mut self, taken: Taken) {
        let from = {
            let mut state = lock(&self.state);
            if state.is_ending || !withdraw(&self.daemon, &mut state) {
                return;
            }
            let from = Names::new(&state.wanted.host, &state.wanted.title).host_name();
            state.names.give_way(taken);
            from
        };
        // The second goodbye must not come after the new announcement: it would take that back.
        std::thread::sleep(GOODBYE);
        let mut state = lock(&self.state);
        let registered = register(&self.daemon, &mut state);
        let (to, service) = (state.names.host_name(), state.names.service());
        drop(state);
        (self.tell)(Told::Renamed { from, to, service });
        if let Err(error) = registered {
            (self.tell)(Told::Trouble(error.to_string()));
        }
    }

    fn listen(&mut self) {
        for index in 0..self.heard.len() {
            let (kind, receiver) = (self.heard[index].0, &self.heard[index].1);
            let events: Vec<_> = receiver.try_iter().collect();
            if receiver.is_disconnected()
                && let Ok(again) = self.daemon.browse(&kind.type_name())
            {
                // It overflowed: mdns-sd ends a subscription that is not read for too long.
                self.heard[index].1 = again;
            }
            for event in events {
                self.keep(kind, event);
            }
        }
    }

    fn keep(&self, kind: Kind, event: ServiceEvent) {
        match event {
            ServiceEvent::ServiceResolved(found) => {
                let Some(record) = record(kind, &found) else { return };
                let text = format!("{} ({})", record.instance, kind.label());
                lock(&self.state).neighbours.heard(record);
                (self.tell)(Told::Heard(text));
            }
            ServiceEvent::ServiceRemoved(_, fullname) => {
                let Some(instance) = instance(kind, &fullname) else { return };
                lock(&self.state).neighbours.gone(kind, &instance);
                (self.tell)(Told::Gone(format!("{instance} ({})", kind.label())));
            }
            _ => {}
        }
    }
}

fn record(kind: Kind, found: &ResolvedService) -> Option<Record> {
    let fact = |key| found.get_property_val_str(key).filter(|text| !text.is_empty() && text.len() <= LONGEST_FACT);
    Some(Record {
        kind,
        instance: instance(kind, found.get_fullname())?,
        host: found.get_hostname().trim_end_matches('.').to_owned(),
        port: found.get_port(),
        addresses: found.get_addresses().iter().map(mdns_sd::ScopedIp::to_ip_addr).collect(),
        path: fact("path").map(str::to_owned),
        id: fact("id").filter(|_| kind == Kind::Potluck).map(str::to_owned),
    })
}

/// What stands before the type. Dots and backslashes in it come with a backslash before them.
fn instance(kind: Kind, fullname: &str) -> Option<String> {
    let start = fullname.len().checked_sub(kind.type_name().len() + 1)?;
    let (escaped, end) = fullname.split_at_checked(start)?;
    let is_of_kind = end.strip_prefix('.').is_some_and(|end| end.eq_ignore_ascii_case(&kind.type_name()));
    let mut plain = String::new();
    let mut letters = escaped.chars();
    while let Some(letter) = letters.next() {
        plain.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    (is_of_kind && !plain.is_empty()).then_some(plain)
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
            assert_eq!(instance(Kind::Http, fullname).as_deref(), want, "{fullname}");
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
        let taken = |state: &State, original: &str, rr_type| {
            let (original, new_name, intf_name) = (original.into(), "other".into(), "eth0".into());
            state.taken(&DnsNameChange { original, new_name, rr_type, intf_name })
        };
        assert_eq!(taken(&state, "Kitchen.local.", RRType::A), Some(Taken::Host));
        assert_eq!(taken(&state, "Potluck on kitchen._http._tcp.local.", RRType::SRV), Some(Taken::Service));
        assert!(Taken::Host > Taken::Service, "the services are called after the host");
        state.names.give_way(Taken::Host);
        state.registered.clear();
        assert_eq!(taken(&state, "kitchen.local.", RRType::AAAA), None);
        assert_eq!(taken(&state, "Potluck on kitchen._http._tcp.local.", RRType::TXT), None);
    }

    #[test]
    fn what_is_registered_has_no_address_of_its_own() {
        let service = Service { kind: Kind::Http, port: 3923, path: Some("/pub/".into()) };
        let wanted = Announcement { services: vec![service.clone()], ..Announcement::default() };
        let info = info(&wanted, &Names::new("kitchen", "Potluck"), &service).unwrap();
        assert_eq!(info.get_fullname(), "Potluck on kitchen._http._tcp.local.");
        assert_eq!(info.get_hostname(), "kitchen.local.");
        assert!(info.is_addr_auto() && info.get_addresses_v4().is_empty());
        assert_eq!(info.get_property_val_str("path"), Some("/pub/"));
    }
}
