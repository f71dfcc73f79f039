//! A small FTP client: commands, replies, and passive data connections.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than any step takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The last line of a reply: its code and text. `text` also has the lines before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FtpReply {
    /// Three digits.
    pub code: u16,
    /// All lines.
    pub text: Vec<u8>,
}

impl FtpReply {
    /// Returns the text for messages.
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }
}

/// A control connection.
pub struct FtpConn {
    control: BufReader<TcpStream>,
    server: SocketAddr,
}

impl FtpConn {
    /// Connects and reads the greeting.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn open(server: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut conn = Self { control: BufReader::new(stream), server };
        conn.reply()?;
        Ok(conn)
    }

    /// Connects and logs in; without a password as `anonymous`. Returns the last reply, too.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn log_in(server: SocketAddr, password: Option<&str>) -> io::Result<(Self, FtpReply)> {
        let mut conn = Self::open(server)?;
        conn.ask(if password.is_some() { b"USER ed" } else { b"USER anonymous" })?;
        let reply = conn.ask(format!("PASS {}", password.unwrap_or("x")).as_bytes())?;
        Ok((conn, reply))
    }

    /// Sends a command and reads one reply.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn ask(&mut self, command: &[u8]) -> io::Result<FtpReply> {
        self.send(&[command, b"\r\n"].concat())?;
        self.reply()
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.control.get_mut().write_all(bytes)
    }

    /// Reads one reply.
    ///
    /// # Errors
    /// Those of the connection; `UnexpectedEof` if it has ended.
    pub fn reply(&mut self) -> io::Result<FtpReply> {
        let mut text = Vec::new();
        loop {
            let mut line = Vec::new();
            if self.control.read_until(b'\n', &mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            text.extend_from_slice(&line);
            let code = line.get(..3).and_then(|code| std::str::from_utf8(code).ok()).and_then(|code| code.parse().ok());
            if let (Some(code), Some(b' ')) = (code, line.get(3)) {
                return Ok(FtpReply { code, text });
            }
        }
    }

    /// Opens a passive data connection.
    ///
    /// # Errors
    /// Those of the connections.
    pub fn passive(&mut self) -> io::Result<TcpStream> {
        let reply = self.ask(b"EPSV")?.shown();
        let port = reply.split('|').nth(3).and_then(|port| port.parse().ok());
        let port: u16 = port.ok_or_else(|| io::Error::other(reply))?;
        let stream = TcpStream::connect(SocketAddr::new(self.server.ip(), port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(stream)
    }

    /// Runs a command that sends data. Returns the last reply and the data.
    ///
    /// # Errors
    /// Those of the connections.
    pub fn fetch(&mut self, command: &[u8]) -> io::Result<(FtpReply, Vec<u8>)> {
        let mut data = self.passive()?;
        let first = self.ask(command)?;
        if first.code != 150 {
            return Ok((first, Vec::new()));
        }
        let mut bytes = Vec::new();
        data.read_to_end(&mut bytes)?;
        Ok((self.reply()?, bytes))
    }

    /// Runs a command that takes data.
    ///
    /// # Errors
    /// Those of the connections.
    pub fn store(&mut self, command: &[u8], bytes: &[u8]) -> io::Result<FtpReply> {
        let mut data = self.passive()?;
        let first = self.ask(command)?;
        if first.code != 150 {
            return Ok(first);
        }
        // A server that refuses the file on its way closes the connection; its reply tells why.
        let _refused = data.write_all(bytes);
        drop(data);
        self.reply()
    }
}
