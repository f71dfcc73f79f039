//! The thread that owns the socket.

use super::announcement::SsdpAnnouncement;
use super::message::{self, MAX_AGE_SECS, Search, Target};
use super::queue::{Answer, Queue};
use crate::interfaces::Subnet;
use if_addrs::IfAddr;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The group of SSDP.
const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(239, 255, 255, 250), 1900);
/// Longest time until a stop or a due answer is noticed.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// Time between two looks at the adapters.
const ADAPTERS_INTERVAL: Duration = Duration::from_secs(10);
/// Time between two announcements: three of them within the time that others keep one, as datagrams get lost.
const ALIVE_INTERVAL: Duration = Duration::from_secs(MAX_AGE_SECS / 3);
/// Longest datagram that is read, in bytes; the rest of longer ones is lost, and they are ignored.
const MAX_DATAGRAM: usize = 2048;

/// SSDP cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SsdpError {
    /// The port cannot be opened.
    #[error("UDP port 1900 cannot be opened: {0}")]
    Socket(#[source] io::Error),
    /// The system gives no thread.
    #[error("no thread can be created: {0}")]
    Thread(#[source] io::Error),
}

/// An event of the responder, for logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SsdpEvent {
    /// The device was announced in the network of this address of ours.
    Announced(Ipv4Addr),
    /// A search of this machine is answered.
    Answered(SocketAddrV4),
    /// Something could not be sent or received.
    Failed(String),
}

/// Receives events. Called on the thread of the responder, so it must not block for long.
pub type EventHandler = Box<dyn Fn(SsdpEvent) + Send>;

/// A running responder. Dropping it says goodbye as well, but does not wait for that.
pub struct SsdpResponder {
    is_ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl SsdpResponder {
    /// Starts announcing and answering.
    ///
    /// # Errors
    /// [`SsdpError`] if the port or a thread cannot be had. What cannot be sent later is an [`SsdpEvent::Failed`].
    pub fn start(wanted: SsdpAnnouncement, on_event: EventHandler) -> Result<Self, SsdpError> {
        let socket = open().map_err(SsdpError::Socket)?;
        let is_ending = Arc::new(AtomicBool::new(false));
        let responder = Responder {
            socket,
            wanted,
            on_event,
            networks: BTreeMap::new(),
            queue: Queue::default(),
            is_ending: is_ending.clone(),
        };
        let thread = std::thread::Builder::new()
            .name("ssdp".into())
            .spawn(move || responder.run())
            .map_err(SsdpError::Thread)?;
        Ok(Self { is_ending, thread: Some(thread) })
    }

    /// Whether the thread still runs.
    pub fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Says goodbye and ends the thread. Blocks for up to half a second.
    pub fn stop(mut self) {
        self.is_ending.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic in it was printed and needs no further handling.
            let _ended = thread.join();
        }
    }
}

impl Drop for SsdpResponder {
    fn drop(&mut self) {
        self.is_ending.store(true, Relaxed);
    }
}

/// Opens the port, which several programs of a machine share.
fn open() -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    // Linux shares it by the former alone; BSD and macOS ask for this, too.
    #[cfg(all(unix, not(target_os = "linux")))]
    socket.set_reuse_port(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, GROUP.port())).into())?;
    // No router may pass our messages on. Programs of this machine hear them.
    socket.set_multicast_ttl_v4(1)?;
    socket.set_multicast_loop_v4(true)?;
    Ok(socket.into())
}

/// A network that the device is announced in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct JoinedNetwork {
    subnet: Subnet,
    announced: Option<Instant>,
}

/// State of the thread.
struct Responder {
    socket: UdpSocket,
    wanted: SsdpAnnouncement,
    on_event: EventHandler,
    /// The networks by our address in them.
    networks: BTreeMap<Ipv4Addr, JoinedNetwork>,
    queue: Queue,
    is_ending: Arc<AtomicBool>,
}

impl Responder {
    fn run(mut self) {
        let mut next_look = Instant::now();
        let mut buffer = [0; MAX_DATAGRAM];
        while !self.is_ending.load(Relaxed) {
            let now = Instant::now();
            if next_look <= now {
                next_look = now + ADAPTERS_INTERVAL;
                self.look_at_adapters();
                self.announce(now);
            }
            for Answer { to, text } in self.queue.take_due(now) {
                self.send(&text, to);
            }
            self.receive(&mut buffer);
        }
        for ip in self.networks.keys() {
            Target::ALL.iter().for_each(|target| self.multicast(&message::bye(&self.wanted, *target), *ip));
        }
    }

    /// Joins the group on adapters that are new, and forgets those that have gone.
    fn look_at_adapters(&mut self) {
        let all = match if_addrs::get_if_addrs() {
            Ok(all) => all,
            Err(error) => return (self.on_event)(SsdpEvent::Failed(format!("the adapters cannot be listed: {error}"))),
        };
        let chosen =
            all.into_iter().filter(|found| self.wanted.adapters.includes(&found.name, found.index, found.ip()));
        let mut found = BTreeMap::new();
        for adapter in chosen {
            if let IfAddr::V4(v4) = adapter.addr {
                found.insert(v4.ip, Subnet { ip: v4.ip.into(), prefix: v4.prefixlen });
            }
        }
        self.networks.retain(|ip, network| found.get(ip) == Some(&network.subnet));
        for (ip, subnet) in found {
            if self.networks.contains_key(&ip) {
                continue;
            }
            match self.socket.join_multicast_v4(GROUP.ip(), &ip) {
                // It is a member already: the address came back.
                Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                    (self.on_event)(SsdpEvent::Failed(format!("the network of {ip} cannot be joined: {error}")));
                }
                Ok(()) | Err(_) => {
                    self.networks.insert(ip, JoinedNetwork { subnet, announced: None });
                }
            }
        }
    }

    /// Announces the device where that is due.
    fn announce(&mut self, now: Instant) {
        let is_due = |network: &JoinedNetwork| network.announced.is_none_or(|when| now - when >= ALIVE_INTERVAL);
        let due: Vec<_> = self.networks.iter().filter(|(_, network)| is_due(network)).map(|(ip, _)| *ip).collect();
        for ip in due {
            for target in Target::ALL {
                self.multicast(&message::alive(&self.wanted, target, ip), ip);
            }
            if let Some(network) = self.networks.get_mut(&ip) {
                network.announced = Some(now);
            }
            (self.on_event)(SsdpEvent::Announced(ip));
        }
    }

    /// Waits for a datagram until something else is due.
    fn receive(&mut self, buffer: &mut [u8]) {
        let until_due = self.queue.next_due().map(|due| due.saturating_duration_since(Instant::now()));
        let wait = until_due.unwrap_or(POLL_INTERVAL).clamp(Duration::from_millis(1), POLL_INTERVAL);
        let received = self.socket.set_read_timeout(Some(wait)).and_then(|()| self.socket.recv_from(buffer));
        match received {
            Ok((length, SocketAddr::V4(peer))) => self.handle(&buffer[..length], peer),
            Ok((_, SocketAddr::V6(_))) => {}
            // Windows reports a datagram that is longer than the buffer, or that an answer reached a closed port.
            Err(_) => std::thread::sleep(Duration::from_millis(1)),
        }
    }

    fn handle(&mut self, datagram: &[u8], peer: SocketAddrV4) {
        let Some(search) = Search::parse(datagram, &self.wanted.id) else { return };
        let Some(ip) = self.network_of(peer) else { return };
        let mut share = [0];
        // Without random bytes all answers come at once, which is only less polite.
        let _filled = getrandom::fill(&mut share);
        for target in search.targets {
            let answer = Answer { to: peer, text: message::answer(&self.wanted, target, ip) };
            self.queue.push(answer, search.wait_secs, share[0], Instant::now());
        }
        (self.on_event)(SsdpEvent::Answered(peer));
    }

    /// Returns our address in the network of a machine; `None` if it is in none of them, or asks from a port where other
    /// services listen.
    fn network_of(&self, peer: SocketAddrV4) -> Option<Ipv4Addr> {
        let networks = self.networks.iter().map(|(ip, network)| (*ip, network.subnet));
        if peer.port() < 1024 { None } else { own_address(networks, *peer.ip()) }
    }

    fn multicast(&self, text: &str, from: Ipv4Addr) {
        match SockRef::from(&self.socket).set_multicast_if_v4(&from) {
            Ok(()) => self.send(text, GROUP),
            Err(error) => (self.on_event)(SsdpEvent::Failed(format!("nothing can be sent from {from}: {error}"))),
        }
    }

    fn send(&self, text: &str, to: SocketAddrV4) {
        if let Err(error) = self.socket.send_to(text.as_bytes(), to) {
            (self.on_event)(SsdpEvent::Failed(format!("nothing can be sent to {to}: {error}")));
        }
    }
}

/// Returns the address whose network contains `peer`: the narrowest, if there are several.
fn own_address(networks: impl Iterator<Item = (Ipv4Addr, Subnet)>, peer: Ipv4Addr) -> Option<Ipv4Addr> {
    let around = networks.filter(|(_, subnet)| subnet.contains(peer.into()));
    around.max_by_key(|(_, subnet)| subnet.prefix).map(|(ip, _)| ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_machines_in_the_same_network_are_answered() {
        let ip = |text: &str| text.parse::<Ipv4Addr>().expect(text);
        let networks = [("192.168.1.2", 24), ("10.0.0.9", 8), ("10.1.0.1", 16)];
        let check = |peer: &str, want: Option<&str>| {
            let own = networks.iter().map(|(own, prefix)| (ip(own), Subnet { ip: ip(own).into(), prefix: *prefix }));
            assert_eq!(own_address(own, ip(peer)), want.map(ip), "{peer}");
        };
        check("192.168.1.77", Some("192.168.1.2"));
        check("192.168.2.77", None);
        check("10.200.0.1", Some("10.0.0.9"));
        check("10.1.3.4", Some("10.1.0.1"));
        check("203.0.113.5", None);
    }
}
