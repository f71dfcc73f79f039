//! What both directions of a transfer share: the request, how it ends early, waiting for the client.

use crate::error::TftpError;
use crate::host::{Host, TftpConfig, Verbosity};
use crate::limits::{Limits, Opening};
use crate::packet::{Packet, Request};
use crate::socket::TransferSocket;
use engine::budget::Reservation;
use engine::{Access, Client, Engine};
use model::VPath;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A request that was admitted.
pub(crate) struct Transfer {
    pub engine: Engine,
    pub config: Arc<TftpConfig>,
    pub limits: Limits,
    pub host: Arc<dyn Host>,
    pub request: Request,
    pub peer: SocketAddr,
    pub local: SocketAddr,
    /// Dropped when the client has answered.
    pub opening: Option<Opening>,
    /// The acknowledgement of the last block of a file that is stored.
    pub last_ack: Option<Vec<u8>>,
    pub _reservation: Reservation,
}

/// Why a transfer has ended early.
pub(crate) enum Failure {
    /// The client is told.
    Refused(TftpError),
    /// The client has said so.
    ByClient(u16, String),
    /// The client does not answer.
    Silent,
    /// The system refuses to send.
    Socket(io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => f.write_str(error.text),
            Self::ByClient(code, text) => write!(f, "the client has ended it: {code} {text:?}"),
            Self::Silent => f.write_str("the client does not answer"),
            Self::Socket(error) => error.fmt(f),
        }
    }
}

impl<E: Into<TftpError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// What a side of a transfer hears.
pub(crate) enum Heard<'a> {
    Packet(Packet<'a>),
    /// Nothing until the deadline.
    Silence,
}

impl Transfer {
    /// Returns the rights of everyone.
    pub fn access(&self) -> Access {
        self.engine.accounts.anonymous(Client { address: self.peer.ip() })
    }

    /// Returns the path that was asked for. Boot programs of Windows send backslashes and no slashes.
    pub fn path(&self) -> Result<VPath, Failure> {
        let name = &self.request.name;
        let slashes =
            |name: &[u8]| name.iter().map(|&byte| if byte == b'\\' { b'/' } else { byte }).collect::<Vec<_>>();
        let path = if name.contains(&b'/') { VPath::parse(name) } else { VPath::parse(&slashes(name)) };
        path.map_err(|fault| engine::EngineError::from(fault).into())
    }

    /// The client has answered: it is there, and another request of it is no copy.
    pub fn answered(&mut self) {
        self.opening = None;
    }

    /// Logs a retransmission.
    pub fn log_repeat(&self, wait: Duration) {
        if self.config.verbosity >= Verbosity::Packets {
            tracing::info!(peer = %self.peer, ?wait, "no answer; the last datagrams are sent again");
        }
    }
}

/// Waits for a datagram of the client.
pub(crate) async fn hear<'a>(
    socket: &mut TransferSocket,
    buffer: &'a mut [u8],
    deadline: Instant,
) -> Result<Heard<'a>, Failure> {
    loop {
        // A client that sends nonsense all the time is silent.
        if Instant::now() >= deadline {
            return Ok(Heard::Silence);
        }
        let Some(length) = socket.receive(buffer, deadline).await.map_err(Failure::Socket)? else {
            return Ok(Heard::Silence);
        };
        match Packet::parse(&buffer[..length]) {
            Some(Packet::Error { code, text }) => {
                return Err(Failure::ByClient(code, String::from_utf8_lossy(text).into_owned()));
            }
            // Parsed once more for the borrow checker, which cannot follow a return out of the loop.
            Some(_) => return Ok(Packet::parse(&buffer[..length]).map_or(Heard::Silence, Heard::Packet)),
            None => {}
        }
    }
}
