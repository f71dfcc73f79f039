//! A small TFTP client: whole transfers, and single datagrams for tests of the protocol itself.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

/// Longer than any step takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of a block without options.
const BLOCK: usize = 512;

/// An error of the server: its code and text.
pub type TftpResult<T> = Result<T, (u16, String)>;

/// A socket of a client.
pub struct TftpClient {
    socket: UdpSocket,
    server: SocketAddr,
    /// The socket that serves the transfer.
    transfer: Option<SocketAddr>,
}

impl TftpClient {
    /// A new socket for requests to `server`.
    ///
    /// # Panics
    /// If there is no socket.
    pub fn new(server: SocketAddr) -> Self {
        let any = if server.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" };
        let socket = UdpSocket::bind(any).expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        Self { socket, server, transfer: None }
    }

    /// Returns its own address.
    ///
    /// # Panics
    /// If it has none.
    pub fn address(&self) -> SocketAddr {
        self.socket.local_addr().expect("an address")
    }

    /// Returns the address that serves the transfer.
    ///
    /// # Panics
    /// If nothing was answered yet.
    pub fn transfer(&self) -> SocketAddr {
        self.transfer.expect("an answer came")
    }

    /// Sends a request (opcode 1: read, 2: write).
    pub fn request(&self, opcode: u8, name: &[u8], options: &[(&str, &str)]) {
        let mut datagram = [&[0, opcode], name, b"\0octet\0"].concat();
        for (name, value) in options {
            datagram.extend_from_slice(format!("{name}\0{value}\0").as_bytes());
        }
        self.send_to(self.server, &datagram);
    }

    /// Sends a datagram.
    ///
    /// # Panics
    /// If it cannot be sent.
    pub fn send_to(&self, to: SocketAddr, datagram: &[u8]) {
        self.socket.send_to(datagram, to).expect("it is sent");
    }

    /// Sends a datagram to the socket that serves the transfer.
    pub fn send(&self, datagram: &[u8]) {
        self.send_to(self.transfer(), datagram);
    }

    /// Receives a datagram.
    ///
    /// # Errors
    /// Nothing has come in time.
    pub fn receive(&mut self) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0; 70_000];
        let (length, from) = self.socket.recv_from(&mut buffer)?;
        self.transfer = Some(from);
        buffer.truncate(length);
        Ok(buffer)
    }

    /// Returns whether nothing comes for `time`.
    ///
    /// # Panics
    /// If the time limit cannot be set.
    pub fn is_silent_for(&mut self, time: Duration) -> bool {
        self.socket.set_read_timeout(Some(time)).expect("a time limit");
        let silent = self.receive().is_err();
        self.socket.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        silent
    }
}

/// Returns an acknowledgement.
pub fn ack(block: u16) -> Vec<u8> {
    [&[0, 4][..], &block.to_be_bytes()].concat()
}

/// Returns a block.
pub fn data(block: u16, bytes: &[u8]) -> Vec<u8> {
    [&[0, 3][..], &block.to_be_bytes(), bytes].concat()
}

/// Returns what an error says.
pub fn error_of(datagram: &[u8]) -> Option<(u16, String)> {
    match datagram {
        [0, 5, high, low, text @ ..] => {
            let text = String::from_utf8_lossy(text).trim_end_matches('\0').to_owned();
            Some((u16::from_be_bytes([*high, *low]), text))
        }
        _ => None,
    }
}

/// Reads a file.
///
/// # Errors
/// What the server says.
///
/// # Panics
/// If the server does not answer.
pub fn read(server: SocketAddr, name: &[u8]) -> TftpResult<Vec<u8>> {
    let mut client = TftpClient::new(server);
    client.request(1, name, &[]);
    let (mut content, mut block) = (Vec::new(), 0u16);
    loop {
        let datagram = client.receive().expect("an answer");
        if let Some(error) = error_of(&datagram) {
            return Err(error);
        }
        if datagram[..2] == [0, 3] && datagram[2..4] == block.wrapping_add(1).to_be_bytes() {
            block = block.wrapping_add(1);
            content.extend_from_slice(&datagram[4..]);
            client.send(&ack(block));
            if datagram.len() < 4 + BLOCK {
                return Ok(content);
            }
        }
    }
}

/// Writes a file.
///
/// # Errors
/// What the server says.
///
/// # Panics
/// If the server does not answer.
pub fn write(server: SocketAddr, name: &[u8], content: &[u8]) -> TftpResult<()> {
    let mut client = TftpClient::new(server);
    client.request(2, name, &[]);
    let empty = content.len().is_multiple_of(BLOCK).then_some(&[][..]);
    let mut blocks = content.chunks(BLOCK).chain(empty);
    let mut block = 0u16;
    loop {
        let datagram = client.receive().expect("an answer");
        if let Some(error) = error_of(&datagram) {
            return Err(error);
        }
        if datagram == ack(block) {
            let Some(bytes) = blocks.next() else { return Ok(()) };
            block = block.wrapping_add(1);
            client.send(&data(block, bytes));
        }
    }
}
