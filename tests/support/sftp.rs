//! A small SFTP client: packets as they are, and the common requests. Calls block; the connection lives in a runtime of its own.

use russh::client::{self, Handle, Msg};
use russh::keys::{PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh::{Channel, ChannelMsg, Disconnect};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;
use tokio::runtime::Runtime;

/// Messages that a test may leave unread.
const ANSWERS_MAX: usize = 8192;
/// Longer than any step takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a client proves its identity with.
pub enum Proof<'a> {
    /// Nothing (`none`).
    Nothing,
    /// A password.
    Password(&'a str),
    /// A key.
    Key(&'a PrivateKey),
}

/// Accepts every server.
struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        Ok(true)
    }
}

/// A connection. Dropping it breaks it off.
pub struct SftpConn {
    runtime: Option<Runtime>,
    ssh: Arc<Handle<Trusting>>,
}

/// An answer: its kind, and what follows the number of its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// `SSH_FXP_…`
    pub kind: u8,
    /// The fields.
    pub fields: Vec<u8>,
}

impl Answer {
    /// Returns the code of a status, -1 for other answers.
    pub fn code(&self) -> i32 {
        match (self.kind, self.fields.first_chunk::<4>()) {
            (101, Some(code)) => i32::from_be_bytes(*code),
            _ => -1,
        }
    }

    /// Returns the string with which the fields begin: a handle, or data.
    pub fn string(&self) -> Vec<u8> {
        self.fields[4..4 + u32::from_be_bytes(*self.fields.first_chunk().expect("a length")) as usize].to_vec()
    }
}

impl SftpConn {
    /// Connects and logs in; `None` if the server refuses that or closes the connection.
    pub fn log_in(server: SocketAddr, user: &str, proof: &Proof<'_>) -> Option<Self> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("threads");
        let (user, proof) = (user.to_owned(), proof.cloned());
        let ssh = wait(&runtime, async move {
            // The task of this client stops while one of its channels is full, and then sends nothing either.
            let config = client::Config { channel_buffer_size: ANSWERS_MAX, ..client::Config::default() };
            let mut ssh = client::connect(Arc::new(config), server, Trusting).await.ok()?;
            let answer = match proof {
                Owned::Nothing => ssh.authenticate_none(user).await,
                Owned::Password(password) => ssh.authenticate_password(user, password).await,
                Owned::Key(key) => ssh.authenticate_publickey(user, PrivateKeyWithHashAlg::new(key, None)).await,
            };
            answer.is_ok_and(|answer| answer.success()).then_some(ssh)
        });
        match ssh.flatten() {
            Some(ssh) => Some(Self { runtime: Some(runtime), ssh: Arc::new(ssh) }),
            None => {
                runtime.shutdown_background();
                None
            }
        }
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("not dropped")
    }

    /// Opens a channel; `None` if the server refuses it.
    pub fn channel(&self) -> Option<SftpChannel<'_>> {
        let ssh = self.ssh.clone();
        let channel = wait(self.runtime(), async move { ssh.channel_open_session().await.ok() })??;
        Some(SftpChannel { conn: self, channel: Some(channel), buffer: Vec::new(), next_id: 0 })
    }

    /// Opens a channel with SFTP, of which the version has been agreed.
    ///
    /// # Panics
    /// If the server refuses it.
    pub fn sftp(&self) -> SftpChannel<'_> {
        let mut channel = self.channel().expect("a channel");
        channel.request_sftp();
        channel.send(&[1, 0, 0, 0, 3]);
        assert_eq!(channel.receive().map(|version| version[..5].to_vec()), Some(vec![2, 0, 0, 0, 3]));
        channel
    }

    /// Asks the server to forward connections; returns whether it does.
    pub fn may_forward(&self) -> bool {
        let ssh = self.ssh.clone();
        let direct = async move { ssh.channel_open_direct_tcpip("127.0.0.1", 80, "127.0.0.1", 1).await.is_ok() };
        wait(self.runtime(), direct).unwrap_or(false)
    }

    /// Says goodbye.
    pub fn disconnect(self) {
        let ssh = self.ssh.clone();
        wait(self.runtime(), async move { ssh.disconnect(Disconnect::ByApplication, "", "").await.ok() });
    }

    /// Waits until the server has closed the connection.
    ///
    /// # Panics
    /// If it does not.
    pub fn assert_closed(&self) {
        let until = std::time::Instant::now() + PATIENCE;
        while !self.ssh.is_closed() {
            assert!(std::time::Instant::now() < until, "the connection is open");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }
}

impl Drop for SftpConn {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

enum Owned {
    Nothing,
    Password(String),
    Key(Arc<PrivateKey>),
}

impl Proof<'_> {
    fn cloned(&self) -> Owned {
        match self {
            Self::Nothing => Owned::Nothing,
            Self::Password(password) => Owned::Password((*password).to_owned()),
            Self::Key(key) => Owned::Key(Arc::new(PrivateKey::clone(key))),
        }
    }
}

/// Runs a future in a runtime, from any thread. `None`: it took too long.
fn wait<T: Send + 'static>(runtime: &Runtime, work: impl Future<Output = T> + Send + 'static) -> Option<T> {
    let (answer, answered) = mpsc::channel();
    runtime.spawn(async move {
        let _gone = answer.send(work.await);
    });
    answered.recv_timeout(PATIENCE).ok()
}

/// A channel.
pub struct SftpChannel<'a> {
    conn: &'a SftpConn,
    /// `None` while a call is using it.
    channel: Option<Channel<Msg>>,
    buffer: Vec<u8>,
    next_id: u32,
}

impl SftpChannel<'_> {
    /// Asks for the subsystem, without waiting.
    pub fn request_sftp(&mut self) {
        self.with(|channel| Box::pin(async move { channel.request_subsystem(true, "sftp").await.is_ok() }));
    }

    /// Runs a command. Returns what it printed to its standard error, and its exit status.
    pub fn exec(&mut self, command: &str) -> (Vec<u8>, Option<u32>) {
        let command = command.to_owned();
        self.with(|channel| {
            Box::pin(async move {
                let (mut printed, mut status) = (Vec::new(), None);
                channel.exec(true, command).await.ok();
                while let Some(message) = channel.wait().await {
                    match message {
                        ChannelMsg::ExtendedData { data, .. } => printed.extend_from_slice(&data),
                        ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
                        _ => {}
                    }
                }
                (printed, status)
            })
        })
        .unwrap_or_default()
    }

    fn with<T: Send + 'static>(
        &mut self,
        work: impl for<'c> FnOnce(&'c mut Channel<Msg>) -> std::pin::Pin<Box<dyn Future<Output = T> + Send + 'c>>
        + Send
        + 'static,
    ) -> Option<T> {
        let mut channel = self.channel.take()?;
        let (channel, answer) = wait(self.conn.runtime(), async move {
            let answer = work(&mut channel).await;
            (channel, answer)
        })?;
        self.channel = Some(channel);
        Some(answer)
    }

    /// Sends bytes as they are. Returns whether the connection took them.
    pub fn send_raw(&mut self, bytes: Vec<u8>) -> bool {
        self.with(|channel| Box::pin(async move { channel.data(&bytes[..]).await.is_ok() })).unwrap_or(false)
    }

    /// Sends a packet, putting its length before it.
    pub fn send(&mut self, packet: &[u8]) -> bool {
        self.send_raw([&(packet.len() as u32).to_be_bytes()[..], packet].concat())
    }

    /// Returns the next packet without its length; `None`: the channel has ended.
    pub fn receive(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(length) = self.buffer.first_chunk::<4>() {
                let length = u32::from_be_bytes(*length) as usize;
                if self.buffer.len() >= 4 + length {
                    return Some(self.buffer.drain(..4 + length).skip(4).collect());
                }
            }
            let more = self.with(|channel| {
                Box::pin(async move {
                    loop {
                        match channel.wait().await {
                            Some(ChannelMsg::Data { data }) => return Some(data),
                            Some(ChannelMsg::Close | ChannelMsg::Eof) | None => return None,
                            Some(_) => {}
                        }
                    }
                })
            });
            self.buffer.extend_from_slice(&more??);
        }
    }

    /// Sends a request without waiting for its answer.
    pub fn send_request(&mut self, kind: u8, fields: &[u8]) -> bool {
        self.next_id += 1;
        let packet = [&[kind][..], &self.next_id.to_be_bytes(), fields].concat();
        self.send(&packet)
    }

    /// Returns the next answer; `None`: the channel has ended.
    pub fn answer(&mut self) -> Option<Answer> {
        let packet = self.receive()?;
        Some(Answer { kind: packet[0], fields: packet[5..].to_vec() })
    }

    /// Sends a request and returns its answer.
    ///
    /// # Panics
    /// If the channel has ended.
    pub fn ask(&mut self, kind: u8, fields: &[u8]) -> Answer {
        self.send_request(kind, fields);
        self.answer().expect("an answer")
    }

    /// OPEN; the answer's code if it fails. `flags`: `SSH_FXF_…`.
    ///
    /// # Errors
    /// The code of the status.
    pub fn open(&mut self, path: &[u8], flags: u32) -> Result<Vec<u8>, i32> {
        let answer = self.ask(3, &[&string(path)[..], &flags.to_be_bytes(), &[0; 4]].concat());
        if answer.kind == 102 { Ok(answer.string()) } else { Err(answer.code()) }
    }

    /// WRITE. Returns the code.
    pub fn write(&mut self, handle: &[u8], offset: u64, bytes: &[u8]) -> i32 {
        self.ask(6, &[&string(handle)[..], &offset.to_be_bytes(), &string(bytes)].concat()).code()
    }

    /// READ.
    ///
    /// # Errors
    /// The code of the status: 1 at the end.
    pub fn read(&mut self, handle: &[u8], offset: u64, length: u32) -> Result<Vec<u8>, i32> {
        let answer = self.ask(5, &[&string(handle)[..], &offset.to_be_bytes(), &length.to_be_bytes()].concat());
        if answer.kind == 103 { Ok(answer.string()) } else { Err(answer.code()) }
    }

    /// CLOSE. Returns the code.
    pub fn close(&mut self, handle: &[u8]) -> i32 {
        self.ask(4, &string(handle)).code()
    }

    /// Stores a file as most programs do. Returns the code of the first request that fails, or 0.
    pub fn put(&mut self, path: &[u8], content: &[u8]) -> i32 {
        let handle = match self.open(path, WRITE | CREATE | TRUNCATE) {
            Ok(handle) => handle,
            Err(code) => return code,
        };
        for (index, piece) in content.chunks(32 << 10).enumerate() {
            let code = self.write(&handle, (index * (32 << 10)) as u64, piece);
            if code != 0 {
                return code;
            }
        }
        self.close(&handle)
    }

    /// Fetches a file.
    ///
    /// # Errors
    /// The code of the first request that fails.
    pub fn get(&mut self, path: &[u8]) -> Result<Vec<u8>, i32> {
        let handle = self.open(path, READ)?;
        let mut content = Vec::new();
        let end = loop {
            match self.read(&handle, content.len() as u64, 100_000) {
                Ok(bytes) => content.extend_from_slice(&bytes),
                Err(code) => break code,
            }
        };
        self.close(&handle);
        if end == 1 { Ok(content) } else { Err(end) }
    }

    /// A request about one path. Returns the code; -1 if the answer is no status.
    pub fn path(&mut self, kind: u8, path: &[u8]) -> i32 {
        self.ask(kind, &string(path)).code()
    }

    /// Lists a folder.
    ///
    /// # Errors
    /// The code of OPENDIR.
    pub fn names(&mut self, path: &[u8]) -> Result<Vec<Vec<u8>>, i32> {
        let opened = self.ask(11, &string(path));
        if opened.kind != 102 {
            return Err(opened.code());
        }
        let handle = opened.string();
        let mut names = Vec::new();
        loop {
            let answer = self.ask(12, &string(&handle));
            if answer.kind != 104 {
                self.close(&handle);
                return Ok(names);
            }
            let mut rest = &answer.fields[4..];
            while !rest.is_empty() {
                names.push(take_string(&mut rest));
                take_string(&mut rest);
                let flags = take_number(&mut rest);
                rest = &rest[8 + 4 + if flags & 8 != 0 { 8 } else { 0 }..];
            }
        }
    }
}

/// `SSH_FXF_READ`
pub const READ: u32 = 1;
/// `SSH_FXF_WRITE`
pub const WRITE: u32 = 2;
/// `SSH_FXF_APPEND`
pub const APPEND: u32 = 4;
/// `SSH_FXF_CREAT`
pub const CREATE: u32 = 8;
/// `SSH_FXF_TRUNC`
pub const TRUNCATE: u32 = 16;
/// `SSH_FXF_EXCL`
pub const EXCLUSIVE: u32 = 32;

/// Encodes a string.
pub fn string(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat()
}

fn take_number(rest: &mut &[u8]) -> u32 {
    let (number, after) = rest.split_first_chunk::<4>().expect("a number");
    *rest = after;
    u32::from_be_bytes(*number)
}

fn take_string(rest: &mut &[u8]) -> Vec<u8> {
    let length = take_number(rest) as usize;
    let (bytes, after) = rest.split_at(length);
    *rest = after;
    bytes.to_vec()
}
