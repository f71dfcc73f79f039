//! The port for requests.

use crate::error::ErrorCode;
use crate::exchange::Transfer;
use crate::host::Server;
use crate::limits::Limits;
use crate::packet::{self, Request};
use crate::transfer;
use engine::{Client, Engine};
use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// The kernel may hand over several datagrams of one client at once.
const BUFFER: usize = 64 << 10;
/// Pause after an error of the system, which may come again at once.
const PAUSE: Duration = Duration::from_millis(50);

/// The port for requests.
struct Listener {
    engine: Engine,
    socket: UdpSocket,
    /// Tells to which address of this computer a datagram was sent.
    state: UdpSocketState,
    limits: Limits,
    server: Arc<dyn Server>,
}

/// Both ends of a request.
#[derive(Clone, Copy)]
struct Ends {
    peer: SocketAddr,
    local: SocketAddr,
}

/// Serves the requests that come to `socket`, each as a task of its own, until this task is aborted; the transfers go on.
///
/// # Errors
/// Those of the system about the socket.
pub async fn serve(engine: Engine, socket: UdpSocket, limits: Limits, server: Arc<dyn Server>) -> io::Result<()> {
    let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
    let listener = Listener { engine, socket, state, limits, server };
    let mut buffer = vec![0; BUFFER];
    loop {
        match listener.receive(&mut buffer).await {
            Ok(meta) => listener.take(&buffer[..meta.len.min(BUFFER)], &meta),
            Err(error) => {
                tracing::debug!(%error, "no request could be received");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

impl Listener {
    async fn receive(&self, buffer: &mut [u8]) -> io::Result<RecvMeta> {
        let mut meta = [RecvMeta::default()];
        let receive = || self.state.recv(UdpSockRef::from(&self.socket), &mut [IoSliceMut::new(buffer)], &mut meta);
        self.socket.async_io(Interest::READABLE, receive).await?;
        Ok(meta[0])
    }

    /// Takes what was received: one or more datagrams of a client.
    fn take(&self, bytes: &[u8], meta: &RecvMeta) {
        let Some(ends) = self.ends(meta) else { return };
        for datagram in bytes.chunks(meta.stride.max(1)) {
            self.request(datagram, ends);
        }
    }

    /// Returns both ends in the form in which sockets are opened for them; `None` if no answer is due.
    fn ends(&self, meta: &RecvMeta) -> Option<Ends> {
        let bound = self.socket.local_addr().ok()?;
        let to = meta.dst_ip.unwrap_or(bound.ip()).to_canonical();
        let peer = SocketAddr::new(meta.addr.ip().to_canonical(), meta.addr.port());
        if to.is_unspecified() || to.is_multicast() || peer.port() == 0 || to.is_ipv4() != peer.is_ipv4() {
            return None;
        }
        Some(match (to, meta.addr) {
            // Link-local addresses mean something on one adapter only.
            (IpAddr::V6(to), SocketAddr::V6(from)) => Ends {
                peer: SocketAddrV6::new(*from.ip(), from.port(), 0, from.scope_id()).into(),
                local: SocketAddrV6::new(to, bound.port(), 0, from.scope_id()).into(),
            },
            (to, _) => Ends { peer, local: SocketAddr::new(to, bound.port()) },
        })
    }

    fn request(&self, datagram: &[u8], ends: Ends) {
        let Ends { peer, local } = ends;
        if !self.server.answers(peer.ip(), local.ip()) {
            tracing::debug!(%peer, %local, "a request by TFTP was not answered");
            return;
        }
        if self.engine.accounts.check_not_banned(Client { address: peer.ip() }).is_err() {
            return;
        }
        let request = match Request::parse(datagram) {
            Ok(request) => request,
            Err(fault) => {
                if let Some(sentence) = fault.sentence() {
                    self.refuse(ends, sentence);
                }
                return;
            }
        };
        self.begin(request, ends);
    }

    /// Begins a transfer. If there are too many the request is not answered: clients send it again.
    fn begin(&self, request: Request, Ends { peer, local }: Ends) {
        let Some(opening) = self.limits.open(peer, &request) else { return };
        let Some(reservation) = self.limits.reserve(peer) else {
            tracing::debug!(%peer, "too many transfers by TFTP");
            return;
        };
        let Some(host) = self.server.admit(peer, local) else { return };
        tokio::spawn(transfer::run(Transfer {
            engine: self.engine.clone(),
            config: self.server.config(),
            limits: self.limits.clone(),
            host,
            request,
            peer,
            local,
            opening: Some(opening),
            last_ack: None,
            _reservation: reservation,
        }));
    }

    /// Answers once, from the port for requests.
    fn refuse(&self, Ends { peer, local }: Ends, sentence: &str) {
        let contents = packet::error(ErrorCode::Illegal, sentence);
        // A socket for IPv6 reaches clients of IPv4 by their mapped addresses.
        let is_v6 = self.socket.local_addr().is_ok_and(|bound| bound.is_ipv6());
        let form = |ip: IpAddr| match ip {
            IpAddr::V4(v4) if is_v6 => v4.to_ipv6_mapped().into(),
            ip => ip,
        };
        let destination = match peer {
            SocketAddr::V4(v4) => SocketAddr::new(form(IpAddr::V4(*v4.ip())), v4.port()),
            v6 => v6,
        };
        let answer = Transmit {
            destination,
            ecn: None,
            contents: &contents,
            segment_size: None,
            src_ip: Some(form(local.ip())),
        };
        let _dropped = self.state.try_send(UdpSockRef::from(&self.socket), &answer);
    }
}
