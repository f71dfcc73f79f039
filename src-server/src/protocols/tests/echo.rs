//! A line echo over streams and an echo over datagrams. A client that says `wait` has work under way until it says
//! something else.

use super::super::*;
use crate::connections::{Admitted, Endpoint, Phase, Remote, TooMany};
use crate::control::admin::ControlError;
use model::Settings;
use model::settings::Network;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The option that would set the ports.
pub const PORT: &str = "--echo-port";

/// Says each line again.
#[derive(Clone)]
pub struct LineEcho;

impl Protocol for LineEcho {
    fn name(&self) -> &'static str {
        "line"
    }
    fn port_option(&self) -> &'static str {
        PORT
    }
    fn sockets(&self, network: &Network) -> Vec<SocketSpec> {
        SocketSpec::streams(network, &network.ports)
    }
    fn prepare(&self, _: &Settings, _: &Path) -> Result<Commit, ControlError> {
        Ok(Box::new(|| {}))
    }
    fn start(&self, socket: BoundSocket, endpoint: Endpoint, admission: &Arc<Admission>) -> JoinHandle<()> {
        let BoundSocket::Streams(listener) = socket else { panic!("streams were asked for") };
        tokio::spawn(accept_streams(listener, endpoint, admission.clone(), self.clone()))
    }
}

impl StreamHandler for LineEcho {
    fn admitted(&self, stream: Stream, admitted: Admitted) {
        match stream {
            Stream::Tcp(stream) => drop(tokio::spawn(echo_lines(stream, admitted))),
            #[cfg(unix)]
            Stream::Unix(stream) => drop(tokio::spawn(echo_lines(stream, admitted))),
        }
    }

    fn rejected(&self, stream: Stream, excess: TooMany) {
        let Stream::Tcp(stream) = stream else { return };
        tokio::spawn(async move {
            let mut stream = BufReader::new(stream);
            let (mut line, answer) = (String::new(), format!("full: {excess:?}\n"));
            let _gone = stream.read_line(&mut line).await;
            let _gone = stream.write_all(answer.as_bytes()).await;
        });
    }
}

async fn echo_lines(stream: impl AsyncRead + AsyncWrite + Unpin, admitted: Admitted) {
    let (mut stream, conn) = (BufReader::new(stream), &admitted.conn);
    loop {
        let mut line = String::new();
        tokio::select! {
            read = stream.read_line(&mut line) => match read {
                Ok(1..) => note(conn, line.trim_end()),
                _ => return,
            },
            () = conn.phase_changed() => match conn.phase() {
                Phase::Draining if conn.in_flight.load(Relaxed) > 0 => continue,
                Phase::Open => continue,
                _ => return,
            },
        }
        if stream.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn note(conn: &crate::connections::Conn, text: &str) {
    conn.requests.fetch_add(1, Relaxed);
    conn.in_flight.store(u32::from(text == "wait"), Relaxed);
}

/// Sends each datagram back. Each address of a client has a session, which is what counts as a connection.
#[derive(Clone, Default)]
pub struct DatagramEcho {
    /// Datagrams that got no session.
    pub rejected: Arc<AtomicUsize>,
}

impl Protocol for DatagramEcho {
    fn name(&self) -> &'static str {
        "datagram"
    }
    fn port_option(&self) -> &'static str {
        PORT
    }
    fn sockets(&self, network: &Network) -> Vec<SocketSpec> {
        SocketSpec::datagrams(network, &network.ports)
    }
    fn prepare(&self, _: &Settings, _: &Path) -> Result<Commit, ControlError> {
        Ok(Box::new(|| {}))
    }
    fn start(&self, socket: BoundSocket, endpoint: Endpoint, admission: &Arc<Admission>) -> JoinHandle<()> {
        let BoundSocket::Datagrams(socket) = socket else { panic!("datagrams were asked for") };
        let rejected = self.rejected.clone();
        tokio::spawn(receive(Arc::new(socket), endpoint, admission.clone(), rejected))
    }
}

/// Passes each datagram to the session of its sender.
async fn receive(socket: Arc<UdpSocket>, endpoint: Endpoint, admission: Arc<Admission>, rejected: Arc<AtomicUsize>) {
    let mut sessions: HashMap<SocketAddr, mpsc::Sender<Vec<u8>>> = HashMap::new();
    let mut buffer = [0; 2048];
    while let Ok((count, from)) = socket.recv_from(&mut buffer).await {
        sessions.retain(|_, session| !session.is_closed());
        if let Entry::Vacant(free) = sessions.entry(from) {
            match admission.admit(Remote::Ip(from), socket.local_addr().ok(), &endpoint) {
                Ok(admitted) => {
                    let (session, datagrams) = mpsc::channel(8);
                    tokio::spawn(echo_datagrams(socket.clone(), from, datagrams, admitted));
                    free.insert(session);
                }
                Err(Rejection::TooMany(_) | Rejection::NotAllowed) => _ = rejected.fetch_add(1, Relaxed),
            }
        }
        if let Some(session) = sessions.get(&from) {
            // A session that is behind loses datagrams, as the network does.
            let _full = session.try_send(buffer[..count].to_vec());
        }
    }
}

async fn echo_datagrams(
    socket: Arc<UdpSocket>,
    to: SocketAddr,
    mut datagrams: mpsc::Receiver<Vec<u8>>,
    admitted: Admitted,
) {
    let conn = &admitted.conn;
    loop {
        tokio::select! {
            datagram = datagrams.recv(), if !datagrams.is_closed() => {
                let Some(datagram) = datagram else { continue };
                note(conn, &String::from_utf8_lossy(&datagram));
                if socket.send_to(&datagram, to).await.is_err() {
                    return;
                }
            }
            () = conn.phase_changed() => match conn.phase() {
                Phase::Draining if conn.in_flight.load(Relaxed) > 0 => {}
                Phase::Open => {}
                _ => return,
            },
        }
    }
}
