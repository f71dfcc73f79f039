//! The socket of a transfer: its port is the server's half of the transfer's identity, the client's port the other (RFC 1350, 4).

use crate::error::ErrorCode;
use crate::options::{RECEIVE_ROOM, RECEIVE_ROOM_MAX};
use crate::packet::{self, Packet};
use engine::random;
use model::settings::PortRange;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

/// Datagrams of strangers that are answered.
const STRANGERS_MAX: u32 = 8;

/// The socket of a transfer.
pub(crate) struct TransferSocket {
    socket: UdpSocket,
    peer: SocketAddr,
    strangers: u32,
}

impl TransferSocket {
    /// Opens a socket at `local`, the address that the request was sent to: the client expects the answer from there. Its port
    /// cannot be guessed.
    ///
    /// # Errors
    /// Those of the system; `AddrInUse` if no port of the range is free.
    pub fn open(local: SocketAddr, peer: SocketAddr, ports: Option<PortRange>) -> io::Result<Self> {
        let start = random::bytes::<4>().map_or(0, |bytes| u32::from_le_bytes(bytes) as usize);
        let mut last: io::Error = io::ErrorKind::AddrInUse.into();
        let ports: Box<dyn Iterator<Item = u16>> = match ports {
            Some(range) => Box::new(range.from(start)),
            None => Box::new(std::iter::once(0)),
        };
        for port in ports {
            let mut address = local;
            address.set_port(port);
            match std::net::UdpSocket::bind(address) {
                Ok(socket) => {
                    socket.set_nonblocking(true)?;
                    return Ok(Self { socket: UdpSocket::from_std(socket)?, peer, strangers: 0 });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Makes room for blocks that arrive faster than they are written. Returns how much there is.
    pub fn make_room(&self) -> usize {
        let socket = SockRef::from(&self.socket);
        let _limited_by_the_system = socket.set_recv_buffer_size(RECEIVE_ROOM_MAX);
        socket.recv_buffer_size().unwrap_or(RECEIVE_ROOM)
    }

    /// Sends a datagram to the client.
    pub async fn send(&self, datagram: &[u8]) -> io::Result<()> {
        match self.socket.send_to(datagram, self.peer).await {
            // Windows says here that an earlier datagram was not wanted; the timer will tell.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(()),
            sent => sent.map(|_| ()),
        }
    }

    /// Waits for a datagram of the client; `None` at the deadline. Others are told that there is no transfer of theirs here.
    pub async fn receive(&mut self, buffer: &mut [u8], deadline: Instant) -> io::Result<Option<usize>> {
        loop {
            let (length, from) = match timeout_at(deadline, self.socket.recv_from(buffer)).await {
                Err(_late) => return Ok(None),
                Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionReset => continue,
                Ok(received) => received?,
            };
            if is_same(from, self.peer) {
                return Ok(Some(length));
            }
            self.refuse(from, buffer.get(..length).unwrap_or_default());
            if Instant::now() >= deadline {
                return Ok(None);
            }
        }
    }

    fn refuse(&mut self, from: SocketAddr, datagram: &[u8]) {
        self.strangers += 1;
        // An error is never answered: two servers could go on for ever.
        if self.strangers <= STRANGERS_MAX && !matches!(Packet::parse(datagram), Some(Packet::Error { .. })) {
            let answer = packet::error(ErrorCode::UnknownTransfer, "This is another transfer.");
            let _dropped = self.socket.try_send_to(&answer, from);
        }
    }
}

/// Compares addresses without what only this computer knows of them.
fn is_same(a: SocketAddr, b: SocketAddr) -> bool {
    (a.ip().to_canonical(), a.port()) == (b.ip().to_canonical(), b.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn local() -> SocketAddr {
        ([127, 0, 0, 1], 0).into()
    }

    #[tokio::test]
    async fn strangers_are_told_so_and_the_transfer_goes_on() {
        let client = UdpSocket::bind(local()).await.expect("a socket");
        let stranger = UdpSocket::bind(local()).await.expect("a socket");
        let mut socket =
            TransferSocket::open(local(), client.local_addr().expect("an address"), None).expect("a socket");
        let to = socket.socket.local_addr().expect("an address");
        for _ in 0..20 {
            stranger.send_to(&packet::ack(1), to).await.expect("sent");
        }
        stranger.send_to(&packet::error(ErrorCode::Undefined, "x"), to).await.expect("sent");
        client.send_to(b"hello", to).await.expect("sent");
        let mut buffer = [0; 64];
        let deadline = Instant::now() + Duration::from_secs(30);
        assert_eq!(socket.receive(&mut buffer, deadline).await.expect("no error"), Some(5));
        let mut count = 0;
        let moment = Duration::from_millis(300);
        while let Ok(Ok(length)) = tokio::time::timeout(moment, stranger.recv(&mut buffer)).await {
            assert!(matches!(Packet::parse(&buffer[..length]), Some(Packet::Error { code: 5, .. })));
            count += 1;
        }
        assert_eq!(count, STRANGERS_MAX);
        assert_eq!(socket.receive(&mut buffer, Instant::now()).await.expect("no error"), None);
    }

    #[tokio::test]
    async fn a_range_that_is_used_up_has_no_port() {
        let first = TransferSocket::open(local(), local(), None).expect("a socket");
        let port = first.socket.local_addr().expect("an address").port();
        let range = format!("{port}-{port}").parse().expect("a range");
        assert!(TransferSocket::open(local(), local(), Some(range)).is_err());
        drop(first);
        assert!(TransferSocket::open(local(), local(), Some(range)).is_ok());
    }
}
