//! The control connection: lines in, replies out, and TLS from a certain moment on.

use crate::host::Host;
use crate::line::LineBuffer;
use crate::reply::Reply;
use crate::stream::FtpStream;
use rustls::ServerConfig;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// Most commands that are kept while a transfer is under way.
const WAITING_MAX: usize = 8;
/// Time for a TLS handshake, and for a reply to be taken by the network.
const STEP_TIMEOUT: Duration = Duration::from_secs(15);

/// Why no further line comes.
#[derive(Debug)]
pub(crate) enum ControlEnd {
    /// The client has closed the connection, or it broke.
    Closed,
    /// The client sent a line that is too long.
    LineTooLong,
}

/// The control connection.
pub(crate) struct Control {
    /// `None` only while TLS begins.
    stream: Option<FtpStream>,
    buffer: LineBuffer,
    /// Lines that arrived during a transfer.
    waiting: VecDeque<Vec<u8>>,
    host: Arc<dyn Host>,
}

impl Control {
    pub fn new(stream: TcpStream, host: Arc<dyn Host>) -> Self {
        Self { stream: Some(FtpStream::Plain(stream)), buffer: LineBuffer::default(), waiting: VecDeque::new(), host }
    }

    pub fn is_encrypted(&self) -> bool {
        self.stream.as_ref().is_some_and(FtpStream::is_encrypted)
    }

    /// Sends a reply.
    pub async fn send(&mut self, reply: &Reply) -> io::Result<()> {
        let bytes = reply.to_bytes();
        let stream = self.stream.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let sent = async {
            stream.write_all(&bytes).await?;
            stream.flush().await
        };
        timeout(STEP_TIMEOUT, sent).await??;
        self.host.add_sent(bytes.len() as u64);
        Ok(())
    }

    /// Returns the next line. Can be dropped at any time without losing bytes.
    pub async fn line(&mut self) -> Result<Vec<u8>, ControlEnd> {
        match self.waiting.pop_front() {
            Some(line) => Ok(line),
            None => self.fresh_line().await,
        }
    }

    async fn fresh_line(&mut self) -> Result<Vec<u8>, ControlEnd> {
        loop {
            if let Some(line) = self.buffer.take().map_err(|_| ControlEnd::LineTooLong)? {
                return Ok(line);
            }
            self.receive().await?;
        }
    }

    async fn receive(&mut self) -> Result<(), ControlEnd> {
        let mut bytes = [0; 1024];
        let stream = self.stream.as_mut().ok_or(ControlEnd::Closed)?;
        match stream.read(&mut bytes).await {
            Ok(0) | Err(_) => Err(ControlEnd::Closed),
            Ok(count) => {
                self.buffer.push(&bytes[..count]);
                self.host.add_received(count as u64);
                Ok(())
            }
        }
    }

    /// Waits during a transfer until the client asks to end it (ABOR: `Ok`) or the connection ends. Other commands are kept
    /// until the transfer is complete; with many of them waiting, nothing more is read. Can be dropped at any time.
    pub async fn abort(&mut self) -> Result<(), ControlEnd> {
        loop {
            if self.waiting.len() >= WAITING_MAX {
                return std::future::pending().await;
            }
            let line = self.fresh_line().await?;
            if line.eq_ignore_ascii_case(b"ABOR") {
                return Ok(());
            }
            self.waiting.push_back(line);
        }
    }

    /// Returns whether the client has closed the connection or lost it, as far as the kernel knows. An upload whose data
    /// connection has ended would be complete otherwise: a program that is killed closes both.
    pub async fn has_ended(&mut self) -> bool {
        loop {
            let Some(stream) = &self.stream else { return true };
            // Asks the kernel: what tokio knows of the socket may be older than the end of the data connection.
            let mut byte = [std::mem::MaybeUninit::uninit()];
            match socket2::SockRef::from(stream.tcp()).peek(&mut byte) {
                Ok(0) => return true,
                Ok(_) if self.waiting.len() >= WAITING_MAX => return false,
                Ok(_) => {}
                Err(error) => return error.kind() != io::ErrorKind::WouldBlock,
            }
            // A command, or the end of TLS.
            match timeout(STEP_TIMEOUT, self.fresh_line()).await {
                Ok(Ok(line)) => self.waiting.push_back(line),
                Ok(Err(_)) | Err(_) => return true,
            }
        }
    }

    /// Begins TLS. What the client has sent before is not used: it was not encrypted (RFC 4217, 4; "STARTTLS injection").
    pub async fn encrypt(&mut self, config: Arc<ServerConfig>) -> io::Result<()> {
        if !self.buffer.is_empty() || !self.waiting.is_empty() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let Some(FtpStream::Plain(stream)) = self.stream.take() else { return Err(io::ErrorKind::NotConnected.into()) };
        let stream = timeout(STEP_TIMEOUT, TlsAcceptor::from(config).accept(stream)).await??;
        self.stream = Some(FtpStream::Tls(Box::new(stream)));
        self.host.encrypted();
        Ok(())
    }

    /// Waits for the first byte of the client, for `patience` at most. Returns whether it begins TLS.
    pub async fn begins_with_tls(&self, patience: Duration) -> bool {
        /// First byte of every TLS handshake record (RFC 8446, 5.1).
        const TLS_HELLO: u8 = 0x16;
        let Some(stream) = &self.stream else { return false };
        let mut first = [0];
        matches!(timeout(patience, stream.tcp().peek(&mut first)).await, Ok(Ok(1)) if first[0] == TLS_HELLO)
    }

    /// Closes the connection.
    pub async fn close(mut self) {
        if let Some(mut stream) = self.stream.take() {
            let _gone = timeout(STEP_TIMEOUT, stream.shutdown()).await;
        }
    }
}
